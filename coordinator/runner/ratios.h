#pragma once
// Metrics as ratios of sums over devices' reports: the sum of a number over that of examples.
#include <array>

#include "coordinator/round/round.h"

namespace muster::coordinator {

struct Ratio {
  const char* metric;
  const char* sum;  // Over examples, in millionths.
  bool root;        // Of the ratio.
};
inline constexpr std::array<Ratio, 4> kRatios = {{{"rmse", "sse", true},
                                                  {"mae", "sae", false},
                                                  {"loss", "loss_sum", false},
                                                  {"accuracy", "correct", false}}};

inline double SumOf(const EvaluationSums& sums, const char* name) {
  const auto it = sums.sums_micro.find(name);
  return it == sums.sums_micro.end() ? 0 : static_cast<double>(it->second) / 1e6;
}

}  // namespace muster::coordinator
