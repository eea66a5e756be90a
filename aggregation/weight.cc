#include "aggregation/weight.h"

#include <algorithm>
#include <cmath>

namespace muster::aggregation {

double CapOf(WeightRule rule, double cap) { return rule == WeightRule::kUniform ? 1 : cap; }

double WeightOf(WeightRule rule, std::uint64_t examples, double cap) {
  return std::min(rule == WeightRule::kUniform ? 1 : static_cast<double>(examples),
                  CapOf(rule, cap));
}

StatusOr<double> ScreenWeight(double weight, double cap) {
  if (!(cap > 0) || !std::isfinite(cap))
    return InvalidArgument("weight cap {} is not positive and finite", cap);
  if (!(weight > 0 && weight <= cap))
    return WithReason(InvalidArgument("weight {} is not in (0, {}]", weight, cap),
                      Reason::kUPDATE_OVER_WEIGHT);
  return weight;
}

}  // namespace muster::aggregation
