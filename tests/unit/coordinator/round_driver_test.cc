#include "coordinator/round/round_driver.h"

#include <gtest/gtest.h>

#include "tests/support/memory_journal.h"

namespace muster::coordinator {
namespace {

constexpr Timestamp kStart{Duration(1'000'000)};
RoundPlan Plan() {
  RoundPlan plan;
  plan.key = {CampaignName("c"), RoundNumber(1), 1};
  plan.select = plan.goal = 2;
  plan.minimum = 1;
  plan.recruit_window = plan.report_window = plan.evaluation_window = Duration(1000);
  return plan;
}
const DeviceId kAnn("ann"), kBob("bob");

TEST(RoundDriver, GoesOnAfterARestartWhereItWas) {
  testing::MemoryJournal journal;
  ManualClock clock{kStart};
  RoundDriver before(Plan(), journal, clock);
  ASSERT_FALSE(*before.Recover());
  ASSERT_TRUE(before.Open({kAnn, kBob}).ok());
  ASSERT_TRUE(before.Handle(Checkpointed{{kAnn}, "1"}, Caller::System()).ok());

  RoundDriver after(Plan(), journal, clock);
  ASSERT_TRUE(*after.Recover());
  const auto& state = std::get<Collecting>(after.state());
  EXPECT_EQ(state.counted, DeviceSet{kAnn});
  EXPECT_EQ(state.awaited, DeviceSet{kBob});
  EXPECT_EQ(state.checkpoint, "1");
}

TEST(RoundDriver, BelievesNothingThatTheJournalRefused) {
  bool full = false;
  testing::MemoryJournal journal([&full](std::string_view operation) {
    return full && operation == "journal.append"
               ? WithReason(ResourceExhausted("disk full"), Reason::kDISK_FULL)
               : Ok();
  });
  ManualClock clock{kStart};
  RoundDriver driver(Plan(), journal, clock);
  ASSERT_TRUE(driver.Open({kAnn, kBob}).ok());
  full = true;
  EXPECT_EQ(ReasonOf(driver.Handle(Checkpointed{{kAnn}, "1"}, Caller::System()).status()),
            Reason::kDISK_FULL);
  EXPECT_TRUE(std::get<Collecting>(driver.state()).counted.empty());
  full = false;
  EXPECT_TRUE(driver.Handle(Checkpointed{{kAnn}, "1"}, Caller::System()).ok());
}

TEST(RoundDriver, BelievesWhatWasWrittenThoughTheAnswerWasLost) {
  bool lose = false;
  testing::MemoryJournal journal([&lose](std::string_view operation) {
    return lose && operation == "journal.append.done" ? Unavailable("answer lost") : Ok();
  });
  ManualClock clock{kStart};
  RoundDriver driver(Plan(), journal, clock);
  ASSERT_TRUE(driver.Open({kAnn, kBob}).ok());
  lose = true;
  EXPECT_FALSE(driver.Handle(Checkpointed{{kAnn}, "1"}, Caller::System()).ok());
  lose = false;
  // The next event meets a journal that knows more than the driver.
  ASSERT_TRUE(driver.Handle(Checkpointed{{kBob}, "2"}, Caller::System()).ok());
  EXPECT_EQ(std::get<Aggregating>(driver.state()).counted, (DeviceSet{kAnn, kBob}));
}

}  // namespace
}  // namespace muster::coordinator
