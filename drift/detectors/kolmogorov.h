#pragma once
// The exact distribution of the two-sample Kolmogorov-Smirnov statistic for samples of one size.
#include <cstdint>

namespace muster::drift {

// P[D >= steps / n] for two samples of `n` values each, drawn from one continuous distribution
// (with ties the chance is smaller): 2 sum_k (-1)^(k+1) C(2n, n - k steps) / C(2n, n).
//
// Gnedenko and Korolyuk (1951); Hodges, "The significance probability of the Smirnov two-sample
// test", Arkiv foer Matematik 3 (1958), equation 2.4.
//   n, steps  at least 1; steps beyond n have chance 0.
//   cost      O(n log(n / steps)).
double KolmogorovChance(std::uint32_t n, std::uint32_t steps);

// The smallest `steps` with KolmogorovChance(n, steps) <= alpha: n + 1 when there is none.
std::uint32_t KolmogorovSteps(std::uint32_t n, double alpha);

}  // namespace muster::drift
