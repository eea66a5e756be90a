#include "coordinator/runner/replay.h"

#include <gtest/gtest.h>

#include "coordinator/round/round_driver.h"
#include "tests/support/manual_executor.h"
#include "tests/support/memory_journal.h"
#include "tests/support/status_matchers.h"

namespace muster::coordinator {
namespace {

class Replay : public ::testing::Test {
 protected:
  RoundDriver Open(std::uint32_t attempt, const std::vector<DeviceId>& devices) {
    RoundPlan plan;
    plan.key = {kCampaign, kRound, attempt};
    plan.select = plan.goal = static_cast<std::uint32_t>(devices.size());
    RoundDriver driver(plan, journal, clock);
    EXPECT_THAT(driver.Open(devices), testing::IsOk());
    return driver;
  }
  static void Do(RoundDriver& driver, const RoundEvent& event) {
    EXPECT_THAT(driver.Handle(event, Caller::System()), testing::IsOk());
  }

  const CampaignName kCampaign{"secure"};
  const RoundNumber kRound{3};
  const DeviceId a{"a"}, b{"b"}, c{"c"};
  std::shared_ptr<testing::MemoryJournal::Disk> disk = testing::MemoryJournal::NewDisk();
  testing::MemoryJournal journal{disk};
  ManualClock clock{FromUnixMillis(1'700'000'000'000)};
};

TEST_F(Replay, IsOfThoseWhomTheAttemptThatPublishedCounted) {
  RoundDriver first = Open(1, {a, b});
  Do(first, CountTogether{{a}, "f", {}});
  Do(first, Cancel{"no"});
  RoundDriver second = Open(2, {a, b, c});
  Do(second, CountTogether{{c, b}, "g", {}});
  EXPECT_THAT(CountedIn(journal, kCampaign, kRound),
              testing::HasCode(absl::StatusCode::kUnavailable));
  Do(second, Aggregated{});
  EXPECT_EQ(CountedIn(journal, kCampaign, kRound).value(), (std::vector<DeviceId>{c, b}));
}

TEST_F(Replay, WaitsForARoundThatIsNotThereYet) {
  EXPECT_THAT(CountedIn(journal, kCampaign, kRound),
              testing::HasCode(absl::StatusCode::kUnavailable));
}

}  // namespace
}  // namespace muster::coordinator
