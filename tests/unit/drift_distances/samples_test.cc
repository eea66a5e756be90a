#include "drift/distances/samples.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/seeded.h"
#include "drift/distances/binned.h"
#include "drift/distances/tails.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/drift_distances/golden.h"

namespace muster::drift {
namespace {
using ::muster::testing::Fails;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kUnready = absl::StatusCode::kFailedPrecondition;
using Values = std::vector<double>;

Values Uniform(SeededRng& rng, std::size_t count, double from = 0) {
  Values out(count);
  for (double& v : out) v = from + static_cast<double>(rng.Next() >> 11) * 0x1p-53;
  return out;
}

TEST(KsTest, IsScipysExactOne) {
  for (const golden::Samples& g : golden::kSamples) {
    const KolmogorovSmirnov ks = *KsTest(g.now, g.reference);
    EXPECT_TRUE(ks.exact);
    EXPECT_NEAR(ks.distance, g.distance, 1e-15);
    EXPECT_NEAR(ks.p, g.p, 1e-11 * g.p);
  }
}

TEST(KsTest, OfFiveAndFiveHasTheKnownP) {
  const KolmogorovSmirnov ks = *KsTest(Values{1, 2, 3, 4, 5}, Values{4, 5, 6, 7, 8});
  EXPECT_TRUE(ks.exact);
  EXPECT_DOUBLE_EQ(ks.distance, 0.6);
  EXPECT_NEAR(ks.p, 0.357142857142857, 1e-12);
}

TEST(KsTest, CountsAllPermutationsOfTiedValues) {
  for (const golden::Samples& g : golden::kTied) {
    EXPECT_NEAR(KsTest(g.now, g.reference)->distance, g.distance, 1e-15);
    EXPECT_NEAR(KsTest(g.now, g.reference)->p, g.p, 1e-12);
  }
}

TEST(KsTest, KeepsItsPrecisionFarInTheTail) {
  // Only two of the orders of 30 and 30 are wholly apart.
  Values low(30), high(30);
  for (int i = 0; i < 30; ++i) low[i] = i, high[i] = 100 + i;
  const double orders = std::exp(std::lgamma(61) - 2 * std::lgamma(31));
  EXPECT_NEAR(KsTest(low, high)->p * orders, 2, 1e-9);
}

TEST(KsTest, TakesTheLimitWhenTheExactOneIsTooDear) {
  SeededRng rng(7);
  const Values a = Uniform(rng, 1500), b = Uniform(rng, 2000, 0.05);
  const KolmogorovSmirnov ks = *KsTest(a, b);
  EXPECT_FALSE(ks.exact);
  EXPECT_DOUBLE_EQ(ks.p, KolmogorovTail(std::sqrt(1500.0 * 2000 / 3500) * ks.distance));
}

TEST(KsTest, ExactAndLimitAgreeWhereBothHold) {
  SeededRng rng(8);
  const KolmogorovSmirnov ks = *KsTest(Uniform(rng, 900), Uniform(rng, 1000, 0.06));
  ASSERT_TRUE(ks.exact);
  EXPECT_NEAR(ks.p, KolmogorovTail(std::sqrt(900.0 * 1000 / 1900) * ks.distance), 0.1 * ks.p);
}

TEST(KsTest, ConstantColumnsAreEqualOrWhollyApart) {
  const Values fives(40, 5.0), sixes(40, 6.0);
  EXPECT_EQ(KsTest(fives, fives)->p, 1);
  EXPECT_EQ(KsTest(fives, fives)->distance, 0);
  EXPECT_EQ(KsTest(fives, sixes)->distance, 1);
  EXPECT_LT(KsTest(fives, sixes)->p, 1e-20);
}

TEST(Wasserstein1, IsScipys) {
  for (const auto* cases : {&golden::kSamples, &golden::kTied})
    for (const golden::Samples& g : *cases)
      EXPECT_NEAR(*Wasserstein1(g.now, g.reference), g.wasserstein, 1e-13);
}

TEST(Wasserstein1, OfAShiftIsTheShift) {
  SeededRng rng(9);
  Values a = Uniform(rng, 100), b = a;
  for (double& v : b) v += 3;
  EXPECT_NEAR(*Wasserstein1(a, b), 3, 1e-12);
  EXPECT_EQ(*Wasserstein1(Values{-kMostMagnitude}, Values{kMostMagnitude}), 2 * kMostMagnitude);
}

TEST(Samples, AreRefusedWithTheirReason) {
  const Values good{1, 2}, none;
  for (const auto& refused : {KsTest(none, good).status(), KsTest(good, none).status(),
                              Wasserstein1(none, good).status()})
    EXPECT_THAT(refused, Fails(kUnready, Reason::kDATA_EMPTY));
  for (const double bad : {std::nan(""), std::numeric_limits<double>::infinity()}) {
    EXPECT_THAT(KsTest(Values{1, bad}, good), Fails(kInvalid, Reason::kDATA_NOT_A_NUMBER));
    EXPECT_THAT(Wasserstein1(good, Values{-bad}), Fails(kInvalid, Reason::kDATA_NOT_A_NUMBER));
  }
  EXPECT_THAT(Wasserstein1(good, Values{1e301}), Fails(kInvalid, Reason::kDATA_OUT_OF_RANGE));
}

// Whatever the values and the bins: bins bound what the values' own distances are.
TEST(SamplesProperty, BinsBoundTheDistancesOfTheirValues) {
  const Bins bins = *Bins::Even(0, 2, 16);
  const double width = 2.0 / 16;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed=" << seed);
    SeededRng rng(seed);
    const Values a = Uniform(rng, 1 + rng.Below(300), static_cast<double>(rng.Below(100)) / 100);
    const Values b = Uniform(rng, 1 + rng.Below(300), static_cast<double>(rng.Below(100)) / 100);
    Histogram now(bins), reference(bins);
    ASSERT_TRUE(now.Add(a).ok() && reference.Add(b).ok());
    const BinnedPair pair = *BinnedPair::Of(now, reference);
    const KsBounds bounds = BinnedKs(pair);
    const double d = KsTest(a, b)->distance;
    ASSERT_LE(bounds.low, d + 1e-12);
    ASSERT_LE(d, bounds.high + 1e-12);
    const double mass = std::max(std::ranges::max(pair.p()), std::ranges::max(pair.q()));
    ASSERT_LE(bounds.high, bounds.low + mass + 1e-12);
    ASSERT_NEAR(*Wasserstein1(pair, bins.Positions()), *Wasserstein1(a, b), width);
  }
}

}  // namespace
}  // namespace muster::drift
