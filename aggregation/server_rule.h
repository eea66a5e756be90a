#pragma once
// What the server makes of a mean delta: one step of FedAvg, FedAvgM or FedAdam. Element by
// element, in binary64, rounded to f32: no sums over coordinates, so the bits are the same
// everywhere.
#include <cstdint>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "base/status.h"

namespace muster::aggregation {

// w += lr * delta. McMahan et al., "Communication-Efficient Learning of Deep Networks from
// Decentralized Data", AISTATS 2017, Algorithm 1 (lr = 1).
struct FedAvg {
  double server_lr = 1;
  // INVALID_ARGUMENT unless server_lr is in (0, 1000].
  static StatusOr<FedAvg> Make(double server_lr);
  friend bool operator==(const FedAvg&, const FedAvg&) = default;
};

// m = momentum * m + delta; w += lr * m. Hsu, Qi, Brown, "Measuring the Effects of Non-Identical
// Data Distribution for Federated Visual Classification", 2019, section 4.2.
struct FedAvgM {
  double momentum = 0.9;
  double server_lr = 1;
  // INVALID_ARGUMENT unless momentum is in [0, 1) and server_lr in (0, 1000].
  static StatusOr<FedAvgM> Make(double momentum, double server_lr);
  friend bool operator==(const FedAvgM&, const FedAvgM&) = default;
};

// m = beta1 * m + (1 - beta1) * delta; v = beta2 * v + (1 - beta2) * delta^2;
// w += lr * m / (sqrt(v) + tau), from m = 0 and v = tau^2. Reddi et al., "Adaptive Federated
// Optimization", ICLR 2021, Algorithm 2 (FedAdam; no bias correction).
struct FedAdam {
  double server_lr = 0.02;
  double beta1 = 0.9;
  double beta2 = 0.99;
  double tau = 1e-3;
  // INVALID_ARGUMENT unless server_lr is in (0, 1000], both betas in [0, 1), tau in [1e-9, 1].
  static StatusOr<FedAdam> Make(double server_lr, double beta1, double beta2, double tau);
  friend bool operator==(const FedAdam&, const FedAdam&) = default;
};

using ServerRule = std::variant<FedAvg, FedAvgM, FedAdam>;

// As plans and facts spell it: "fedavg", "fedavgm", "fedadam".
std::string_view NameOf(const ServerRule& rule);
// What the factories check, for a rule that was filled in by hand.
Status Check(const ServerRule& rule);

// What a rule carries from round to round. A rule keeps only the moments that it needs; before the
// first step there are none.
struct ServerState {
  std::vector<float> first_moment;
  std::vector<float> second_moment;
  std::uint64_t steps = 0;
  friend bool operator==(const ServerState&, const ServerState&) = default;
};

// Moves `params` by the mean delta and the state with them. INVALID_ARGUMENT when the lengths
// differ or the rule is not valid, FAILED_PRECONDITION when the state is of another rule or
// model, INTERNAL when a value would not be finite; then nothing has changed.
// Cost: two passes over params, delta and moments.
Status Step(const ServerRule& rule, ServerState& state, std::span<float> params,
            std::span<const float> mean_delta);

}  // namespace muster::aggregation
