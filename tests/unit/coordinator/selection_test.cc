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
