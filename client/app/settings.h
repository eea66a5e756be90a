#pragma once
// The agent's YAML file, checked once: past this, a setting is right because it exists. Reads the
// file itself and the policy file that it may name, nothing else.
#include <muster/v1/agent.pb.h>

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/endpoint.h"
#include "base/ids.h"
#include "base/mqtt.h"
#include "base/status.h"
#include "client/link.h"
#include "client/mqtt/source.h"
#include "client/pipeline/pipeline.h"
#include "client/policy/local_policy.h"
#include "drift/monitors/spec.h"
#include "platform/log.h"

namespace muster::client {

// Where predictions go.
struct FileSinkSettings {
  std::filesystem::path path;
  std::uint64_t most_bytes = 0;  // 0: the default.
};
struct ExecSinkSettings {
  std::vector<std::string> command;
  Duration time_limit = std::chrono::seconds(5);
};
struct MqttSinkSettings {
  std::string topic;
  std::uint32_t qos = 1;
};
using SinkSettings = std::variant<FileSinkSettings, ExecSinkSettings, MqttSinkSettings>;

// A model that a node serves.
struct ServeSettings {
  ModelName model;
  std::string alias = "champion";
  std::vector<SinkSettings> sinks;
  Duration poll = std::chrono::milliseconds(100);
  double device_watts = 0;
  bool from_beginning = false;
  std::vector<drift::MonitorSpec> rules;  // Of the site.
};

struct NodeSettings {
  DeviceName name;
  std::map<std::string, std::string> labels;
  std::filesystem::path csv;                   // With `mqtt`, where its rows are kept.
  std::optional<MqttSourceSettings> mqtt;      // Rows out of a broker's messages.
  std::map<std::string, std::string> columns;  // Contract field -> column.
  std::vector<std::string> exec;               // Empty: TorchScript in the worker process.
  EvaluateWindows evaluate = EvaluateWindows::kLast;
  Duration time_limit = std::chrono::minutes(10);
  std::optional<Produced> produces;  // What its rows are made under.
  std::optional<ServeSettings> serve = {};
};

// What is told outside of rounds.
struct TelemetrySettings {
  std::uint64_t most_bytes = std::uint64_t{64} << 20;  // On disk, of all nodes together.
  bool mqtt = false;                                   // Over the site's broker, in place of gRPC.
  bool mqtt_feedback = false;                          // Feedback is taken there.
  // Where feedback is taken, an address of loopback; none: nowhere.
  std::optional<Endpoint> local_http = {};
};

struct AgentSettings {
  std::filesystem::path state_dir;
  std::filesystem::path join_file;  // Empty: none.
  std::vector<NodeSettings> nodes;
  std::filesystem::path policy_file;  // Empty: none; LoadSettings has then read `policy` from it.
  LocalPolicy policy;
  std::string torch_worker;  // Empty: to be looked for.
  platform::LogOptions log;
  std::size_t parallel_tasks = 1;
  std::string hardware;  // The machine's class; never empty.
  TelemetrySettings telemetry;
  std::optional<MqttOptions> mqtt;  // The site's broker. An empty client id is still to be drawn.
  double vanish = 0;  // A drill: the part of secure rounds in which a node falls silent.
  Duration summary_every = std::chrono::minutes(1);  // Of what was served.
};

//   folder   what relative paths are relative to: the file's own.
//   errors   INVALID_ARGUMENT (FIELD_INVALID, NAME_INVALID) with the field's path.
StatusOr<AgentSettings> MakeSettings(const v1::AgentConfig& config,
                                     const std::filesystem::path& folder);
// What a site allows, in a file that its owner keeps, apart from the agent's settings. Errors say
// file, line and column.
StatusOr<LocalPolicy> LoadPolicy(const std::filesystem::path& file);
// The same of a file, and of the policy file it names. A policy that cannot be read is an error,
// never "everything is allowed".
StatusOr<AgentSettings> LoadSettings(const std::filesystem::path& file);

}  // namespace muster::client
