#include "drift/fleet/shard_plan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "base/seeded.h"
#include "platform/openssl_crypto.h"
#include "tests/support/status_matchers.h"

namespace muster::drift {
namespace {
using ::muster::testing::Fails;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

Secret KeyFrom(unsigned first) {
  Bytes bytes;
  for (unsigned i = 0; i < kShardKeyBytes; ++i) bytes.push_back(static_cast<std::byte>(first + i));
  return Secret(std::move(bytes));
}

std::vector<DeviceId> Roster(std::size_t devices) {
  std::vector<DeviceId> out;
  for (std::size_t i = 0; i < devices; ++i) out.emplace_back(fmt::format("device-{:02}", i));
  return out;
}

class ShardPlanTest : public ::testing::Test {
 protected:
  StatusOr<ShardPlan> Make(std::span<const DeviceId> roster, std::uint32_t least,
                           std::uint64_t epoch = 7, unsigned key = 0) {
    return ShardPlan::Make(crypto_, KeyFrom(key), WindowEpoch{epoch}, roster, least);
  }
  std::vector<std::uint32_t> ShardsOf(const ShardPlan& plan, std::span<const DeviceId> roster) {
    std::vector<std::uint32_t> out;
    for (const DeviceId& device : roster) out.push_back(plan.PlaceOf(device)->shard);
    return out;
  }
  platform::OpenSslCrypto crypto_;
};

TEST_F(ShardPlanTest, DealsByTheHmacThatOthersCompute) {
  // By Python's hmac module, key 00 01 .. 1f, epoch 7.
  const auto roster = Roster(23);
  EXPECT_EQ(ShardsOf(*Make(roster, 2), roster),
            (std::vector<std::uint32_t>{8, 10, 0, 9, 2,  2, 3, 1, 0, 8, 6, 9,
                                        0, 1,  3, 4, 10, 5, 6, 4, 7, 5, 7}));
}

TEST_F(ShardPlanTest, DoesNotDependOnTheOrderOfTheRoster) {
  auto roster = Roster(137);
  const auto shards = ShardsOf(*Make(roster, 5), roster);
  auto turned = roster;
  std::ranges::reverse(turned);
  EXPECT_EQ(ShardsOf(*Make(turned, 5), roster), shards);
}

TEST_F(ShardPlanTest, IsAnotherInAnotherWindowOrUnderAnotherKey) {
  const auto roster = Roster(200);
  const auto shards = ShardsOf(*Make(roster, 10), roster);
  EXPECT_EQ(ShardsOf(*Make(roster, 10), roster), shards);
  EXPECT_NE(ShardsOf(*Make(roster, 10, 8), roster), shards);
  EXPECT_NE(ShardsOf(*Make(roster, 10, 7, 1), roster), shards);
}

TEST_F(ShardPlanTest, HasNoPlaceForWhoeverComesLater) {
  const auto roster = Roster(100);
  const ShardPlan plan = *Make(roster, 10);
  EXPECT_THAT(plan.PlaceOf(DeviceId("device-late")),
              Fails(absl::StatusCode::kNotFound, Reason::kNOT_IN_COHORT));
}

TEST_F(ShardPlanTest, RefusesWhatMakesNoTenShards) {
  EXPECT_THAT(Make(Roster(99), 10),
              Fails(absl::StatusCode::kFailedPrecondition, Reason::kTOO_FEW_DEVICES));
  EXPECT_EQ(Make(Roster(100), 10)->shards(), 10u);
  EXPECT_THAT(Make({}, 10), Fails(absl::StatusCode::kFailedPrecondition, Reason::kTOO_FEW_DEVICES));
}

TEST_F(ShardPlanTest, RefusesADuplicateAShortKeyAndNoLeast) {
  auto roster = Roster(100);
  roster[99] = roster[3];
  EXPECT_THAT(Make(roster, 10), Fails(kInvalid, Reason::kFIELD_INVALID));
  roster = Roster(100);
  EXPECT_THAT(Make(roster, 1), Fails(kInvalid, Reason::kFIELD_INVALID));
  EXPECT_THAT(Make(roster, kMostLeastDevices + 1), Fails(kInvalid, Reason::kFIELD_INVALID));
  EXPECT_THAT(ShardPlan::Make(crypto_, Secret::FromText("short"), WindowEpoch{1}, roster, 10),
              Fails(kInvalid, Reason::kFIELD_INVALID));
}

// However many devices there are: each is in one shard, and shards have K to 2K - 1 of them.
TEST_F(ShardPlanTest, PutsEachDeviceIntoOneShardOfKToTwiceK) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed=" << seed);
    SeededRng rng(seed);
    const auto least = static_cast<std::uint32_t>(2 + rng.Below(30));
    const auto roster = Roster(10 * least + rng.Below(10 * least));
    const ShardPlan plan = *Make(roster, least, seed);
    EXPECT_EQ(plan.devices(), roster.size());
    std::map<std::uint32_t, std::uint32_t> sizes;
    std::vector<bool> members(roster.size(), false);
    for (const DeviceId& device : roster) {
      const ShardPlan::Place place = *plan.PlaceOf(device);
      ASSERT_FALSE(members[place.member]);
      members[place.member] = true;
      ++sizes[place.shard];
    }
    ASSERT_EQ(sizes.size(), plan.shards());
    ASSERT_EQ(sizes.rbegin()->first, plan.shards() - 1);
    for (const auto& [shard, size] : sizes) ASSERT_TRUE(size >= least && size < 2 * least) << size;
  }
}

}  // namespace
}  // namespace muster::drift
