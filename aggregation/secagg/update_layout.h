#pragma once
// The masked vector of a training round: one place, so that devices and coordinator agree on it.
#include <cstdint>

#include "aggregation/secagg/segments.h"

namespace muster::aggregation::secagg {

inline constexpr std::string_view kUpdateSegment = "update";
inline constexpr std::string_view kWeightSegment = "weight";

// "update": `dim` elements of `bits`, quantised by Quantiser::Make(clip, bits, devices); "weight":
// one element of 32 bits, whose limit stands for the weight cap. `devices` is the most that a
// session may hold. FIELD_INVALID with the arithmetic when the bits do not do for so many devices.
StatusOr<Segments> UpdateLayout(std::uint64_t dim, LaneBits bits, double clip,
                                std::uint32_t devices);

// A device's weight as an integer: weight / cap of the limit of "weight", rounded, at least 1 and
// at most the limit, whatever the weight. `layout` is of UpdateLayout. The sum of these over the
// limit is the sum of w / W.
std::int32_t WeightUnits(double weight, double cap, const Segments& layout);

}  // namespace muster::aggregation::secagg
