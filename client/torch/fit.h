#pragma once
// Plain training, for comparison with a federation: all data in one place, or one model per file.
#include <cstdint>
#include <filesystem>
#include <vector>

#include "base/status.h"
#include "client/torch/learning.h"
#include "client/torch/script_module.h"

namespace muster::client {

struct FitPlan {
  TrainingPlan training;
  double label_scale = 1;  // Errors are reported in label * label_scale.
};

struct FitReport {
  std::uint64_t models = 0;
  std::uint64_t examples = 0;  // Trained on, over all models.
  double loss = 0;             // Mean over the models, last epoch.
  double rmse = 0;             // On the validation data, mean over the models.
  double rmse_least = 0;
  double rmse_most = 0;
};

// Trains one copy of `start` on each of `data` and tests each on all of `validation`. Errors as
// TrainModule's, and INVALID_ARGUMENT when data sets differ in width or the loss is not one of
// regression.
StatusOr<FitReport> Fit(const ScriptModule& start, const std::vector<Dataset>& data,
                        const Dataset& validation, const FitPlan& plan);

// The examples of all, one set after another.
StatusOr<Dataset> Concatenated(const std::vector<Dataset>& parts);

}  // namespace muster::client
