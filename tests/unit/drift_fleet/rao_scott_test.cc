#include "drift/fleet/rao_scott.h"

#include <gtest/gtest.h>

#include <cmath>

#include "drift/distances/binned.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/drift_fleet/simulated_fleet.h"

namespace muster::drift {
namespace {
using ::muster::testing::Fails;
using ::muster::testing::IsOk;
using testing::Normal;
using testing::Window;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kUnready = absl::StatusCode::kFailedPrecondition;

Replicates Of(std::size_t bins, std::vector<std::uint64_t> counts) {
  const std::size_t shards = counts.size() / bins;
  return {bins, std::vector<std::uint32_t>(shards, 10), std::move(counts)};
}

// Numbers of numpy and scipy 1.17.1, by the formulas of rao_scott.h.
TEST(JudgeShards, AgreesWithAnIndependentComputationWithoutDrift) {
  const Replicates now =
      Of(4, {9,  33, 28, 22, 19, 32, 6,  6,  20, 32, 18, 10, 16, 16, 18, 24, 26, 3,  20, 16,
             24, 4,  21, 22, 11, 36, 20, 12, 23, 24, 11, 7,  28, 29, 7,  8,  20, 24, 35, 17});
  const Replicates reference =
      Of(4, {21, 17, 31, 19, 39, 10, 6,  9, 31, 31, 17, 18, 12, 26, 33, 28,
             20, 30, 14, 17, 29, 25, 6,  6, 31, 15, 5,  14, 35, 33, 14, 3,
             13, 27, 11, 22, 40, 6,  17, 3, 24, 24, 13, 13, 31, 16, 30, 17});
  const ShardVerdict verdict = *JudgeShards(now, reference, {});
  EXPECT_NEAR(verdict.p, 0.38573783566238773, 0.01 * verdict.p);  // By Imhof's inversion.
  EXPECT_NEAR(verdict.distance, 0.033745281913942604, 1e-12);
  EXPECT_NEAR(verdict.degrees, 2.4326542456838847, 1e-9);
  EXPECT_NEAR(verdict.shard_degrees, 19.293145679658114, 1e-9);
  EXPECT_NEAR(verdict.design_effect, 4.780055947984297, 1e-9);
  EXPECT_FALSE(verdict.drifted);
  EXPECT_TRUE(verdict.moved.empty());
}

TEST(JudgeShards, AgreesWithAnIndependentComputationAndNamesTheBinsThatMoved) {
  const Replicates now =
      Of(4, {38, 24, 31, 4, 13, 8,  30, 14, 50, 13, 26, 2, 16, 15, 24, 6,  21, 10, 24, 18,
             44, 0,  16, 8, 21, 21, 19, 13, 29, 28, 22, 0, 38, 13, 30, 10, 14, 16, 23, 10});
  const Replicates reference =
      Of(4, {19, 18, 20, 18, 39, 12, 20, 4,  23, 28, 23, 16, 12, 36, 19, 6,
             22, 35, 19, 22, 12, 23, 12, 14, 28, 43, 14, 6,  36, 18, 16, 20,
             16, 30, 30, 20, 34, 26, 25, 12, 48, 20, 9,  6,  22, 24, 7,  8});
  const ShardVerdict verdict = *JudgeShards(now, reference, {});
  EXPECT_NEAR(verdict.p, 0.01553251443010134, 0.01 * verdict.p);  // By Imhof's inversion.
  EXPECT_NEAR(verdict.distance, 0.12200851767447994, 1e-12);
  EXPECT_NEAR(verdict.design_effect, 3.9839858600376714, 1e-9);
  EXPECT_NEAR(verdict.psi, Psi(*BinnedPair::Of(testing::Totals(now), testing::Totals(reference))),
              1e-15);
  EXPECT_TRUE(verdict.drifted);
  EXPECT_EQ(verdict.shards, 10u);
  ASSERT_EQ(verdict.moved.size(), 2u);
  EXPECT_EQ(verdict.moved[0].bin, 1u);
  EXPECT_LT(verdict.moved[0].change, 0);
  EXPECT_NEAR(verdict.moved[0].p, 3 * 0.010035813931832251, 1e-9);
  EXPECT_EQ(verdict.moved[1].bin, 2u);
  EXPECT_GT(verdict.moved[1].change, 0);
  EXPECT_NEAR(verdict.moved[1].p, 4 * 0.0008608559837813321, 1e-9);
}

TEST(JudgeShards, DoesNotCareInWhichOrderShardsOrEmptyBinsCome) {
  Normal normal(1);
  const Replicates now = Window({.icc = 0.2}, normal), reference = Window({.icc = 0.2}, normal);
  const ShardVerdict verdict = *JudgeShards(now, reference, {});
  Replicates turned{.bins = 12, .devices = now.devices, .counts = {}};
  Replicates wide{.bins = 12, .devices = reference.devices, .counts = {}};
  for (std::size_t g = now.devices.size(); g-- > 0;)
    for (std::size_t i = 0; i < 12; ++i) {
      turned.counts.push_back(i < 2 ? 0 : now.counts[g * 10 + i - 2]);
      wide.counts.push_back(i < 2 ? 0 : reference.counts[g * 10 + i - 2]);
    }
  const ShardVerdict other = *JudgeShards(turned, wide, {});
  EXPECT_NEAR(other.p, verdict.p, 1e-9);
  EXPECT_NEAR(other.distance, verdict.distance, 1e-12);
}

TEST(JudgeShards, OfAWindowAgainstItselfSeesNothing) {
  Normal normal(2);
  const Replicates window = Window({.icc = 0.2}, normal);
  const ShardVerdict verdict = *JudgeShards(window, window, {});
  EXPECT_EQ(verdict.distance, 0);
  EXPECT_EQ(verdict.p, 1);
  EXPECT_EQ(verdict.psi, 0);
}

// Shards that are all alike leave no variance: what is equal is so, and what is not is so for sure.
TEST(JudgeShards, OfShardsThatAreAllAlikeIsSure) {
  std::vector<std::uint64_t> one, other;
  for (int g = 0; g < 12; ++g) {
    one.insert(one.end(), {1, 10, 19});
    other.insert(other.end(), {2, 20, 37});
  }
  std::vector<std::uint64_t> thrice = one;
  for (std::uint64_t& count : thrice) count *= 3;
  EXPECT_EQ(JudgeShards(Of(3, one), Of(3, thrice), {})->p, 1);
  const ShardVerdict sure = *JudgeShards(Of(3, one), Of(3, other), {});
  EXPECT_EQ(sure.p, 0);
  EXPECT_TRUE(std::isfinite(sure.degrees) && std::isfinite(sure.shard_degrees));
}

TEST(JudgeShards, LeavesOutShardsOfTooFewDevicesAndWantsTenOthers) {
  Normal normal(3);
  Replicates now = Window({.devices = 110, .shards = 11}, normal);
  const Replicates reference = Window({}, normal);
  now.devices[4] = 9;
  const ShardVerdict verdict = *JudgeShards(now, reference, {});
  EXPECT_EQ(verdict.shards, 10u);
  EXPECT_EQ(verdict.left_out, 1u);
  now.devices[5] = 9;
  EXPECT_THAT(JudgeShards(now, reference, {}), Fails(kUnready, Reason::kTOO_FEW_DEVICES));
  EXPECT_THAT(JudgeShards(reference, now, {}), Fails(kUnready, Reason::kTOO_FEW_DEVICES));
}

TEST(JudgeShards, RefusesAShardWithMoreThanItsDevicesMaySay) {
  Normal normal(4);
  Replicates now = Window({}, normal);
  const Replicates reference = Window({}, normal);
  EXPECT_THAT(JudgeShards(now, reference, {.cap = 50}), IsOk());
  EXPECT_THAT(JudgeShards(now, reference, {.cap = 49}),
              Fails(kInvalid, Reason::kDATA_OUT_OF_RANGE));
  now.counts[0] += 1'000'000'000;
  EXPECT_THAT(JudgeShards(now, reference, {.cap = 50}),
              Fails(kInvalid, Reason::kDATA_OUT_OF_RANGE));
  now.counts[0] = now.counts[1] = UINT64_MAX;
  EXPECT_THAT(JudgeShards(now, reference, {.cap = 50}),
              Fails(kInvalid, Reason::kDATA_OUT_OF_RANGE));
}

TEST(JudgeShards, RefusesWindowsWithTheirReason) {
  Normal normal(5);
  const Replicates good = Window({}, normal);
  const auto empty = Of(10, std::vector<std::uint64_t>(200, 0));
  EXPECT_THAT(JudgeShards(empty, good, {}), Fails(kUnready, Reason::kDATA_EMPTY));
  EXPECT_THAT(JudgeShards(good, empty, {}), Fails(kUnready, Reason::kDATA_EMPTY));
  auto few = empty;
  for (std::size_t i = 0; i < 29; ++i) ++few.counts[i];
  EXPECT_THAT(JudgeShards(few, good, {}), Fails(kUnready, Reason::kDATA_NO_WINDOW));
  auto constant = empty;
  for (std::size_t g = 0; g < 20; ++g) constant.counts[g * 10 + 3] = 40;
  EXPECT_THAT(JudgeShards(constant, constant, {}), Fails(kUnready, Reason::kDATA_OUT_OF_RANGE));
  for (const Replicates& bad :
       {Of(5, std::vector<std::uint64_t>(100, 9)), Replicates{10, good.devices, {1, 2, 3}},
        Replicates{10, {10, 10}, good.counts}, Replicates{0, {}, {}}})
    EXPECT_THAT(JudgeShards(bad, good, {}), Fails(kInvalid, Reason::kCONTRACT_MISMATCH));
}

TEST(JudgeShards, RefusesARuleThatProtectsOrMeansNothing) {
  Normal normal(6);
  const Replicates good = Window({}, normal);
  for (const ShardRule& rule : {ShardRule{.least_devices = 1},
                                {.least_shards = 9},
                                {.cap = 0},
                                {.cap = kMostCap + 1},
                                {.level = 0},
                                {.level = 0.6},
                                {.level = std::nan("")}})
    EXPECT_THAT(JudgeShards(good, good, rule), Fails(kInvalid, Reason::kFIELD_INVALID));
}

// Whatever the sums: a verdict holds numbers in their ranges, or there is a reason for none.
TEST(JudgeShardsProperty, NeverAnswersNan) {
  for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed=" << seed);
    SeededRng rng(seed);
    const std::size_t bins = 1 + rng.Below(5);
    const auto random = [&] {
      std::vector<std::uint64_t> counts((10 + rng.Below(3)) * bins);
      const std::uint64_t sparse = 1 + rng.Below(6), most = 1 + rng.Below(1000);
      for (std::uint64_t& c : counts) c = rng.Below(sparse) == 0 ? rng.Below(most) : 0;
      return Of(bins, counts);
    };
    const StatusOr<ShardVerdict> verdict = JudgeShards(random(), random(), {});
    if (!verdict.ok()) {
      ASSERT_TRUE(ReasonOf(verdict.status()));
      continue;
    }
    ASSERT_TRUE(verdict->p >= 0 && verdict->p <= 1) << verdict->p;
    ASSERT_TRUE(verdict->degrees >= 1 && verdict->degrees <= static_cast<double>(bins - 1));
    for (const double x : {verdict->distance, verdict->psi, verdict->design_effect,
                           verdict->shard_degrees, verdict->device_sway})
      ASSERT_TRUE(x >= 0 && std::isfinite(x)) << x;
    for (const MovedBin& moved : verdict->moved) ASSERT_LT(moved.p, 0.05);
  }
}

}  // namespace
}  // namespace muster::drift
