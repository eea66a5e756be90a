#include "coordinator/secure/desk.h"

#include <gtest/gtest.h>

namespace muster::coordinator {
namespace {

class Desk : public ::testing::Test {
 protected:
  void Wait(const char* device, Duration hold) {
    desk.Wait(DeviceId(device), {.hold = hold}, [this, device](StatusOr<SecureAnswer> answer) {
      answers.emplace_back(device, answer.value());
    });
  }
  const SecureAnswer news{Bytes(3), false, ""};
  std::optional<SecureAnswer> next;
  ManualClock clock{FromUnixMillis(1'000'000)};
  SecureDesk desk{clock, [this](const DeviceId&, const SecureAsk&) { return next; }};
  std::vector<std::pair<std::string, SecureAnswer>> answers;
};

TEST_F(Desk, AnswersAtOnceWhenThereIsNews) {
  next = news;
  Wait("a", Duration(1000));
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].second, news);
}

TEST_F(Desk, HoldsADeviceUntilThereIsNews) {
  Wait("a", Duration(1000));
  Wait("b", Duration(1000));
  desk.WakeAll();
  EXPECT_TRUE(answers.empty());
  next = news;
  desk.WakeAll();
  EXPECT_EQ(answers.size(), 2U);
}

TEST_F(Desk, SendsADeviceHomeWhenItsHoldIsOverAndNotBefore) {
  Wait("a", Duration(1000));
  clock.Advance(Duration(999));
  desk.Expire();
  EXPECT_TRUE(answers.empty());
  clock.Advance(Duration(1));
  desk.Expire();
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].second, SecureAnswer{});
}

TEST_F(Desk, HoldsNobodyLongerThanAMinute) {
  Wait("a", Duration(86'400'000));
  clock.Advance(Duration(60'000));
  desk.Expire();
  EXPECT_EQ(answers.size(), 1U);
}

TEST_F(Desk, HoldsOneCallOfADeviceAndSendsTheOlderHome) {
  Wait("a", Duration(1000));
  Wait("a", Duration(1000));
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].second, SecureAnswer{});
  next = news;
  desk.WakeAll();
  ASSERT_EQ(answers.size(), 2U);
  EXPECT_EQ(answers[1].second, news);
}

TEST_F(Desk, SendsEverybodyHomeWhenItCloses) {
  Wait("a", Duration(1000));
  Wait("b", Duration(1000));
  desk.Close();
  EXPECT_EQ(answers.size(), 2U);
  desk.WakeAll();
  EXPECT_EQ(answers.size(), 2U);
}

}  // namespace
}  // namespace muster::coordinator
