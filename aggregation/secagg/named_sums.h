#pragma once
// A masked vector of named counts: non-negative integers that may be far larger than a lane, cut
// into limbs that no sum of a session can wrap. What evaluations and statistics are summed as.
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "aggregation/secagg/lane_vector.h"
#include "aggregation/secagg/segments.h"
#include "base/status.h"

namespace muster::aggregation::secagg {

// `count` integers of one meaning, each of them in [0, most] at one device.
struct SumField {
  std::string name;         // As a Segment's: [a-z0-9_]{1,32}.
  std::uint64_t count = 0;  // >= 1.
  std::uint64_t most = 0;   // 1 .. kMostSummand.
  friend bool operator==(const SumField&, const SumField&) = default;
};
inline constexpr std::uint64_t kMostSummand = (std::uint64_t{1} << 62) - 1;
// A total beyond it is given as this: 2^63 - 1.
inline constexpr std::uint64_t kMostTotal = (std::uint64_t{1} << 63) - 1;

// For each field its `count` integers.
using SumValues = std::vector<std::vector<std::uint64_t>>;

// One segment of 32-bit lanes for each field. An integer takes as many limbs of 16 bits as its
// field's `most` needs, the lowest first; a segment holds the first limb of all its integers, then
// their second limb, and so on. `devices` is the most that a session may hold.
// FIELD_INVALID when a field is out of range, and as Segments::Make.
StatusOr<Segments> SumsLayout(std::span<const SumField> fields, std::uint32_t devices);

// Writes a device's integers into `out`, a vector of SumsLayout(fields, ...). The limbs on their
// way are erased.
//   errors  INVALID_ARGUMENT when the numbers of fields or integers are not those of `fields`, when
//           `out` is laid out otherwise, or (UPDATE_OVER_BOUND) when an integer is beyond its
//           field's `most`; the text does not have the integer. `out` is not to be used then.
//   cost    O(limbs).
Status SetSums(std::span<const SumField> fields, const SumValues& values, LaneVector& out);

// The totals over `contributors` devices, once every mask is off; saturating at kMostTotal.
//   errors  FAILED_PRECONDITION (UPDATE_OVER_BOUND) when a limb's sum or a total cannot be that of
//           so many devices within their bounds; INVALID_ARGUMENT when `sum` is laid out otherwise
//           or `contributors` is not in 1..devices.
//   cost    O(limbs).
StatusOr<SumValues> OpenSums(std::span<const SumField> fields, const LaneVector& sum,
                             std::uint32_t contributors);

// into[f][i] += more[f][i], saturating at kMostTotal: the totals of a cohort that several sessions
// share. INVALID_ARGUMENT when the two are not of one shape.
Status AddTotals(SumValues& into, const SumValues& more);

}  // namespace muster::aggregation::secagg
