#include "aggregation/screen.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "aggregation/kernels.h"

namespace muster::aggregation {
namespace {
constexpr std::size_t kBlock = 65'536;  // Part of the norm's definition: see Screen.
constexpr std::uint32_t kInfinityBits = 0x7f800000;

Status Refused(Reason reason, std::size_t index, float value, const ScreenLimits& limits) {
  return WithReason(InvalidArgument("coordinate {} is {}; finite and |x| <= {} is expected", index,
                                    value, limits.bound),
                    reason);
}

// The offending coordinate, looked for only once it is known to be there.
template <typename Offends>
Status Blame(Reason reason, std::span<const float> delta, const ScreenLimits& limits,
             Offends offends) {
  const auto it = std::find_if(delta.begin(), delta.end(), offends);
  return Refused(reason, static_cast<std::size_t>(it - delta.begin()), *it, limits);
}
}  // namespace

StatusOr<ScreenReport> Screen(std::span<const float> delta, const ScreenLimits& limits) {
  std::uint32_t max_bits = 0;
  double squares = 0;
  for (std::size_t begin = 0; begin < delta.size(); begin += kBlock) {
    const ScanResult block = Scan(delta.data() + begin, std::min(kBlock, delta.size() - begin));
    max_bits = std::max(max_bits, block.max_bits);
    squares += block.squares;
  }
  if (max_bits >= kInfinityBits)
    return Blame(Reason::kUPDATE_NON_FINITE, delta, limits,
                 [](float x) { return !std::isfinite(x); });
  const double max_abs = std::bit_cast<float>(max_bits);
  if (!(max_abs <= limits.bound))
    return Blame(Reason::kUPDATE_OVER_BOUND, delta, limits,
                 [&](float x) { return !(std::abs(x) <= limits.bound); });
  const double norm = std::sqrt(squares);
  if (limits.max_norm && !(norm <= *limits.max_norm))
    return WithReason(InvalidArgument("the norm {} is beyond {}", norm, *limits.max_norm),
                      Reason::kUPDATE_OVER_NORM);
  return ScreenReport{norm, max_abs};
}

}  // namespace muster::aggregation
