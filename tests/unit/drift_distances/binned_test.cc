#include "drift/distances/binned.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "base/seeded.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/drift_distances/golden.h"

namespace muster::drift {
namespace {
using ::muster::testing::Fails;
using Counts = std::vector<std::uint64_t>;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kUnready = absl::StatusCode::kFailedPrecondition;
const Counts kNow{100, 200, 400, 200, 100}, kReference{50, 150, 350, 250, 200};

std::vector<double> UnitPositions(std::size_t bins) {
  std::vector<double> out(bins);
  std::iota(out.begin(), out.end(), 0.0);
  return out;
}

TEST(BinnedPair, HasTheKnownDistances) {
  const BinnedPair pair = *BinnedPair::Of(kNow, kReference);
  EXPECT_NEAR(Psi(pair), 0.136189928, 1e-9);
  EXPECT_NEAR(KlDivergence(pair), 0.066320261, 1e-9);
  EXPECT_NEAR(JensenShannonDistance(pair), 0.155497711, 1e-9);
  EXPECT_NEAR(HellingerDistance(pair), 0.129962873, 1e-9);
  EXPECT_NEAR(LInfinityDistance(pair), 0.1, 1e-12);
  EXPECT_NEAR(BinnedKs(pair).low, 0.15, 1e-12);
  EXPECT_NEAR(*Wasserstein1(pair, UnitPositions(5)), 0.4, 1e-12);
}

TEST(BinnedPair, HasScipysDistances) {
  for (const golden::Counts& g : golden::kCounts) {
    SCOPED_TRACE(::testing::PrintToString(g.now));
    const BinnedPair pair = *BinnedPair::Of(g.now, g.reference);
    EXPECT_NEAR(Psi(pair), g.psi, 1e-11);
    EXPECT_NEAR(KlDivergence(pair), g.kl, 1e-11);
    EXPECT_NEAR(JensenShannonDistance(pair), g.jensen_shannon, 1e-9);
    EXPECT_NEAR(HellingerDistance(pair), g.hellinger, 1e-12);
    EXPECT_NEAR(LInfinityDistance(pair), g.l_infinity, 1e-12);
    EXPECT_NEAR(BinnedKs(pair).low, g.ks, 1e-12);
    EXPECT_NEAR(*Wasserstein1(pair, UnitPositions(g.now.size())), g.wasserstein, 1e-10);
  }
}

TEST(BinnedPair, SmoothsAnEmptyBinByItsSmallestOther) {
  // 1e-4 when the smallest other is larger than that,
  EXPECT_NEAR(Psi(*BinnedPair::Of(Counts{10, 0}, Counts{5, 5})),
              0.5 * std::log(2.0) + 0.4999 * std::log(5000.0), 1e-12);
  // and a millionth of it when not.
  const double q = 1e-4;
  const double filled = q * 1e-6;
  EXPECT_NEAR(Psi(*BinnedPair::Of(Counts{9999, 1, 0}, Counts{5000, 2500, 2500})),
              (0.9999 - 0.5) * std::log(0.9999 / 0.5) + (q - 0.25) * std::log(q / 0.25) +
                  (filled - 0.25) * std::log(filled / 0.25),
              1e-12);
}

TEST(BinnedPair, LeavesOutBinsThatBothAreEmptyIn) {
  const BinnedPair pair = *BinnedPair::Of(Counts{0, 3, 0, 2, 0}, Counts{0, 1, 0, 0, 1});
  EXPECT_EQ(pair.used(), 3u);
  EXPECT_EQ(std::vector(pair.bins().begin(), pair.bins().end()),
            (std::vector<std::size_t>{1, 3, 4}));
}

TEST(BinnedPair, IsRefusedWithItsReason) {
  EXPECT_THAT(BinnedPair::Of(Counts{0, 0}, Counts{1, 0}), Fails(kUnready, Reason::kDATA_EMPTY));
  EXPECT_THAT(BinnedPair::Of(Counts{1, 0}, Counts{0, 0}), Fails(kUnready, Reason::kDATA_EMPTY));
  EXPECT_THAT(BinnedPair::Of(Counts{1}, Counts{1, 2}), Fails(kInvalid, Reason::kCONTRACT_MISMATCH));
  EXPECT_THAT(BinnedPair::Of(Counts{}, Counts{}), Fails(kInvalid, Reason::kCONTRACT_MISMATCH));
  EXPECT_THAT(BinnedPair::Of(Counts(kMostCells + 1, 1), Counts(kMostCells + 1, 1)),
              Fails(kInvalid, Reason::kCONTRACT_MISMATCH));
  EXPECT_THAT(BinnedPair::Of(Counts{kMostCount, 1}, Counts{1, 1}),
              Fails(kInvalid, Reason::kDATA_OUT_OF_RANGE));
  EXPECT_THAT(BinnedPair::Of(Counts{UINT64_MAX, UINT64_MAX}, Counts{1, 1}),
              Fails(kInvalid, Reason::kDATA_OUT_OF_RANGE));
  const Histogram one(*Bins::Even(0, 1, 4)), other(*Bins::Even(0, 2, 4));
  EXPECT_THAT(BinnedPair::Of(one, other), Fails(kInvalid, Reason::kCONTRACT_MISMATCH));
  EXPECT_THAT(BinnedPair::Of(*CategoryCounts::Over({"a", "b"}), *CategoryCounts::Over({"a", "c"})),
              Fails(kInvalid, Reason::kCONTRACT_MISMATCH));
}

TEST(BinnedPair, SeesACategoryThatNobodyNamed) {
  CategoryCounts now = *CategoryCounts::Over({"gas", "oil"}), reference = now;
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(now.Add(i % 2 ? "gas" : "steam").ok());
    ASSERT_TRUE(reference.Add(i % 2 ? "gas" : "oil").ok());
  }
  EXPECT_DOUBLE_EQ(LInfinityDistance(*BinnedPair::Of(now, reference)), 0.5);
}

TEST(Wasserstein1OfBins, WantsAPositionForEachBin) {
  const BinnedPair pair = *BinnedPair::Of(kNow, kReference);
  for (const std::vector<double>& bad : {std::vector<double>{0, 1, 2, 3},
                                         {0, 1, 2, 3, std::nan("")},
                                         {0, 1, 3, 2, 4},
                                         {0, 1, 2, 3, 1e301}})
    EXPECT_THAT(Wasserstein1(pair, bad), Fails(kInvalid, Reason::kFIELD_INVALID));
}

// Whatever is counted: no distance is NaN or outside its range, equal histograms have none, and
// those that are symmetric do not care which comes first.
TEST(BinnedPairProperty, DistancesAreNumbersInTheirRanges) {
  for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed=" << seed);
    SeededRng rng(seed);
    Counts a(1 + rng.Below(8)), b(a.size());
    for (Counts* counts : {&a, &b})
      for (std::uint64_t& c : *counts)
        c = rng.Below(3) == 0 ? 0 : rng.Next() >> (14 + rng.Below(50));
    a[0] += 1, b[0] += 1;
    const BinnedPair pair = *BinnedPair::Of(a, b), back = *BinnedPair::Of(b, a);
    for (const auto& distance : {JensenShannonDistance, HellingerDistance, LInfinityDistance}) {
      ASSERT_TRUE(distance(pair) >= 0 && distance(pair) <= 1) << distance(pair);
      ASSERT_NEAR(distance(pair), distance(back), 1e-12);
    }
    for (const auto& distance : {Psi, KlDivergence}) {
      ASSERT_TRUE(distance(pair) >= 0 && std::isfinite(distance(pair)));
      ASSERT_EQ(distance(*BinnedPair::Of(a, a)), 0);
    }
    ASSERT_TRUE(BinnedKs(pair).low >= 0 && BinnedKs(pair).low <= BinnedKs(pair).high &&
                BinnedKs(pair).high <= 1);
    ASSERT_TRUE(std::isfinite(*Wasserstein1(pair, UnitPositions(a.size()))));
  }
}

}  // namespace
}  // namespace muster::drift
