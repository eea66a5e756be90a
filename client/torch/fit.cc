#include "client/torch/fit.h"

#include <algorithm>
#include <cmath>

namespace muster::client {

StatusOr<Dataset> Concatenated(const std::vector<Dataset>& parts) {
  if (parts.empty()) return InvalidArgument("no data");
  Dataset out{
      .examples = 0, .inputs = parts[0].inputs, .outputs = parts[0].outputs, .x = {}, .y = {}};
  for (const Dataset& part : parts) {
    if (part.inputs != out.inputs || part.outputs != out.outputs)
      return InvalidArgument("data sets differ: {} inputs and {} outputs, then {} and {}",
                             out.inputs, out.outputs, part.inputs, part.outputs);
    out.examples += part.examples;
    out.x.insert(out.x.end(), part.x.begin(), part.x.end());
    out.y.insert(out.y.end(), part.y.begin(), part.y.end());
  }
  return out;
}

StatusOr<FitReport> Fit(const ScriptModule& start, const std::vector<Dataset>& data,
                        const Dataset& validation, const FitPlan& plan) {
  const Loss loss = plan.training.loss;
  if (loss == Loss::kCrossEntropy || loss == Loss::kBce)
    return InvalidArgument("fit compares by RMSE: it wants mse, l1 or huber");
  MUSTER_ASSIGN(const Params params, start.Export());
  FitReport out{.rmse_least = INFINITY};
  for (const Dataset& set : data) {
    MUSTER_ASSIGN(ScriptModule module, start.CopyWith(params.View()));
    MUSTER_ASSIGN(const double trained, TrainModule(module, set, plan.training));
    MUSTER_ASSIGN(TaskMetrics tested, EvaluateModule(module, validation, loss, plan.label_scale));
    const double rmse = std::sqrt(tested.metrics["sse"] / static_cast<double>(tested.examples));
    ++out.models;
    out.examples += set.examples;
    out.loss += trained;
    out.rmse += rmse;
    out.rmse_least = std::min(out.rmse_least, rmse);
    out.rmse_most = std::max(out.rmse_most, rmse);
  }
  if (out.models == 0) return InvalidArgument("no data");
  out.loss /= static_cast<double>(out.models);
  out.rmse /= static_cast<double>(out.models);
  return out;
}

}  // namespace muster::client
