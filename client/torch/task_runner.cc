#include "client/torch/task_runner.h"

#include <array>

#include "base/safetensors.h"
#include "client/exec/predict_files.h"
#include "client/exec/task_dir.h"
#include "client/pipeline/dataset.h"
#include "client/pipeline/file_bytes.h"
#include "client/torch/learning.h"

namespace muster::client {
namespace {
namespace fs = std::filesystem;
constexpr std::size_t kModulesKept = 4;
constexpr std::size_t kResidentsKept = 8;
constexpr std::uint64_t kMaxModelBytes = 16ULL << 30;

TrainingPlan PlanOf(const Task& task) {
  return {.loss = task.loss,
          .optimizer = task.optimizer,
          .batch = task.batch,
          .epochs = task.epochs,
          .seed = task.seed};
}

// Trained minus base, written beside the metrics.
Status WriteUpdate(const fs::path& dir, Params trained, const Params& base) {
  for (std::size_t i = 0; i < trained.values.size(); ++i) trained.values[i] -= base.values[i];
  const Bytes file = SerializeParams(trained.View());
  const std::array parts = {ByteView(file)};
  return WriteFileBytes(dir / kUpdateFile, parts);
}
}  // namespace

StatusOr<TaskRunner::Stamp> TaskRunner::StampOf(const fs::path& path) {
  std::error_code error;
  const auto modified = fs::last_write_time(path, error);
  const auto size = error ? 0 : fs::file_size(path, error);
  if (error) return NotFound("{}: {}", path.string(), error.message());
  return Stamp{path, modified, size};
}

StatusOr<const ScriptModule*> TaskRunner::ModuleAt(const fs::path& path) {
  MUSTER_ASSIGN(Stamp stamp, StampOf(path));
  for (auto it = modules_.begin(); it != modules_.end(); ++it) {
    if (it->stamp != stamp) continue;
    modules_.splice(modules_.begin(), modules_, it);
    return &modules_.front().module;
  }
  MUSTER_ASSIGN(ScriptModule module, ScriptModule::Load(path));
  modules_.push_front({std::move(stamp), std::move(module)});
  if (modules_.size() > kModulesKept) modules_.pop_back();
  return &modules_.front().module;
}

StatusOr<ScriptModule*> TaskRunner::ResidentFor(const PredictTask& task) {
  MUSTER_ASSIGN(Stamp module_stamp, StampOf(task.module));
  MUSTER_ASSIGN(Stamp params_stamp, StampOf(task.params));
  for (auto it = residents_.begin(); it != residents_.end(); ++it) {
    if (it->module_stamp != module_stamp || it->params_stamp != params_stamp) continue;
    residents_.splice(residents_.begin(), residents_, it);
    return &residents_.front().module;
  }
  MUSTER_ASSIGN(const ScriptModule* const pristine, ModuleAt(task.module));
  MUSTER_ASSIGN(const Bytes file, ReadFileBytes(task.params, kMaxModelBytes));
  MUSTER_ASSIGN(const Params params, ParseParams(file));
  MUSTER_ASSIGN(ScriptModule module, pristine->CopyWith(params.View()));
  residents_.push_front({std::move(module_stamp), std::move(params_stamp), std::move(module)});
  if (residents_.size() > kResidentsKept) residents_.pop_back();
  return &residents_.front().module;
}

Status TaskRunner::Predict(const PredictTask& task) {
  MUSTER_ASSIGN(const Examples examples, ReadExamples(task.data));
  MUSTER_ASSIGN(ScriptModule* const module, ResidentFor(task));
  MUSTER_ASSIGN(const std::vector<float> outputs, PredictWith(*module, examples.x, examples.width));
  const std::size_t count = examples.x.size() / examples.width;
  return WriteOutputs(outputs, outputs.size() / count, task.out);
}

Status TaskRunner::Run(const fs::path& dir) {
  MUSTER_ASSIGN(const Task task, ReadTask(dir));
  if (task.module.empty())
    return WithReason(InvalidArgument("task.json: module: is missing; this trainer needs one"),
                      Reason::kFIELD_INVALID);
  MUSTER_ASSIGN(const ScriptModule* const pristine, ModuleAt(Resolve(dir, task.module)));
  MUSTER_ASSIGN(const Bytes file, ReadFileBytes(Resolve(dir, task.model), kMaxModelBytes));
  MUSTER_ASSIGN(const Params base, ParseParams(file));
  MUSTER_ASSIGN(const Dataset data, ReadDataset(Resolve(dir, task.data)));
  MUSTER_ASSIGN(ScriptModule module, pristine->CopyWith(base.View()));
  TaskMetrics metrics{.examples = data.examples, .loss = 0, .metrics = {}};
  if (task.kind == TaskKind::kTrain) {
    MUSTER_ASSIGN(metrics.loss, TrainModule(module, data, PlanOf(task)));
    MUSTER_ASSIGN(Params trained, module.Export());
    MUSTER_TRY(WriteUpdate(dir, std::move(trained), base));
  } else {
    MUSTER_ASSIGN(metrics, EvaluateModule(module, data, task.loss, task.label_scale));
  }
  MUSTER_ASSIGN(const std::string json, EncodeMetrics(metrics));
  const std::array parts = {AsBytes(json)};
  return WriteFileBytes(dir / kMetricsFile, parts);
}

}  // namespace muster::client
