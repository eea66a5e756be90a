#pragma once
// One task directory, start to end, with torch.
#include <filesystem>
#include <list>
#include <string>

#include "base/status.h"
#include "client/torch/script_module.h"

namespace muster::client {

// Runs tasks one after the other and keeps the modules they named, as they were loaded: what is
// trained is always a copy. The same directory gives the same bytes, whatever ran before.
// One thread at a time.
class TaskRunner {
 public:
  // Reads task.json in `dir` and all it names; writes metrics.json and, for training,
  // update.safetensors. Errors of the task, the module, the model or the data, with their reason.
  Status Run(const std::filesystem::path& dir);

 private:
  struct Cached {
    std::filesystem::path path;
    std::filesystem::file_time_type modified;
    std::uintmax_t size = 0;
    ScriptModule module;
  };
  StatusOr<const ScriptModule*> ModuleAt(const std::filesystem::path& path);
  std::list<Cached> modules_;  // Latest used first.
};

}  // namespace muster::client
