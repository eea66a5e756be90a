#include "client/session/screen.h"

#include <algorithm>
#include <cmath>

namespace muster::client {
namespace {
// What rounding to float may add to the norm stays far below this part of it.
constexpr double kRoundingRoom = 1e-6;

// The largest float that is not above `bound`: a float above it would be refused.
float FloatBelow(double bound) {
  const auto near = static_cast<float>(bound);
  return static_cast<double>(near) > bound ? std::nextafterf(near, 0.0F) : near;
}
}  // namespace

StatusOr<ScreenReport> ScreenDelta(std::span<float> delta, const ScreenRule& rule) {
  ScreenReport report;
  const float bound = FloatBelow(rule.bound);
  double squares = 0;
  for (std::size_t i = 0; i < delta.size(); ++i) {
    float& x = delta[i];
    if (!std::isfinite(x))
      return WithReason(InvalidArgument("coordinate {} of the update is not a finite number", i),
                        Reason::kUPDATE_NON_FINITE);
    if (std::abs(x) > bound) {
      x = std::copysign(bound, x);
      ++report.clipped;
    }
    squares += static_cast<double>(x) * static_cast<double>(x);
  }
  report.norm = std::sqrt(squares);
  if (rule.max_norm > 0 && report.norm > rule.max_norm) {
    const double factor = rule.max_norm / report.norm * (1 - kRoundingRoom);
    for (float& x : delta) x = static_cast<float>(static_cast<double>(x) * factor);
  }
  return report;
}

}  // namespace muster::client
