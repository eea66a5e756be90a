#include "aggregation/fixed_point.h"

#include <bit>

#include "aggregation/weight.h"

namespace muster::aggregation {
namespace {
constexpr std::uint64_t kMostUpdates = 1ULL << 40;
constexpr double kLargestBound = 1 << 24;
constexpr int kFewestFractionBits = 16;

int CeilLog2(std::uint64_t n) { return std::bit_width(n - 1); }
int CeilLog2(double b) {
  int exponent = 0;
  return std::frexp(b, &exponent) == 0.5 ? exponent - 1 : exponent;
}
}  // namespace

StatusOr<FixedPoint> FixedPoint::Make(std::uint64_t max_updates, double bound) {
  if (max_updates == 0 || max_updates > kMostUpdates)
    return InvalidArgument("{} updates; sums hold 1 to {}", max_updates, kMostUpdates);
  if (!(bound >= 1 && bound <= kLargestBound))
    return InvalidArgument("bound {} on a coordinate is not in [1, {}]", bound, kLargestBound);
  const int for_updates = CeilLog2(max_updates), for_bound = CeilLog2(bound);
  const int bits = 62 - for_updates - for_bound;
  if (bits < kFewestFractionBits)
    return InvalidArgument(
        "62 bits - {} for {} updates - {} for |x| <= {} leave {} fractional bits; {} are needed",
        for_updates, max_updates, for_bound, bound, bits, kFewestFractionBits);
  return FixedPoint(max_updates, bound, bits);
}

double FixedPoint::one() const { return std::ldexp(1.0, fraction_bits_); }

StatusOr<double> FixedPoint::Scale(double weight, double cap) const {
  MUSTER_ASSIGN(const double checked, ScreenWeight(weight, cap));
  const double scale = checked / cap * one();
  if (Term(1, scale) == 0)
    return WithReason(InvalidArgument("weight {} is nothing beside the cap {}", weight, cap),
                      Reason::kUPDATE_OVER_WEIGHT);
  return scale;
}

}  // namespace muster::aggregation
