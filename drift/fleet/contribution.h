#pragma once
// How much one device may say in a window. Pure; the device applies it before it masks its counts.
#include <cstdint>
#include <span>
#include <vector>

#include "base/status.h"

namespace muster::drift {

inline constexpr std::uint64_t kMostCap = std::uint64_t{1} << 24;

// Counts of at most `cap` values in the proportions of `counts`: unchanged when they are not more,
// else scaled down and rounded by the largest remainders (ties: the earlier bin), so that they sum
// to `cap` and no count is off by 1 or more.
//
// What that bounds: of n values in a window, c <= cap are this device's, and the others'
// proportions are r. With it they are p = r + (c / n) (d - r), for its own proportions d, so that
// no proportion moves by more than c / n <= cap / n, and all of them together by 2 cap / n. Where
// each of D devices has cap values, that is 1 / D. Uncapped it is 1: the device is the fleet.
//
// The coordinator sees sums only, and holds a shard of s devices to s cap values (rao_scott.h); so
// a device that does not limit itself can say at most what its whole shard may, a part 1 / shards.
//
//   errors  FIELD_INVALID unless cap is in 1 .. kMostCap; DATA_OUT_OF_RANGE when the counts sum to
//           more than kMostCount.
StatusOr<std::vector<std::uint32_t>> LimitContribution(std::span<const std::uint64_t> counts,
                                                       std::uint64_t cap);

}  // namespace muster::drift
