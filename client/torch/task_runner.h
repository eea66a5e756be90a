#pragma once
// One task directory, start to end, with torch.
#include <filesystem>
#include <list>
#include <string>

#include "base/status.h"
#include "client/torch/script_module.h"

namespace muster::client {

// Examples to predict on, and where the outputs go (predict_files.h).
struct PredictTask {
  std::filesystem::path module;
  std::filesystem::path params;
  std::filesystem::path data;
  std::filesystem::path out;
};

// Runs tasks one after the other and keeps the modules they named, as they were loaded: what is
// trained is always a copy. The same directory gives the same bytes, whatever ran before.
// One thread at a time.
class TaskRunner {
 public:
  // Reads task.json in `dir` and all it names; writes metrics.json and, for training,
  // update.safetensors. Errors of the task, the module, the model or the data, with their reason.
  Status Run(const std::filesystem::path& dir);
  // Predicts with a module that stays loaded with these parameters for the next batch.
  Status Predict(const PredictTask& task);

 private:
  // What a file was when it was read.
  struct Stamp {
    std::filesystem::path path;
    std::filesystem::file_time_type modified;
    std::uintmax_t size = 0;
    friend bool operator==(const Stamp&, const Stamp&) = default;
  };
  struct Cached {
    Stamp stamp;
    ScriptModule module;
  };
  struct Resident {
    Stamp module_stamp;
    Stamp params_stamp;
    ScriptModule module;
  };
  static StatusOr<Stamp> StampOf(const std::filesystem::path& path);
  StatusOr<const ScriptModule*> ModuleAt(const std::filesystem::path& path);
  StatusOr<ScriptModule*> ResidentFor(const PredictTask& task);
  std::list<Cached> modules_;      // Latest used first.
  std::list<Resident> residents_;  // The same.
};

}  // namespace muster::client
