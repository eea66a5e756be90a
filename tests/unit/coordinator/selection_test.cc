#include "coordinator/selection/selection.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace muster::coordinator {
namespace {

std::vector<Candidate> Engines(int n, const std::string& id_prefix) {
  std::vector<Candidate> out;
  for (int i = 0; i < n; ++i)
    out.push_back({DeviceId(id_prefix + std::to_string(i)),
                   DeviceName(fmt::format("engine-{:03}", i)),
                   {{"role", "train"}}});
  return out;
}
const CampaignName kCampaign("turbofan");

std::vector<std::string> NamesDrawn(const std::vector<Candidate>& all,
                                    const std::vector<DeviceId>& drawn) {
  std::vector<std::string> names;
  for (const DeviceId& id : drawn)
    for (const Candidate& c : all)
      if (c.id == id) names.push_back(c.name.value());
  return names;
}

TEST(Selection, DependsOnNamesAndNeverOnIdsOrTheOrderOfEnrolment) {
  std::vector<Candidate> first = Engines(100, "a"), second = Engines(100, "zz");
  std::reverse(second.begin(), second.end());
  EXPECT_EQ(NamesDrawn(first, DrawCohort(first, 20, 1, kCampaign, RoundNumber(3))),
            NamesDrawn(second, DrawCohort(second, 20, 1, kCampaign, RoundNumber(3))));
}

TEST(Selection, DrawsAnotherCohortForAnotherRoundOrSeed) {
  const auto all = Engines(100, "a");
  const auto base = DrawCohort(all, 20, 1, kCampaign, RoundNumber(1));
  EXPECT_NE(base, DrawCohort(all, 20, 1, kCampaign, RoundNumber(2)));
  EXPECT_NE(base, DrawCohort(all, 20, 2, kCampaign, RoundNumber(1)));
}

TEST(Selection, DrawsWithoutReplacementAndEveryDeviceAboutEquallyOften) {
  const auto all = Engines(50, "a");
  std::map<DeviceId, int> times;
  for (std::uint64_t round = 1; round <= 1000; ++round) {
    const auto drawn = DrawCohort(all, 10, 7, kCampaign, RoundNumber(round));
    ASSERT_EQ(std::set<DeviceId>(drawn.begin(), drawn.end()).size(), 10u);
    for (const DeviceId& id : drawn) ++times[id];
  }
  for (const auto& [id, count] : times) EXPECT_NEAR(count, 200, 70) << id.value();  // 5.5 sigma.
}

TEST(Blocks, HoldEveryDeviceOnceAndDependOnNamesAlone) {
  std::vector<Candidate> first = Engines(107, "a"), second = Engines(107, "zz");
  std::reverse(second.begin(), second.end());
  const auto blocks = DrawBlocks(first, 20, 1, kCampaign);
  const auto others = DrawBlocks(second, 20, 1, kCampaign);
  ASSERT_EQ(blocks.size(), 5u);
  std::set<DeviceId> all;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    EXPECT_GE(blocks[i].size(), 20u);
    EXPECT_LE(blocks[i].size(), 22u);
    EXPECT_EQ(NamesDrawn(first, blocks[i]), NamesDrawn(second, others[i]));
    all.insert(blocks[i].begin(), blocks[i].end());
  }
  EXPECT_EQ(all.size(), 107u);
  EXPECT_NE(blocks, DrawBlocks(first, 20, 2, kCampaign));
  EXPECT_EQ(DrawBlocks(Engines(7, "a"), 20, 1, kCampaign).size(), 1u);
  EXPECT_TRUE(DrawBlocks({}, 20, 1, kCampaign).empty());
}

TEST(Blocks, HaveTheirTurnOnceInSoManyRoundsInAnotherOrderEachTime) {
  constexpr std::size_t kBlocks = 7;
  std::set<std::vector<std::size_t>> orders;
  for (std::uint64_t turn = 0; turn < 20; ++turn) {
    std::vector<std::size_t> order;
    for (std::uint64_t i = 0; i < kBlocks; ++i)
      order.push_back(PickBlock(kBlocks, 1, kCampaign, RoundNumber(turn * kBlocks + i + 1), 1));
    EXPECT_EQ(std::set<std::size_t>(order.begin(), order.end()).size(), kBlocks);
    orders.insert(order);
  }
  EXPECT_GT(orders.size(), 15u);
  EXPECT_NE(PickBlock(kBlocks, 1, kCampaign, RoundNumber(3), 1),
            PickBlock(kBlocks, 1, kCampaign, RoundNumber(3), 2));
}

TEST(Selection, FewerCandidatesThanAskedForAreAllDrawn) {
  EXPECT_EQ(DrawCohort(Engines(3, "a"), 20, 1, kCampaign, RoundNumber(1)).size(), 3u);
}

TEST(Selection, ADeviceMatchesWhenItCarriesAllWantedLabels) {
  EXPECT_TRUE(Matches({{"role", "train"}, {"site", "oslo"}}, {{"role", "train"}}));
  EXPECT_FALSE(Matches({{"role", "train"}}, {{"role", "train"}, {"site", "oslo"}}));
  EXPECT_FALSE(Matches({{"role", "test"}}, {{"role", "train"}}));
  EXPECT_TRUE(Matches({}, {}));
}

}  // namespace
}  // namespace muster::coordinator
