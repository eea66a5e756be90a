#include "aggregation/server_rule.h"

#include <cmath>

#include "base/strong.h"

namespace muster::aggregation {
namespace {
Status CheckRate(double server_lr) {
  if (server_lr > 0 && server_lr <= 1000) return Ok();  // NaN is in no interval.
  return InvalidArgument("server learning rate {} is not in (0, 1000]", server_lr);
}
Status CheckDecay(std::string_view name, double value) {
  if (value >= 0 && value < 1) return Ok();
  return InvalidArgument("{} {} is not in [0, 1)", name, value);
}
Status CheckRule(const FedAvg& rule) { return CheckRate(rule.server_lr); }
Status CheckRule(const FedAvgM& rule) {
  MUSTER_TRY(CheckDecay("momentum", rule.momentum));
  return CheckRate(rule.server_lr);
}
Status CheckRule(const FedAdam& rule) {
  MUSTER_TRY(CheckRate(rule.server_lr));
  MUSTER_TRY(CheckDecay("beta1", rule.beta1));
  MUSTER_TRY(CheckDecay("beta2", rule.beta2));
  if (!(rule.tau >= 1e-9 && rule.tau <= 1))
    return InvalidArgument("tau {} is not in [1e-9, 1]", rule.tau);
  return Ok();
}

// One coordinate; a rule without a moment passes it through.
struct Cell {
  float w, m, v;
};
Cell Next(const FedAvg& rule, Cell c, double delta) {
  return {static_cast<float>(c.w + rule.server_lr * delta), c.m, c.v};
}
Cell Next(const FedAvgM& rule, Cell c, double delta) {
  const auto m = static_cast<float>(rule.momentum * c.m + delta);
  return {static_cast<float>(c.w + rule.server_lr * m), m, c.v};
}
Cell Next(const FedAdam& rule, Cell c, double delta) {
  const auto m = static_cast<float>(rule.beta1 * c.m + (1 - rule.beta1) * delta);
  const auto v = static_cast<float>(rule.beta2 * c.v + (1 - rule.beta2) * (delta * delta));
  const double step = rule.server_lr * m / (std::sqrt(static_cast<double>(v)) + rule.tau);
  return {static_cast<float>(c.w + step), m, v};
}

// Which moments a rule keeps, and where they start.
struct Moments {
  bool first, second;
  float second_start;
};
Moments MomentsOf(const FedAvg&) { return {false, false, 0}; }
Moments MomentsOf(const FedAvgM&) { return {true, false, 0}; }
Moments MomentsOf(const FedAdam& rule) {
  return {true, true, static_cast<float>(rule.tau * rule.tau)};
}

template <typename Rule>
Status StepWith(const Rule& rule, ServerState& state, std::span<float> params,
                std::span<const float> delta) {
  const Moments keeps = MomentsOf(rule);
  const bool fresh = state.steps == 0;
  const std::size_t first = !fresh && keeps.first ? params.size() : 0;
  const std::size_t second = !fresh && keeps.second ? params.size() : 0;
  if (state.first_moment.size() != first || state.second_moment.size() != second)
    return FailedPrecondition("the server state has {} and {} moments; {} and {} are expected",
                              state.first_moment.size(), state.second_moment.size(), first, second);
  const auto next = [&](std::size_t i) {
    const Cell cell{params[i], first != 0 ? state.first_moment[i] : 0,
                    second != 0 ? state.second_moment[i] : keeps.second_start};
    return Next(rule, cell, delta[i]);
  };
  for (std::size_t i = 0; i < params.size(); ++i)
    if (const Cell c = next(i); !std::isfinite(c.w) || !std::isfinite(c.m) || !std::isfinite(c.v))
      return Internal("coordinate {} would not be finite after this step", i);

  std::vector<float> m(fresh && keeps.first ? params.size() : 0);
  std::vector<float> v(fresh && keeps.second ? params.size() : 0);
  const std::span<float> m_out = fresh ? m : state.first_moment;
  const std::span<float> v_out = fresh ? v : state.second_moment;
  for (std::size_t i = 0; i < params.size(); ++i) {
    const Cell c = next(i);
    params[i] = c.w;
    if (keeps.first) m_out[i] = c.m;
    if (keeps.second) v_out[i] = c.v;
  }
  if (fresh) {
    state.first_moment = std::move(m);
    state.second_moment = std::move(v);
  }
  ++state.steps;
  return Ok();
}

template <typename Rule>
StatusOr<Rule> Checked(const Rule& rule) {
  MUSTER_TRY(CheckRule(rule));
  return rule;
}
}  // namespace

StatusOr<FedAvg> FedAvg::Make(double server_lr) { return Checked(FedAvg{server_lr}); }
StatusOr<FedAvgM> FedAvgM::Make(double momentum, double server_lr) {
  return Checked(FedAvgM{momentum, server_lr});
}
StatusOr<FedAdam> FedAdam::Make(double server_lr, double beta1, double beta2, double tau) {
  return Checked(FedAdam{server_lr, beta1, beta2, tau});
}

std::string_view NameOf(const ServerRule& rule) {
  return std::visit(Overloaded{[](const FedAvg&) { return std::string_view("fedavg"); },
                               [](const FedAvgM&) { return std::string_view("fedavgm"); },
                               [](const FedAdam&) { return std::string_view("fedadam"); }},
                    rule);
}

Status Check(const ServerRule& rule) {
  return std::visit([](const auto& r) { return CheckRule(r); }, rule);
}

Status Step(const ServerRule& rule, ServerState& state, std::span<float> params,
            std::span<const float> mean_delta) {
  MUSTER_TRY(Check(rule));
  if (params.size() != mean_delta.size())
    return InvalidArgument("{} values in the mean delta; {} are expected", mean_delta.size(),
                           params.size());
  return std::visit([&](const auto& r) { return StepWith(r, state, params, mean_delta); }, rule);
}

}  // namespace muster::aggregation
