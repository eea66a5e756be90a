#pragma once
// The agent's YAML file, checked once: past this, a setting is right because it exists. Reads the
// file itself and nothing that it names.
#include <muster/v1/agent.pb.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/status.h"
#include "client/pipeline/pipeline.h"
#include "client/policy/local_policy.h"
#include "platform/log.h"

namespace muster::client {

struct NodeSettings {
  DeviceName name;
  std::map<std::string, std::string> labels;
  std::filesystem::path csv;
  std::map<std::string, std::string> columns;  // Contract field -> column.
  std::vector<std::string> exec;               // Empty: TorchScript in the worker process.
  EvaluateWindows evaluate = EvaluateWindows::kLast;
  Duration time_limit = std::chrono::minutes(10);
};

struct AgentSettings {
  std::filesystem::path state_dir;
  std::filesystem::path join_file;  // Empty: none.
  std::vector<NodeSettings> nodes;
  LocalPolicy policy;
  std::string torch_worker;  // Empty: to be looked for.
  platform::LogOptions log;
  std::size_t parallel_tasks = 1;
};

//   folder   what relative paths are relative to: the file's own.
//   errors   INVALID_ARGUMENT (FIELD_INVALID, NAME_INVALID) with the field's path.
StatusOr<AgentSettings> MakeSettings(const v1::AgentConfig& config,
                                     const std::filesystem::path& folder);
// The same of a file; errors say file, line and column.
StatusOr<AgentSettings> LoadSettings(const std::filesystem::path& file);

}  // namespace muster::client
