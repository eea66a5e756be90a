#include "drift/fleet/shard_sums.h"

#include <gtest/gtest.h>

#include "platform/openssl_crypto.h"
#include "tests/support/status_matchers.h"

namespace muster::drift {
namespace {
using ::muster::testing::Fails;
using ::muster::testing::IsOk;
using Counts = std::vector<std::uint32_t>;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

class ShardSumsTest : public ::testing::Test {
 protected:
  ShardSumsTest() {
    for (int i = 0; i < 45; ++i) roster_.emplace_back(fmt::format("device-{:02}", i));
  }
  ShardPlan Plan() {
    return *ShardPlan::Make(crypto_, Secret(Bytes(kShardKeyBytes, std::byte{9})), WindowEpoch{1},
                            roster_, 4);
  }
  ShardSums Sums() { return *ShardSums::Make(Plan(), {2, 3}, 100); }

  platform::OpenSslCrypto crypto_;
  std::vector<DeviceId> roster_;
};

TEST_F(ShardSumsTest, AddEachFeatureInTheDevicesShard) {
  const ShardPlan plan = Plan();
  ShardSums sums = Sums();
  std::vector<std::uint64_t> first(plan.shards() * 2, 0), second(plan.shards() * 3, 0);
  std::vector<std::uint32_t> devices(plan.shards(), 0);
  for (std::uint32_t d = 0; d < roster_.size(); ++d) {
    const std::uint32_t shard = plan.PlaceOf(roster_[d])->shard;
    ASSERT_THAT(sums.Add(roster_[d], Counts{d, 1, 2, 3, d}), IsOk());
    ++devices[shard];
    first[shard * 2] += d, first[shard * 2 + 1] += 1;
    second[shard * 3] += 2, second[shard * 3 + 1] += 3, second[shard * 3 + 2] += d;
  }
  EXPECT_EQ(sums.features(), 2u);
  EXPECT_EQ(sums.Of(0).counts, first);
  EXPECT_EQ(sums.Of(1).counts, second);
  EXPECT_EQ(sums.Of(1).bins, 3u);
  EXPECT_EQ(sums.Of(0).devices, devices);
}

TEST_F(ShardSumsTest, RefuseADeviceTheSecondTimeAndStrangers) {
  ShardSums sums = Sums();
  ASSERT_THAT(sums.Add(roster_[0], Counts{1, 1, 1, 1, 1}), IsOk());
  const std::vector<std::uint64_t> before = sums.Of(0).counts;
  EXPECT_THAT(sums.Add(roster_[0], Counts{1, 1, 1, 1, 1}),
              Fails(absl::StatusCode::kAlreadyExists, Reason::kALREADY_COUNTED));
  EXPECT_THAT(sums.Add(DeviceId("device-99"), Counts{1, 1, 1, 1, 1}),
              Fails(absl::StatusCode::kNotFound, Reason::kNOT_IN_COHORT));
  EXPECT_EQ(sums.Of(0).counts, before);
}

TEST_F(ShardSumsTest, RefuseMoreThanTheCapOfAnyFeatureWithoutCountingTheDevice) {
  ShardSums sums = Sums();
  const std::vector<std::uint64_t> before = sums.Of(0).counts;
  for (const Counts& counts : {Counts{50, 51, 0, 0, 0},
                               {0, 0, 100, 1, 0},
                               {1'000'000'000, 0, 0, 0, 0},
                               {1u << 31, 1u << 31, 0, 0, 0},
                               {0, 0, UINT32_MAX, 2, 0}})
    EXPECT_THAT(sums.Add(roster_[0], counts), Fails(kInvalid, Reason::kDATA_OUT_OF_RANGE));
  EXPECT_THAT(sums.Add(roster_[0], Counts{1, 2, 3, 4}),
              Fails(kInvalid, Reason::kCONTRACT_MISMATCH));
  EXPECT_EQ(sums.Of(0).counts, before);
  EXPECT_THAT(sums.Add(roster_[0], Counts{50, 50, 0, 0, 100}), IsOk());
}

TEST_F(ShardSumsTest, WantFeaturesAndACap) {
  for (const std::vector<std::size_t>& bins :
       {std::vector<std::size_t>{}, {0}, {5000}, std::vector<std::size_t>(257, 1)})
    EXPECT_THAT(ShardSums::Make(Plan(), bins, 9), Fails(kInvalid, Reason::kFIELD_INVALID));
  EXPECT_THAT(ShardSums::Make(Plan(), {2}, 0), Fails(kInvalid, Reason::kFIELD_INVALID));
  EXPECT_THAT(ShardSums::Make(Plan(), {2}, kMostCap + 1), Fails(kInvalid, Reason::kFIELD_INVALID));
}

}  // namespace
}  // namespace muster::drift
