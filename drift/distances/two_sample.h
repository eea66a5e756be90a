#pragma once
// Tests of two histograms whose values are independent of each other. Those of one device mostly
// are not independent of each other as samples of a fleet: there these tests alarm far too often,
// and drift/fleet/rao_scott.h is the one to ask.
//
//   errors  DATA_NO_WINDOW with fewer than kLeastForTest values in either; DATA_OUT_OF_RANGE when
//           all of both are in one bin.
#include <cstdint>

#include "base/status.h"
#include "drift/distances/binned.h"

namespace muster::drift {

inline constexpr std::uint64_t kLeastForTest = 30;

// The errors above, for whoever tests a pair in another way.
Status CheckForTest(const BinnedPair& pair);

struct BinnedTest {
  double statistic = 0;
  double degrees = 0;  // Of chi-squared: used bins less one.
  double p = 1;
};

// Pearson's chi-square test of homogeneity over the 2 x B table of counts.
StatusOr<BinnedTest> ChiSquareTest(const BinnedPair& pair);

// The population stability index as a test: without drift PSI ~ (1/n + 1/m) chi2(B - 1) (Yurdakul
// and Naranjo, J. Risk Model Validation 14(4), 2020). The limit needs some 5 values in each bin.
StatusOr<BinnedTest> PsiTest(const BinnedPair& pair);

// The PSI that is exceeded in `rate` of the windows without drift, in place of the customary 0.1
// and 0.25, which know nothing of n. FIELD_INVALID unless rate is in (0, 1), n and m are at least
// kLeastForTest and `bins` is at least 2.
StatusOr<double> PsiThreshold(double rate, std::uint64_t n, std::uint64_t m, std::size_t bins);

// Kolmogorov-Smirnov on bins by the limiting distribution, with the D at the edges: D of the values
// is larger, so p is too large and never too small. `degrees` is 0: it has none.
StatusOr<BinnedTest> BinnedKsTest(const BinnedPair& pair);

}  // namespace muster::drift
