#include "client/torch/learning.h"

#include <cmath>
#include <numeric>
#include <set>

#include "base/seeded.h"
#include "client/torch/guard.h"
#include "client/torch/torch_api.h"

namespace muster::client {
namespace {
constexpr std::int64_t kEvaluationBatch = 4096;

struct DataTensors {
  at::Tensor x, y;  // Borrow from the dataset.
};

DataTensors ViewOf(const Dataset& d) {
  const auto n = static_cast<std::int64_t>(d.examples);
  const auto view = [n](const std::vector<float>& values, std::uint64_t width) {
    return torch::from_blob(const_cast<float*>(values.data()),
                            {n, static_cast<std::int64_t>(width)});
  };
  return {view(d.x, d.inputs), view(d.y, d.outputs)};
}

template <typename... Args>
Status TaskFailed(fmt::format_string<Args...> f, Args&&... args) {
  return WithReason(InvalidArgument(f, std::forward<Args>(args)...), Reason::kTASK_FAILED);
}

StatusOr<at::Tensor> Forward(ScriptModule& module, const at::Tensor& x, const at::Tensor& y,
                             Loss loss) {
  at::Tensor out = module.script().forward({x}).toTensor();
  if (out.scalar_type() != at::kFloat) return TaskFailed("the module's output is not F32");
  if (loss == Loss::kCrossEntropy) {
    if (out.dim() == 2 && out.size(0) == y.size(0) && y.size(1) == 1) return out;
  } else if (out.sizes() == y.sizes()) {
    return out;
  } else if (out.dim() == 1 && y.size(1) == 1 && out.size(0) == y.size(0)) {
    return out.unsqueeze(1);
  }
  return TaskFailed("the module's output is {}; the labels are {}", ShapeText(out.sizes().vec()),
                    ShapeText(y.sizes().vec()));
}

at::Tensor LossOf(const at::Tensor& out, const at::Tensor& y, Loss loss) {
  switch (loss) {
    case Loss::kMse: return torch::mse_loss(out, y);
    case Loss::kL1: return torch::l1_loss(out, y);
    case Loss::kHuber: return torch::huber_loss(out, y);
    case Loss::kCrossEntropy: return torch::cross_entropy_loss(out, y.squeeze(1).to(torch::kLong));
    case Loss::kBce: return torch::binary_cross_entropy_with_logits(out, y);
  }
  return {};
}

// Each trainable tensor once: tied weights stand under several names but take one step.
std::vector<at::Tensor> TrainableOf(ScriptModule& module) {
  std::vector<at::Tensor> out;
  std::set<const void*> seen;
  for (const at::Tensor& p : module.script().parameters())
    if (p.requires_grad() && seen.insert(p.unsafeGetTensorImpl()).second) out.push_back(p);
  return out;
}

std::unique_ptr<torch::optim::Optimizer> MakeOptimizer(std::vector<at::Tensor> parameters,
                                                       const OptimizerSpec& spec) {
  if (spec.kind == OptimizerKind::kAdam)
    return std::make_unique<torch::optim::Adam>(
        std::move(parameters),
        torch::optim::AdamOptions(spec.learning_rate).weight_decay(spec.weight_decay));
  return std::make_unique<torch::optim::SGD>(std::move(parameters),
                                             torch::optim::SGDOptions(spec.learning_rate)
                                                 .momentum(spec.momentum)
                                                 .weight_decay(spec.weight_decay));
}

void Shuffle(std::vector<std::int64_t>& order, SeededRng& rng) {
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[rng.Below(i)]);
}

class TrainingLoop {
 public:
  TrainingLoop(ScriptModule& module, const Dataset& data, const TrainingPlan& plan)
      : module_(module), data_(ViewOf(data)), plan_(plan), rng_(plan.seed), order_(data.examples) {
    torch::manual_seed(plan.seed);
    std::iota(order_.begin(), order_.end(), 0);
    module_.script().train();
    if (std::vector<at::Tensor> trainable = TrainableOf(module); !trainable.empty())
      optimizer_ = MakeOptimizer(std::move(trainable), plan.optimizer);
  }

  StatusOr<double> Run() {
    double sum = 0;
    for (std::uint32_t epoch = 1; epoch <= plan_.epochs; ++epoch) {
      Shuffle(order_, rng_);
      sum = 0;
      for (std::size_t at = 0; at < order_.size(); at += plan_.batch) {
        const std::size_t size = std::min<std::size_t>(plan_.batch, order_.size() - at);
        MUSTER_ASSIGN(const double loss, Step(std::span(order_).subspan(at, size)));
        if (!std::isfinite(loss))
          return TaskFailed("the loss is not finite in epoch {}, batch {}", epoch,
                            at / plan_.batch + 1);
        sum += loss * static_cast<double>(size);
      }
    }
    return sum / static_cast<double>(order_.size());
  }

 private:
  StatusOr<double> Step(std::span<std::int64_t> examples) {
    const at::Tensor index = torch::from_blob(
        examples.data(), {static_cast<std::int64_t>(examples.size())}, torch::kLong);
    const at::Tensor x = data_.x.index_select(0, index), y = data_.y.index_select(0, index);
    MUSTER_ASSIGN(const at::Tensor out, Forward(module_, x, y, plan_.loss));
    const at::Tensor loss = LossOf(out, y, plan_.loss);
    if (optimizer_ && loss.requires_grad()) {
      optimizer_->zero_grad();
      loss.backward();
      optimizer_->step();
    }
    return loss.item<double>();
  }

  ScriptModule& module_;
  const DataTensors data_;
  const TrainingPlan& plan_;
  SeededRng rng_;
  std::vector<std::int64_t> order_;
  std::unique_ptr<torch::optim::Optimizer> optimizer_;  // Null when every parameter is frozen.
};

// Adds one batch's sums to `sums`. Errors are in the label's own unit.
void AddSums(std::map<std::string, double>& sums, const at::Tensor& out, const at::Tensor& y,
             Loss loss, double label_scale) {
  const auto total = [](const at::Tensor& per_output) {
    return per_output.to(torch::kDouble).mean(1).sum().item<double>();
  };
  if (loss == Loss::kCrossEntropy) {
    sums["correct"] += total(out.argmax(1, /*keepdim=*/true).eq(y.to(torch::kLong)));
  } else if (loss == Loss::kBce) {
    sums["correct"] += total(out.gt(0).eq(y.gt(0.5)));
  } else {
    const at::Tensor error = (out.to(torch::kDouble) - y.to(torch::kDouble)) * label_scale;
    sums["sse"] += total(error.square());
    sums["sae"] += total(error.abs());
  }
}
}  // namespace

StatusOr<double> TrainModule(ScriptModule& module, const Dataset& data, const TrainingPlan& plan) {
  double loss = 0;
  MUSTER_TRY(GuardedRun("training", [&]() -> Status {
    MUSTER_ASSIGN(loss, TrainingLoop(module, data, plan).Run());
    return Ok();
  }));
  return loss;
}

StatusOr<TaskMetrics> EvaluateModule(ScriptModule& module, const Dataset& data, Loss loss,
                                     double label_scale) {
  TaskMetrics out{.examples = data.examples, .loss = 0, .metrics = {}};
  MUSTER_TRY(GuardedRun("evaluation", [&]() -> Status {
    const torch::NoGradGuard no_grad;
    module.script().eval();
    const DataTensors all = ViewOf(data);
    const auto n = static_cast<std::int64_t>(data.examples);
    for (std::int64_t at = 0; at < n; at += kEvaluationBatch) {
      const std::int64_t size = std::min(kEvaluationBatch, n - at);
      const at::Tensor x = all.x.narrow(0, at, size), y = all.y.narrow(0, at, size);
      MUSTER_ASSIGN(const at::Tensor outputs, Forward(module, x, y, loss));
      out.loss += LossOf(outputs, y, loss).item<double>() * static_cast<double>(size);
      AddSums(out.metrics, outputs, y, loss, label_scale);
    }
    out.loss /= static_cast<double>(n);
    if (!std::isfinite(out.loss)) return TaskFailed("the loss is not finite");
    return Ok();
  }));
  return out;
}

StatusOr<std::vector<float>> PredictWith(ScriptModule& module, std::span<const float> x,
                                         std::size_t width) {
  std::vector<float> out;
  MUSTER_TRY(GuardedRun("prediction", [&]() -> Status {
    const torch::NoGradGuard no_grad;
    module.script().eval();
    const auto n = static_cast<std::int64_t>(x.size() / width);
    const at::Tensor all =
        torch::from_blob(const_cast<float*>(x.data()), {n, static_cast<std::int64_t>(width)});
    for (std::int64_t at = 0; at < n; at += kEvaluationBatch) {
      const std::int64_t size = std::min(kEvaluationBatch, n - at);
      const at::Tensor y = module.script().forward({all.narrow(0, at, size)}).toTensor();
      if (y.scalar_type() != at::kFloat) return TaskFailed("the module's output is not F32");
      if ((y.dim() != 1 && y.dim() != 2) || y.size(0) != size || y.numel() == 0)
        return TaskFailed("the module's output is {} for {} examples", ShapeText(y.sizes().vec()),
                          size);
      const at::Tensor dense = y.contiguous();
      out.insert(out.end(), dense.data_ptr<float>(), dense.data_ptr<float>() + dense.numel());
    }
    if (out.size() % static_cast<std::size_t>(n) != 0)
      return TaskFailed("the module's outputs are of unlike widths");
    return Ok();
  }));
  return out;
}

}  // namespace muster::client
