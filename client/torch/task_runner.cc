#include "client/torch/task_runner.h"

#include <array>

#include "base/safetensors.h"
#include "client/exec/task_dir.h"
#include "client/pipeline/dataset.h"
#include "client/pipeline/file_bytes.h"
#include "client/torch/learning.h"

namespace muster::client {
namespace {
namespace fs = std::filesystem;
constexpr std::size_t kModulesKept = 4;
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

StatusOr<const ScriptModule*> TaskRunner::ModuleAt(const fs::path& path) {
  std::error_code error;
  const auto modified = fs::last_write_time(path, error);
  const auto size = error ? 0 : fs::file_size(path, error);
  if (error) return NotFound("module {}: {}", path.string(), error.message());
  for (auto it = modules_.begin(); it != modules_.end(); ++it) {
    if (it->path != path || it->modified != modified || it->size != size) continue;
    modules_.splice(modules_.begin(), modules_, it);
    return &modules_.front().module;
  }
  MUSTER_ASSIGN(ScriptModule module, ScriptModule::Load(path));
  modules_.push_front({path, modified, size, std::move(module)});
  if (modules_.size() > kModulesKept) modules_.pop_back();
  return &modules_.front().module;
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
