#pragma once
// The 64-bit fixed point in which updates are summed. Integer sums are exact, so a mean has the
// same bits whatever the order, the threads, the replicas or the crashes (docs/ARCHITECTURE.md).
#include <cmath>
#include <cstdint>

#include "base/status.h"

namespace muster::aggregation {

// Room for `max_updates` terms of |x| <= bound in 63 bits. One term is
//
//   round_half_even(x * s),   s = (w / W) * 2^F,   F = 62 - ceil(log2 n) - ceil(log2 b)
//
// with w / W in (0, 1], n = max_updates and b = bound; x * s is one binary64 product. |term| stays
// below 2^62 / n, so that no sum of n of them wraps; b >= 1 gives the sum of w / W the same room.
class FixedPoint {
 public:
  static constexpr double kDefaultBound = 16;

  // INVALID_ARGUMENT when max_updates is 0 or beyond 2^40, bound is not in [1, 2^24], or the two
  // together leave fewer than 16 fractional bits.
  static StatusOr<FixedPoint> Make(std::uint64_t max_updates, double bound = kDefaultBound);

  std::uint64_t max_updates() const { return max_updates_; }
  double bound() const { return bound_; }
  int fraction_bits() const { return fraction_bits_; }  // F
  double one() const;                                   // 2^F

  // s for an update of this weight. UPDATE_OVER_WEIGHT when the weight is not in (0, cap], or is
  // so far below the cap that it would round to nothing.
  StatusOr<double> Scale(double weight, double cap) const;

  // The definition of a term, for |x| <= bound; the SIMD kernels give these bits.
  static std::int64_t Term(float x, double scale) {
    return std::llrint(static_cast<double>(x) * scale);
  }

  friend bool operator==(const FixedPoint&, const FixedPoint&) = default;

 private:
  FixedPoint(std::uint64_t max_updates, double bound, int fraction_bits)
      : max_updates_(max_updates), bound_(bound), fraction_bits_(fraction_bits) {}
  std::uint64_t max_updates_;
  double bound_;
  int fraction_bits_;
};

}  // namespace muster::aggregation
