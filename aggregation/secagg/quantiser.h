#pragma once
// From floats to bounded integers and back: clipping and unbiased stochastic rounding on the
// device, sums to means of floats on the server. The bound comes from the most devices that a
// session may hold, so that no honest sum wraps.
#include <cstdint>
#include <span>

#include "aggregation/secagg/lanes.h"
#include "base/crypto.h"
#include "base/status.h"

namespace muster::aggregation::secagg {

// x -> q in [-L, L] with L = floor((2^(b-1) - 1) / n), step c / L and E[q * step] = clip(x, c). The
// error of a sum over m devices has variance of at most m step^2 / 4. Immutable; safe from any
// thread.
class Quantiser {
 public:
  static constexpr std::int64_t kLeastLimit = 32;  // Six bits with the sign; fewer is noise.

  // FIELD_INVALID when clip is not finite and positive, devices is not
  // in 1..Segments::kMostDevices, or L would be below kLeastLimit; the message has the arithmetic.
  static StatusOr<Quantiser> Make(double clip, LaneBits bits, std::uint32_t devices);

  double clip() const { return clip_; }           // c
  double step() const { return clip_ / limit_; }  // The value of one unit.
  std::int64_t limit() const { return limit_; }   // L, as in Segment::limit

  // out[i] = the quantised scale * values[i], for element first + i of the vector.
  //
  //   scale     w / W, in (0, 1].
  //   rounding  one word of four bytes for each element, at 4 * (first + i): the same stream gives
  //             the same integers, whatever the pieces. It must be as secret as a mask.
  //   returns   how many elements were clipped.
  //   errors    UPDATE_NON_FINITE; INVALID_ARGUMENT when sizes differ or the scale is out of range.
  StatusOr<std::uint64_t> Quantise(std::span<const float> values, double scale, std::uint64_t first,
                                   Keystream& rounding, std::span<std::int32_t> out) const;

  // out[i] = sums[i] * step / divisor, in binary64, rounded once to f32. INVALID_ARGUMENT when
  // sizes differ or the divisor is not finite and positive.
  Status Mean(std::span<const std::int32_t> sums, double divisor, std::span<float> out) const;

 private:
  Quantiser(double clip, std::int64_t limit) : clip_(clip), limit_(limit) {}
  double clip_;
  std::int64_t limit_;
};

}  // namespace muster::aggregation::secagg
