#include "aggregation/accumulator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <thread>

#include "base/crc32c.h"
#include "tests/unit/aggregation/testing.h"

namespace muster::aggregation {
namespace {
constexpr double kCap = 7;

struct Update {
  std::vector<float> values;
  double weight;
};

std::vector<Update> RandomUpdates(std::uint64_t seed, std::size_t n, std::size_t dim) {
  SeededRng rng(seed);
  std::vector<Update> out;
  for (std::size_t i = 0; i < n; ++i)
    out.push_back({RandomDelta(rng, dim), static_cast<double>(i % 7 + 1)});
  return out;
}

Accumulator Empty(std::size_t dim, std::uint64_t max_updates = 1 << 17) {
  return Accumulator(dim, *FixedPoint::Make(max_updates));
}

Accumulator FoldAll(const std::vector<Update>& updates) {
  Accumulator out = Empty(updates[0].values.size());
  for (const Update& u : updates) EXPECT_TRUE(out.Fold(u.values, u.weight, kCap).ok());
  return out;
}

void ExpectSame(const Accumulator& a, const Accumulator& b) {
  EXPECT_EQ(a.count(), b.count());
  EXPECT_EQ(a.weight_sum(), b.weight_sum());
  EXPECT_TRUE(std::equal(a.sums().begin(), a.sums().end(), b.sums().begin(), b.sums().end()));
  std::vector<float> mean_a(a.dim()), mean_b(b.dim());
  ASSERT_TRUE(a.Mean(mean_a).ok());
  ASSERT_TRUE(b.Mean(mean_b).ok());
  EXPECT_EQ(mean_a, mean_b);
}

TEST(Accumulator, TheMeanWeighsUpdatesByTheirExamples) {
  Accumulator sum = Empty(2);
  ASSERT_TRUE(sum.Fold(std::vector<float>{1, -2}, 1, 4).ok());
  ASSERT_TRUE(sum.Fold(std::vector<float>{5, 2}, 3, 4).ok());
  std::vector<float> mean(2);
  ASSERT_TRUE(sum.Mean(mean).ok());
  EXPECT_EQ(mean, (std::vector<float>{4, 1}));
  EXPECT_EQ(sum.count(), 2u);
}

TEST(Accumulator, SumsEqualThoseOfWideIntegers) {
  const std::vector<Update> updates = RandomUpdates(81, 50, 301);
  const Accumulator sum = FoldAll(updates);
  for (std::size_t i = 0; i < sum.dim(); ++i) {
    __int128 expected = 0;
    for (const Update& u : updates) {
      const double scale = u.weight / kCap * sum.fixed().one();
      expected += static_cast<__int128>(std::nearbyint(static_cast<double>(u.values[i]) * scale));
    }
    ASSERT_TRUE(sum.sums()[i] == expected) << "seed=81 coordinate=" << i;
  }
}

TEST(Accumulator, TheMeanIsThatOfLongDoublesUpToOneRounding) {
  const std::vector<Update> updates = RandomUpdates(82, 40, 100);
  std::vector<float> mean(100);
  ASSERT_TRUE(FoldAll(updates).Mean(mean).ok());
  for (std::size_t i = 0; i < mean.size(); ++i) {
    long double top = 0, bottom = 0;
    for (const Update& u : updates) {
      top += static_cast<long double>(u.values[i]) * u.weight;
      bottom += u.weight;
    }
    const auto expected = static_cast<double>(top / bottom);
    EXPECT_NEAR(mean[i], expected, std::abs(expected) * 0x1p-23 + 0x1p-40) << "seed=82 i=" << i;
  }
}

// Computed from the definition with Python's integers and binary64, outside this code:
// x from SplitMix64, round(x * (w / 7) * 2**41), CRC-32C over the little-endian sums.
TEST(Accumulator, AFixedAccumulationIsPinned) {
  const Accumulator sum = FoldAll(RandomUpdates(2026, 100, 1000));
  EXPECT_EQ(sum.sums()[0], 56986579388711);
  EXPECT_EQ(sum.sums()[999], -264324544949687);
  EXPECT_EQ(sum.weight_sum(), 124087740849006);
  EXPECT_EQ(Crc32c(std::as_bytes(sum.sums())), 0x488ccfdau);
  std::vector<float> mean(1000);
  ASSERT_TRUE(sum.Mean(mean).ok());
  EXPECT_EQ(Crc32c(std::as_bytes(std::span(mean))), 0xbec897b2u);
}

// However the updates come: alone or in batches, in any order, over any merge tree, on any vector
// target, the sum has the same bits.
TEST(AccumulatorProperty, OrderBatchesAndMergeTreesDoNotShow) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed=" << seed);
    SeededRng rng(seed);
    std::vector<Update> updates = RandomUpdates(seed, 2 + rng.Below(30), 1 + rng.Below(200));
    const Accumulator expected = FoldAll(updates);
    for (std::size_t i = updates.size() - 1; i > 0; --i)
      std::swap(updates[i], updates[rng.Below(i + 1)]);

    std::vector<Accumulator> parts;
    for (std::size_t next = 0; next < updates.size();) {
      const std::size_t n = 1 + rng.Below(std::min<std::size_t>(17, updates.size() - next));
      std::vector<WeightedDelta> batch;
      for (; batch.size() < n; ++next)
        batch.push_back({updates[next].values, updates[next].weight});
      parts.push_back(Empty(expected.dim()));
      ASSERT_TRUE(parts.back().FoldBatch(batch, kCap).ok());
    }
    while (parts.size() > 1) {
      std::swap(parts[rng.Below(parts.size())], parts.back());
      const Accumulator last = std::move(parts.back());
      parts.pop_back();
      ASSERT_TRUE(parts[rng.Below(parts.size())].Merge(last).ok());
    }
    ExpectSame(parts[0], expected);
  }
}

TEST(AccumulatorProperty, EveryVectorTargetGivesTheSameBits) {
  const std::vector<Update> updates = RandomUpdates(83, 21, 1003);
  const Accumulator expected = FoldAll(updates);
  OnEveryTarget([&](const char* target) {
    SCOPED_TRACE(target);
    ExpectSame(FoldAll(updates), expected);
  });
}

// A pool folds disjoint ranges of the same updates at the same time.
TEST(AccumulatorProperty, ThreadsOverRangesGiveTheSameBits) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed=" << seed);
    SeededRng rng(seed);
    const std::size_t dim = 2'000 + rng.Below(1'000);
    const std::vector<Update> updates = RandomUpdates(seed, 9, dim);
    Accumulator sum = Empty(dim);
    std::vector<Share> shares;
    for (const Update& u : updates) shares.push_back(*sum.Admit(u.weight, kCap));
    std::vector<std::size_t> cuts = {0, dim};
    for (int i = 0; i < 3; ++i) cuts.push_back(rng.Below(dim));
    std::sort(cuts.begin(), cuts.end());
    {
      std::vector<std::jthread> threads;
      for (std::size_t c = 0; c + 1 < cuts.size(); ++c)
        threads.emplace_back([&, begin = cuts[c], end = cuts[c + 1]] {
          std::vector<Slice> slices;
          for (std::size_t i = 0; i < updates.size(); ++i)
            slices.push_back({shares[i], std::span(updates[i].values).subspan(begin, end - begin)});
          sum.FoldRange(begin, slices);
        });
    }
    ExpectSame(sum, FoldAll(updates));
  }
}

TEST(Accumulator, HundredsOfSlicesInOneCallAreAllFolded) {
  const std::vector<Update> updates = RandomUpdates(84, 150, 33);
  Accumulator sum = Empty(33);
  std::vector<WeightedDelta> batch;
  for (const Update& u : updates) batch.push_back({u.values, u.weight});
  ASSERT_TRUE(sum.FoldBatch(batch, kCap).ok());
  ExpectSame(sum, FoldAll(updates));
}

TEST(Accumulator, TheMostUpdatesAtTheBoundNeverWrap) {
  for (const std::uint64_t n : {1, 2, 3, 16, 1000})
    for (const double bound : {1.0, 1.5, 16.0, 1000.0})
      for (const float sign : {1.0f, -1.0f}) {
        SCOPED_TRACE(testing::Message() << "n=" << n << " bound=" << bound << " sign=" << sign);
        Accumulator sum(19, *FixedPoint::Make(n, bound));
        const std::vector<float> delta(19, sign * static_cast<float>(bound));
        for (std::uint64_t i = 0; i < n; ++i) ASSERT_TRUE(sum.Fold(delta, 5, 5).ok());
        const auto exact = static_cast<__int128>(n) *
                           static_cast<__int128>(std::ldexp(bound, sum.fixed().fraction_bits()));
        for (const std::int64_t s : sum.sums()) ASSERT_TRUE(s == (sign > 0 ? exact : -exact));
        std::vector<float> mean(19);
        ASSERT_TRUE(sum.Mean(mean).ok());
        EXPECT_EQ(mean, delta);
      }
}

TEST(Accumulator, MoreUpdatesThanThePlanAdmitsAreRefusedAndChangeNothing) {
  Accumulator sum = Empty(3, 2);
  const std::vector<float> delta = {1, 2, 3};
  const WeightedDelta three[] = {{delta, 1}, {delta, 1}, {delta, 1}};
  EXPECT_EQ(sum.FoldBatch(three, kCap).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(sum.count(), 0u);
  ASSERT_TRUE(sum.FoldBatch(std::span(three).first(2), kCap).ok());
  const std::vector<std::int64_t> before(sum.sums().begin(), sum.sums().end());
  EXPECT_EQ(sum.Fold(delta, 1, kCap).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(sum.Admit(1, kCap).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(sum.count(), 2u);
  EXPECT_TRUE(std::equal(before.begin(), before.end(), sum.sums().begin()));
}

TEST(Accumulator, ABadUpdateInABatchLeavesTheSumAsItWas) {
  Accumulator sum = Empty(3);
  const std::vector<float> good = {1, 2, 3}, shorter = {1, 2}, longer = {1, 2, 3, 4};
  for (const WeightedDelta& bad : {WeightedDelta{shorter, 1}, WeightedDelta{longer, 1}}) {
    const WeightedDelta batch[] = {{good, 1}, bad};
    EXPECT_EQ(ReasonOf(sum.FoldBatch(batch, kCap)), Reason::kUPDATE_WRONG_LAYOUT);
  }
  for (const double weight : {0.0, -1.0, 7.01, 1e15, std::nan("")}) {
    const WeightedDelta batch[] = {{good, 1}, {good, weight}};
    EXPECT_EQ(ReasonOf(sum.FoldBatch(batch, kCap)), Reason::kUPDATE_OVER_WEIGHT);
    EXPECT_EQ(ReasonOf(sum.Admit(weight, kCap).status()), Reason::kUPDATE_OVER_WEIGHT);
  }
  EXPECT_EQ(sum.count(), 0u);
  EXPECT_EQ(sum.weight_sum(), 0);
  for (const std::int64_t s : sum.sums()) EXPECT_EQ(s, 0);
}

TEST(Accumulator, PartsOfAnotherShapeArithmeticOrSizeAreNotMerged) {
  Accumulator sum = Empty(3, 4);
  ASSERT_TRUE(sum.Fold(std::vector<float>{1, 2, 3}, 1, kCap).ok());
  EXPECT_EQ(sum.Merge(Empty(4, 4)).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(sum.Merge(Empty(3, 8)).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(sum.Merge(Accumulator(3, *FixedPoint::Make(4, 15))).code(),
            absl::StatusCode::kInvalidArgument);
  Accumulator full = Empty(3, 4);
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(full.Fold(std::vector<float>{1, 1, 1}, 1, kCap).ok());
  EXPECT_EQ(sum.Merge(full).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(sum.count(), 1u);
}

TEST(Accumulator, TheMeanOfNothingOrIntoAnotherLengthIsRefused) {
  Accumulator sum = Empty(3);
  std::vector<float> out(3), shorter(2);
  EXPECT_EQ(sum.Mean(out).code(), absl::StatusCode::kFailedPrecondition);
  ASSERT_TRUE(sum.Fold(std::vector<float>{1, 2, 3}, 1, kCap).ok());
  EXPECT_EQ(sum.Mean(shorter).code(), absl::StatusCode::kInvalidArgument);
}
}  // namespace
}  // namespace muster::aggregation
