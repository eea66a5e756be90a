// Devices that say that they will give nothing: a secure round neither waits for them nor asks them
// again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"
#include "tests/unit/coordinator_secure/house.h"

namespace muster::coordinator {
namespace {

using ::testing::Contains;
using ::testing::Not;

// So much time that a coordinator looks around, and far less than any window.
void PassMoments(House& house) {
  for (int i = 0; i < 4; ++i) {
    house.PassMoment();
    house.Run();
  }
}

void Fail(House& house, Node& node) {
  node.falls_silent_at = Step::kAdvertise;
  house.ReportFailure(node.id(), node.round, Reason::kTASK_FAILED);
}

void ExpectSumOfTheRest(House& house) {
  EXPECT_TRUE(std::holds_alternative<Completed>(house.Snapshot().state.phase))
      << PhaseOf(house.Snapshot().state);
  const std::vector<float> model = house.Model(), expected = house.Expected(house.Survivors());
  for (std::size_t i = 0; i < model.size(); ++i) EXPECT_FLOAT_EQ(model[i], expected[i]) << i;
}

TEST(SecureFailures, BeforeTheOthersAdvertiseAreNotWaitedFor) {
  House house(SecureCampaign(5));
  ASSERT_THAT(house.Apply(), testing::IsOk());
  house.CheckIn();
  Fail(house, *house.nodes[0]);
  Fail(house, *house.nodes[3]);
  house.Run();
  PassMoments(house);
  ExpectSumOfTheRest(house);
  EXPECT_EQ(house.MarksOf(house.nodes[0]->id())["TASK_FAILED"], 1U);
}

TEST(SecureFailures, AfterTheOthersAdvertisedEndTheWaitAtOnce) {
  House house(SecureCampaign(5));
  ASSERT_THAT(house.Apply(), testing::IsOk());
  house.CheckIn();
  house.nodes[0]->falls_silent_at = Step::kAdvertise;
  house.Run();
  EXPECT_THAT(house.Facts("secure/"), Not(Contains("RosterClosed")));
  Fail(house, *house.nodes[0]);
  house.Run();
  PassMoments(house);
  ExpectSumOfTheRest(house);
}

TEST(SecureFailures, OfSoManyThatNoneCanBeLeftEndTheSessionAtOnce) {
  House house(SecureCampaign(5));
  ASSERT_THAT(house.Apply(), testing::IsOk());
  house.CheckIn();
  const std::uint32_t attempt = house.Snapshot().plan->key.attempt;
  for (std::size_t i = 0; i < 3; ++i) Fail(house, *house.nodes[i]);
  house.Run();
  PassMoments(house);
  EXPECT_THAT(house.Facts("secure/"), Contains("SecureSessionAbandoned"));
  EXPECT_GT(house.Snapshot().plan->key.attempt, attempt);
}

TEST(SecureFailures, AreNotAnsweredWithTheSameAttemptAgain) {
  House house(SecureCampaign(5));
  ASSERT_THAT(house.Apply(), testing::IsOk());
  house.CheckIn();
  Node& node = *house.nodes[0];
  Fail(house, node);
  node.over = true;  // It is idle, and asks for work.
  EXPECT_EQ(house.CheckIn(), 0);
  house.PassMoment();
  EXPECT_EQ(house.CheckIn(), 0);
}

TEST(SecureFailures, OfOneAttemptDoNotKeepADeviceOutOfTheNext) {
  House house(SecureCampaign(5));
  ASSERT_THAT(house.Apply(), testing::IsOk());
  house.CheckIn();
  for (std::size_t i = 0; i < 3; ++i) Fail(house, *house.nodes[i]);
  house.Run();
  for (int windows = 0; windows < 2 && house.Snapshot().plan->key.attempt == 1; ++windows)
    house.PassWindow();
  ASSERT_EQ(house.Snapshot().plan->key.attempt, 2U);
  for (const auto& node : house.nodes) {
    node->falls_silent_at = Step::kNever;
    node->over = true;
  }
  EXPECT_EQ(house.CheckIn(), 5);
  house.Run();
  ExpectSumOfTheRest(house);
}

}  // namespace
}  // namespace muster::coordinator
