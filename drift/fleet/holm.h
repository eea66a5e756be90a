#pragma once
// Many tests at once.
#include <span>
#include <vector>

namespace muster::drift {

// Holm's step-down adjusted p-values (Scand. J. Stat. 6, 1979), in the order given: rejecting where
// they are below `level` makes any false rejection at all as rare as `level`, however the tests
// depend on each other. `p` in [0, 1]. O(n log n).
std::vector<double> HolmAdjusted(std::span<const double> p);

}  // namespace muster::drift
