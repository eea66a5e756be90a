// Whom secure rounds ask: cohorts of several sessions, and blocks that are always asked together.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/support/status_matchers.h"
#include "tests/unit/coordinator_secure/house.h"

namespace muster::coordinator {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::SizeIs;

CampaignSpec InSessionsOf(std::uint32_t session, std::uint32_t devices) {
  CampaignSpec spec = SecureCampaign(devices);
  spec.secure->session = session;
  return spec;
}

std::vector<const Node*> Summed(const House& house) {
  std::vector<const Node*> out;
  for (const auto& node : house.nodes)
    if (node->session && node->over && node->why.empty()) out.push_back(node.get());
  return out;
}

void ExpectModelOf(House& house, const std::vector<const Node*>& devices) {
  ASSERT_TRUE(std::holds_alternative<Completed>(house.Snapshot().state.phase))
      << PhaseOf(house.Snapshot().state);
  const std::vector<float> model = house.Model(), expected = house.Expected(devices);
  for (std::size_t i = 0; i < model.size(); ++i) EXPECT_NEAR(model[i], expected[i], 1e-3) << i;
}

TEST(CutCohort, IntoAsFewPartsAsWillDoAndOfNearlyOneSize) {
  std::vector<DeviceId> devices;
  for (int i = 0; i < 10; ++i) devices.emplace_back(fmt::format("d{}", i));
  const SecureCohort::Parts parts = CutCohort(devices, 4);
  ASSERT_THAT(parts, SizeIs(3));
  std::set<DeviceId> all;
  for (const std::set<DeviceId>& part : parts) {
    EXPECT_GE(part.size(), 3U);
    EXPECT_LE(part.size(), 4U);
    all.insert(part.begin(), part.end());
  }
  EXPECT_THAT(all, SizeIs(10));
  EXPECT_THAT(CutCohort({}, 4), IsEmpty());
}

TEST(SecureCohort, ALargerOneRunsAsSeveralSessionsWhoseSumsAreAdded) {
  House house(InSessionsOf(3, 9));
  ASSERT_THAT(house.Apply(), testing::IsOk());
  EXPECT_EQ(house.CheckIn(), 9);
  house.Run();
  EXPECT_THAT(house.Facts("secure/turbofan/1-1-part3"), Contains("SecureSumOpened"));
  EXPECT_THAT(Summed(house), SizeIs(9));
  ExpectModelOf(house, Summed(house));
  EXPECT_THAT(house.FilesLeft(), IsEmpty());
}

TEST(SecureCohort, ASessionThatFailsLeavesTheOthersTheirSum) {
  House house(InSessionsOf(3, 9));
  ASSERT_THAT(house.Apply(), testing::IsOk());
  house.CheckIn();
  house.nodes[4]->falls_silent_at = Step::kDeal;  // Its session needs all three.
  house.Run();
  house.PassWindow();
  house.Run();
  EXPECT_THAT(Summed(house), SizeIs(6));
  ExpectModelOf(house, Summed(house));
}

TEST(SecureCohort, OfSeveralSessionsGoesOnAfterACrashAtAnyStep) {
  for (const Step step : {Step::kDeal, Step::kUpload, Step::kAgree, Step::kReply}) {
    SCOPED_TRACE(static_cast<int>(step));
    House house(InSessionsOf(3, 6));
    ASSERT_THAT(house.Apply(), testing::IsOk());
    house.CheckIn();
    house.Run(step);
    house.Restart();
    house.Run();
    house.PassMoment();
    EXPECT_THAT(Summed(house), SizeIs(6));
    ExpectModelOf(house, Summed(house));
  }
}

TEST(SecureCohort, IsOneBlockInEachRoundAndEveryBlockHasItsTurn) {
  CampaignSpec spec = SecureCampaign(3);
  spec.plan.rounds = 4;
  spec.plan.selection.enrolled_at_least = 7;  // Blocks of three and of four.
  House house(spec);
  ASSERT_THAT(house.Apply(), testing::IsOk());
  const auto blocks = house.Snapshot().state.blocks;
  ASSERT_THAT(blocks, SizeIs(2));
  for (int turn = 0; turn < 2; ++turn) {
    std::set<std::set<DeviceId>> asked;
    for (int round = 0; round < 2; ++round) {
      house.CheckIn();
      std::set<DeviceId> now;
      const RoundKey key = house.Snapshot().plan->key;
      for (const auto& node : house.nodes)
        if (node->session && !node->over && node->round == key) now.insert(node->id());
      asked.insert(now);
      house.Run();
    }
    std::set<std::set<DeviceId>> expected;
    for (const auto& block : blocks) expected.emplace(block.begin(), block.end());
    EXPECT_EQ(asked, expected);
  }
  EXPECT_TRUE(std::holds_alternative<Completed>(house.Snapshot().state.phase));
  EXPECT_EQ(house.Snapshot().state.blocks, blocks);
}

TEST(SecureCohort, OfACampaignThatIsNotThereCannotBeReplayed) {
  CampaignSpec spec = SecureCampaign(3);
  spec.plan.selection.replay = CampaignName("turbofam");
  House house(spec);
  const Status refused = house.Apply();
  EXPECT_THAT(refused, testing::Fails(absl::StatusCode::kInvalidArgument, Reason::kFIELD_INVALID));
  EXPECT_EQ(FieldOf(refused), "plan.selection.replay");
}

TEST(SecureCohort, ALaterAttemptAsksAnotherBlock) {
  CampaignSpec spec = SecureCampaign(3);
  spec.plan.selection.enrolled_at_least = 6;
  House house(spec);
  ASSERT_THAT(house.Apply(), testing::IsOk());
  house.CheckIn();
  for (const auto& node : house.nodes) node->falls_silent_at = Step::kUpload;
  house.Run();
  std::set<DeviceId> first;
  for (const auto& node : house.nodes)
    if (node->session) first.insert(node->id());
  house.PassWindow();
  for (const auto& node : house.nodes) {
    node->over = node->over || node->session.has_value();
    node->falls_silent_at = Step::kNever;
  }
  EXPECT_EQ(house.Snapshot().plan->key.attempt, 2U);
  house.CheckIn();
  for (const auto& node : house.nodes)
    if (node->session && !node->over) EXPECT_FALSE(first.contains(node->id()));
  house.Run();
  EXPECT_TRUE(std::holds_alternative<Completed>(house.Snapshot().state.phase));
}

}  // namespace
}  // namespace muster::coordinator
