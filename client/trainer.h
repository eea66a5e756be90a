#pragma once
// The port to whatever trains: a task directory goes in, a checked result comes out. What runs the
// task never sees the network, and what it leaves behind is treated as hostile.
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/params.h"
#include "base/status.h"
#include "client/pipeline/row_sieve.h"

namespace muster::client {

// What a round asks of a device. Statistics are counted without a trainer.
enum class TaskKind { kTrain, kEvaluate, kStatistics };
// "train", "evaluate", "statistics".
constexpr std::string_view NameOf(TaskKind kind) {
  return kind == TaskKind::kTrain      ? "train"
         : kind == TaskKind::kEvaluate ? "evaluate"
                                       : "statistics";
}
// kCrossEntropy: one output per class, labels are class numbers. kBce: labels in [0, 1], outputs
// are logits. kHuber: delta 1.
enum class Loss { kMse, kL1, kHuber, kCrossEntropy, kBce };
enum class OptimizerKind { kSgd, kAdam };

struct OptimizerSpec {
  OptimizerKind kind = OptimizerKind::kSgd;
  double learning_rate = 0.01;
  double momentum = 0;  // kSgd alone.
  double weight_decay = 0;
};

// What task.json says. Paths are absolute, or relative to the task's directory.
struct Task {
  TaskKind kind = TaskKind::kTrain;
  std::string campaign;
  std::uint64_t round = 0;
  std::string device;
  std::uint64_t seed = 0;  // All randomness of the task comes from it.
  std::string model = "model.safetensors";
  std::string module;  // TorchScript architecture; empty when the trainer brings its own.
  std::string data = "data.safetensors";
  Loss loss = Loss::kMse;
  OptimizerSpec optimizer;
  std::uint32_t batch = 32;
  std::uint32_t epochs = 1;
  std::vector<std::string> metrics;  // "rmse", "mae", "accuracy".
  double label_scale = 1;            // Errors are reported in label * label_scale.
};

// A task and what its result must agree with.
struct TaskDir {
  std::filesystem::path path;
  Task task;
  Layout layout;               // Of the base model.
  std::uint64_t examples = 0;  // In the data file.
};

struct TrainResult {
  std::uint64_t examples = 0;  // That it learned from or was tested on: 1 to TaskDir::examples.
  double loss = 0;             // Mean over them; in training, during the last epoch.
  std::map<std::string, double> metrics;  // Sums: "sse", "sae", "correct".
  std::optional<Params> update;           // Training: delta against the base model.
  RowQuality quality = {};                // Of the data; no trainer's to say.
};

class Trainer {
 public:
  virtual ~Trainer() = default;
  // Runs the task whose task.json lies in `dir.path`, for at most `limit`. Blocks. Safe from any
  // thread, but a trainer may take one task after the other.
  //   errors  FAILED_PRECONDITION (TASK_FAILED) when the trainer failed, died or took too long;
  //           INVALID_ARGUMENT (UPDATE_*) when its result is not usable; CANCELLED
  //           (SHUTTING_DOWN) after Stop. A message may quote the trainer, and so the data:
  //           it is for this machine's log; what leaves the machine is the reason.
  virtual StatusOr<TrainResult> Run(const TaskDir& dir, Duration limit) = 0;
  // Ends a task that runs and refuses later ones. Any thread; idempotent.
  virtual void Stop() = 0;
};

}  // namespace muster::client
