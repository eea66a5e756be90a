#include "coordinator/checkin/desk.h"

#include <gtest/gtest.h>

#include "base/seeded.h"

namespace muster::coordinator {
namespace {

class Desk : public ::testing::Test {
 protected:
  // Checks in and notes the answers under `tag`.
  void CheckIn(const char* device, const char* tag, Duration hold = Duration(5000)) {
    CheckInRequest request;
    request.hold = hold;
    desk.CheckIn(DeviceId(device), request,
                 [this, tag](StatusOr<CheckInReply> reply) { answers[tag] = *std::move(reply); });
  }
  ManualClock clock{Timestamp(Duration(1'000'000))};
  SeededRng rng{1};
  std::set<std::string> with_work;
  std::map<std::string, CheckInReply> answers;
  CheckInDesk desk{
      clock, rng, [this](const DeviceId& id, const CheckInRequest&) -> std::optional<CheckInReply> {
        if (!with_work.contains(id.value())) return std::nullopt;
        CheckInReply reply;
        reply.assignment.emplace();
        return reply;
      }};
};

TEST_F(Desk, AnswersAtOnceWhenThereIsWork) {
  with_work = {"ann"};
  CheckIn("ann", "1");
  ASSERT_TRUE(answers.contains("1"));
  EXPECT_TRUE(answers["1"].assignment.has_value());
  EXPECT_EQ(desk.size(), 0u);
}

TEST_F(Desk, HoldsACallUntilWorkComesAndThenAnswersItOnce) {
  CheckIn("ann", "1");
  EXPECT_FALSE(answers.contains("1"));
  with_work = {"ann"};
  desk.Wake({DeviceId("ann"), DeviceId("ann")});
  EXPECT_TRUE(answers["1"].assignment.has_value());
  EXPECT_EQ(desk.size(), 0u);
}

TEST_F(Desk, SendsACallHomeWhenItsHoldIsOver) {
  CheckIn("ann", "1", Duration(5000));
  clock.Advance(Duration(4999));
  desk.Expire();
  EXPECT_FALSE(answers.contains("1"));
  clock.Advance(Duration(1));
  desk.Expire();
  ASSERT_TRUE(answers.contains("1"));
  EXPECT_FALSE(answers["1"].assignment.has_value());
  EXPECT_LT(answers["1"].next, Duration(1000));
}

TEST_F(Desk, ANewerCallOfADeviceReplacesTheOlder) {
  CheckIn("ann", "old");
  CheckIn("ann", "new");
  ASSERT_TRUE(answers.contains("old"));
  EXPECT_FALSE(answers["old"].assignment.has_value());
  EXPECT_EQ(desk.size(), 1u);
  with_work = {"ann"};
  desk.WakeAll();
  EXPECT_TRUE(answers["new"].assignment.has_value());
}

TEST_F(Desk, NobodyHoldsLongerThanAMinuteWhateverTheyAskFor) {
  CheckIn("ann", "1", Duration(86'400'000));
  clock.Advance(Duration(60'000));
  desk.Expire();
  EXPECT_TRUE(answers.contains("1"));
}

TEST_F(Desk, ReturnsAreSpreadOverASecond) {
  std::set<std::int64_t> times;
  for (int i = 0; i < 200; ++i) CheckIn(std::to_string(i).c_str(), "x", Duration(0));
  for (int i = 0; i < 50; ++i) {
    CheckIn("ann", "y", Duration(0));
    times.insert(answers["y"].next.count());
  }
  EXPECT_GT(times.size(), 30u);
}

}  // namespace
}  // namespace muster::coordinator
