#include "drift/distances/two_sample.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/seeded.h"
#include "drift/distances/tails.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/drift_distances/golden.h"

namespace muster::drift {
namespace {
using ::muster::testing::Fails;
using Counts = std::vector<std::uint64_t>;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kUnready = absl::StatusCode::kFailedPrecondition;

TEST(ChiSquareTest, HasTheKnownValue) {
  const BinnedTest test = *ChiSquareTest(
      *BinnedPair::Of(Counts{100, 200, 400, 200, 100}, Counts{50, 150, 350, 250, 200}));
  EXPECT_NEAR(test.statistic, 66.0317, 1e-4);
  EXPECT_EQ(test.degrees, 4);
  EXPECT_NEAR(test.p, 1.56e-13, 1e-15);
}

TEST(ChiSquareTest, IsScipysContingencyTable) {
  for (const golden::Counts& g : golden::kCounts) {
    const BinnedTest test = *ChiSquareTest(*BinnedPair::Of(g.now, g.reference));
    EXPECT_NEAR(test.statistic, g.chi_square, 1e-11 * g.chi_square);
    EXPECT_EQ(test.degrees, g.degrees);
    EXPECT_NEAR(test.p, g.p, 1e-9 * g.p);
  }
}

TEST(PsiThreshold, IsTheKnownPoint) {
  EXPECT_NEAR(*PsiThreshold(0.05, 1000, 1000, 10), 0.033838, 1e-6);
}

TEST(PsiThreshold, WantsARateAndEnoughValues) {
  for (const double rate : {0.0, 1.0, -1.0, std::nan("")})
    EXPECT_THAT(PsiThreshold(rate, 1000, 1000, 10), Fails(kInvalid, Reason::kFIELD_INVALID));
  EXPECT_THAT(PsiThreshold(0.05, 29, 1000, 10), Fails(kInvalid, Reason::kFIELD_INVALID));
  EXPECT_THAT(PsiThreshold(0.05, 1000, 1000, 1), Fails(kInvalid, Reason::kFIELD_INVALID));
}

TEST(PsiTest, HasTheRateOfItsThreshold) {
  const BinnedPair pair = *BinnedPair::Of(Counts{300, 340, 360}, Counts{330, 330, 340});
  const BinnedTest test = *PsiTest(pair);
  EXPECT_EQ(test.statistic, Psi(pair));
  EXPECT_NEAR(*PsiThreshold(test.p, 1000, 1000, 3), test.statistic, 1e-12);
}

// Multinomial windows without drift: the rate that was asked for is the rate that comes.
TEST(PsiTest, FiresAsOftenAsItSays) {
  constexpr int kWindows = 2000;
  SeededRng rng(11);
  int fired = 0;
  for (int window = 0; window < kWindows; ++window) {
    Counts now(10), reference(10);
    for (int i = 0; i < 1000; ++i) ++now[rng.Below(10)], ++reference[rng.Below(10)];
    fired += Psi(*BinnedPair::Of(now, reference)) > *PsiThreshold(0.05, 1000, 1000, 10);
  }
  EXPECT_NEAR(fired / double{kWindows}, 0.05, 0.015);
}

TEST(BinnedKsTest, IsTheLimitAtTheEdges) {
  const BinnedPair pair = *BinnedPair::Of(Counts{50, 30, 20}, Counts{20, 30, 50});
  EXPECT_NEAR(BinnedKsTest(pair)->statistic, 0.3, 1e-12);
  EXPECT_NEAR(BinnedKsTest(pair)->p, KolmogorovTail(std::sqrt(50.0) * 0.3), 1e-12);
}

TEST(BinnedTests, AreRefusedWithTheirReason) {
  const BinnedPair few = *BinnedPair::Of(Counts{15, 14}, Counts{500, 500});
  const BinnedPair constant = *BinnedPair::Of(Counts{0, 50, 0}, Counts{0, 60, 0});
  for (const auto& test : {ChiSquareTest, PsiTest, BinnedKsTest}) {
    EXPECT_THAT(test(few), Fails(kUnready, Reason::kDATA_NO_WINDOW));
    EXPECT_THAT(test(constant), Fails(kUnready, Reason::kDATA_OUT_OF_RANGE));
  }
}

}  // namespace
}  // namespace muster::drift
