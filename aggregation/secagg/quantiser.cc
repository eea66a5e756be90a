#include "aggregation/secagg/quantiser.h"

#include <string.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "aggregation/secagg/segments.h"

namespace muster::aggregation::secagg {
namespace {
constexpr double kLeastClip = 1e-30, kMostClip = 1e30;
constexpr std::uint64_t kMostElements = Segments::kMostElements;

bool AllFinite(std::span<const float> values) {
  constexpr std::uint32_t kExponent = 0x7f800000;
  bool finite = true;
  for (const float x : values) finite &= (std::bit_cast<std::uint32_t>(x) & kExponent) != kExponent;
  return finite;
}

// floor(y) + [word / 2^32 < y - floor(y)] for |y| < 2^31: unbiased to within 2^-32, and never
// beyond the integers around y, since the fraction is exact.
std::int32_t RoundStochastically(double y, std::uint32_t word) {
  auto whole = static_cast<std::int32_t>(y);
  whole -= y < whole ? 1 : 0;  // The cast goes towards zero.
  const double fraction = y - whole;
  return whole + (word < fraction * 0x1p32 ? 1 : 0);
}
}  // namespace

StatusOr<Quantiser> Quantiser::Make(double clip, LaneBits bits, std::uint32_t devices) {
  if (!(clip >= kLeastClip && clip <= kMostClip))
    return InvalidField("clip", "{} is not in [{}, {}]", clip, kLeastClip, kMostClip);
  if (devices == 0 || devices > Segments::kMostDevices)
    return InvalidField("devices", "{} is not in 1..{}", devices, Segments::kMostDevices);
  const std::int64_t limit = LargestTerm(bits, devices);
  if (limit < kLeastLimit)
    return InvalidField("bits",
                        "(2^{} - 1) / {} devices leaves {} steps on either side of zero; {} are "
                        "needed, so take more bits or fewer devices",
                        BitsOf(bits) - 1, devices, limit, kLeastLimit);
  return Quantiser(clip, limit);
}

StatusOr<std::uint64_t> Quantiser::Quantise(std::span<const float> values, double scale,
                                            std::uint64_t first, Keystream& rounding,
                                            std::span<std::int32_t> out) const {
  if (values.size() != out.size())
    return InvalidArgument("{} values into {} integers", values.size(), out.size());
  if (!(scale > 0 && scale <= 1)) return InvalidArgument("scale {} is not in (0, 1]", scale);
  if (first > kMostElements || values.size() > kMostElements - first)
    return InvalidArgument("{} values from {} on; a vector has at most {}", values.size(), first,
                           kMostElements);
  if (!AllFinite(values))
    return WithReason(InvalidArgument("a value to be quantised is not finite"),
                      Reason::kUPDATE_NON_FINITE);

  struct Words {
    std::array<std::uint32_t, 4096> value;
    ~Words() { explicit_bzero(&value, sizeof value); }
  } words;
  const auto limit = static_cast<double>(limit_);
  const double steps = scale / step();
  std::uint64_t clipped = 0;
  for (std::size_t begin = 0; begin < values.size(); begin += words.value.size()) {
    const std::size_t n = std::min(words.value.size(), values.size() - begin);
    MUSTER_TRY(rounding.Fill(4 * (first + begin),
                             std::as_writable_bytes(std::span(words.value).first(n))));
    for (std::size_t i = 0; i < n; ++i) {
      const double wanted = static_cast<double>(values[begin + i]) * steps;
      const double y = std::min(std::max(wanted, -limit), limit);
      clipped += y != wanted ? 1 : 0;
      out[begin + i] = RoundStochastically(y, words.value[i]);
    }
  }
  return clipped;
}

Status Quantiser::Mean(std::span<const std::int32_t> sums, double divisor,
                       std::span<float> out) const {
  if (sums.size() != out.size())
    return InvalidArgument("{} sums into {} means", sums.size(), out.size());
  if (!(divisor > 0 && std::isfinite(divisor)))
    return InvalidArgument("sums divided by {}", divisor);
  const double scale = step() / divisor;
  for (std::size_t i = 0; i < sums.size(); ++i) out[i] = static_cast<float>(sums[i] * scale);
  return Ok();
}

}  // namespace muster::aggregation::secagg
