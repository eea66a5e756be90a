#pragma once
// Two-sample test and distance on the values themselves, for windows that are small enough to keep.
// Pure; the order of values does not matter.
//
//   errors  DATA_EMPTY when either has no values; DATA_NOT_A_NUMBER on NaN and infinity;
//           DATA_OUT_OF_RANGE beyond kMostMagnitude, or more than kMostSamples.
#include <cstddef>
#include <span>

#include "base/status.h"

namespace muster::drift {

inline constexpr std::size_t kMostSamples = std::size_t{1} << 26;
// Up to so many steps n m the p-value of Kolmogorov-Smirnov is exact.
inline constexpr std::size_t kExactSteps = 1'000'000;

struct KolmogorovSmirnov {
  double distance = 0;  // D = sup |F - G|, in [0, 1].
  double p = 1;         // P[D at least as large] when both come from one distribution.
  bool exact = false;   // Else by the limiting distribution at sqrt(n m / (n + m)) D.
};

// The two-sided two-sample test. Constant columns and few values are no errors: with n m <=
// kExactSteps, p is exact given the ties that there are, by counting lattice paths (Hodges,
// "The significance probability of the Smirnov two-sample test", Arkiv Mat. 3, 1958; with ties:
// Schroeer and Trenkler, Comput. Stat. Data Anal. 20, 1995). Beyond, ties make p too large, never
// too small. O((n + m) log(n + m)), and O(n m) time when exact.
StatusOr<KolmogorovSmirnov> KsTest(std::span<const double> now, std::span<const double> reference);

// The 1-Wasserstein distance: the integral of |F - G|, in the values' unit. O((n+m) log(n+m)).
StatusOr<double> Wasserstein1(std::span<const double> now, std::span<const double> reference);

}  // namespace muster::drift
