#pragma once
// What an update must be before it is folded: finite, within the plan's bound on a coordinate and,
// where the plan clips, within its norm. Looks at values only; layouts are checked by their owner.
#include <optional>
#include <span>

#include "aggregation/weight.h"
#include "base/status.h"

namespace muster::aggregation {

struct ScreenLimits {
  double bound;                    // Of |x|: FixedPoint::bound().
  std::optional<double> max_norm;  // Of the L2 norm.
};
struct ScreenReport {
  double l2_norm;
  double max_abs;
};

// Refuses a screened-out update with a reason: UPDATE_NON_FINITE for a NaN or an infinity,
// UPDATE_OVER_BOUND for |x| > bound, UPDATE_OVER_NORM for a norm beyond max_norm; in this order.
// The norm is summed in binary64 in one fixed order, so every machine gives the same answer.
// Cost: reads the update once.
StatusOr<ScreenReport> Screen(std::span<const float> delta, const ScreenLimits& limits);

}  // namespace muster::aggregation
