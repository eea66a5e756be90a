#pragma once
// The loops over examples: minibatch descent and evaluation, on one thread, repeatable to the bit.
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "client/exec/task_dir.h"
#include "client/pipeline/dataset.h"
#include "client/torch/script_module.h"
#include "client/trainer.h"

namespace muster::client {

struct TrainingPlan {
  Loss loss = Loss::kMse;
  OptimizerSpec optimizer;
  std::uint32_t batch = 32;
  std::uint32_t epochs = 1;
  std::uint64_t seed = 0;  // Orders the examples (Fisher-Yates, each epoch) and seeds dropout.
};

// Trains `module` in place; the last, shorter batch of an epoch counts too; frozen parameters stay.
//   returns  mean loss over the examples of the last epoch, each as its batch saw it.
//   errors   INVALID_ARGUMENT (TASK_FAILED) when the module throws, when its output does not fit
//            the labels (unlike shapes would broadcast to a loss of nothing), or when the loss is
//            not finite.
StatusOr<double> TrainModule(ScriptModule& module, const Dataset& data, const TrainingPlan& plan);

// Tests `module` as it stands. Metrics are sums over the examples: "sse" and "sae" (squared and
// absolute error, mean over the outputs, in label * label_scale) for mse, l1 and huber;
// "correct" for cross_entropy and bce. Errors as above.
StatusOr<TaskMetrics> EvaluateModule(ScriptModule& module, const Dataset& data, Loss loss,
                                     double label_scale);

// What `module` gives for examples of `width` values, [n, outputs], whatever the numbers are.
// Errors as above, but for the loss.
StatusOr<std::vector<float>> PredictWith(ScriptModule& module, std::span<const float> x,
                                         std::size_t width);

}  // namespace muster::client
