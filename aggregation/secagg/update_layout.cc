#include "aggregation/secagg/update_layout.h"

#include <cmath>

#include "aggregation/secagg/quantiser.h"

namespace muster::aggregation::secagg {

StatusOr<Segments> UpdateLayout(std::uint64_t dim, LaneBits bits, double clip,
                                std::uint32_t devices) {
  MUSTER_ASSIGN(const Quantiser quantiser, Quantiser::Make(clip, bits, devices));
  return Segments::Make(devices, {{std::string(kUpdateSegment), dim, bits, quantiser.limit()},
                                  {std::string(kWeightSegment), 1, LaneBits::k32,
                                   LargestTerm(LaneBits::k32, devices)}});
}

std::int32_t WeightUnits(double weight, double cap, const Segments& layout) {
  const auto limit = static_cast<double>(LargestTerm(LaneBits::k32, layout.devices()));
  const double units = std::nearbyint(weight / cap * limit);
  // NaN falls to 1 as well.
  return static_cast<std::int32_t>(units > 1 ? std::fmin(units, limit) : 1);
}

}  // namespace muster::aggregation::secagg
