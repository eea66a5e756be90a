#include <gtest/gtest.h>

#include "client/policy/byte_budget.h"
#include "client/policy/local_policy.h"
#include "tests/support/memory_blobs.h"
#include "tests/support/status_matchers.h"

namespace muster::testing {
namespace {
using namespace std::chrono_literals;
using client::AllowedHours;
using client::ByteBudget;
using client::LocalPolicy;
using client::ParseTimeOfDay;
using client::PolicyAsk;
using client::PolicyRules;
constexpr auto kDenied = absl::StatusCode::kPermissionDenied;

PolicyAsk Ask(const char* campaign = "turbofan") {
  return {.campaign = CampaignName(campaign),
          .cohort = 10,
          .bytes = 100,
          .bytes_today = 0,
          .local_time = 12h};
}
LocalPolicy Policy(const PolicyRules& rules) { return *LocalPolicy::Make(rules); }

TEST(LocalPolicy, WithoutRulesAllowsEverything) { EXPECT_THAT(LocalPolicy().Check(Ask()), IsOk()); }

TEST(LocalPolicy, AllowsCampaignsByNameAndByPrefix) {
  const LocalPolicy policy = Policy({.campaigns = {"pump", "turbo*"}, .hours = {}});
  EXPECT_THAT(policy.Check(Ask("pump")), IsOk());
  EXPECT_THAT(policy.Check(Ask("turbofan")), IsOk());
  EXPECT_THAT(policy.Check(Ask("turbo")), IsOk());
  EXPECT_THAT(policy.Check(Ask("pumps")), Fails(kDenied, Reason::kPOLICY_CAMPAIGN));
  EXPECT_THAT(policy.Check(Ask("a-turbo")), Fails(kDenied, Reason::kPOLICY_CAMPAIGN));
  EXPECT_THAT(Policy({.campaigns = {"*"}, .hours = {}}).Check(Ask("any")), IsOk());
}

TEST(LocalPolicy, HoursMayWrapMidnightAndEndBeforeTheirEnd) {
  const LocalPolicy night = Policy({.campaigns = {}, .hours = {{22h, 6h}}});
  for (const auto inside : {22h + 0min, 23h + 59min, 0h + 0min, 5h + 59min})
    EXPECT_THAT(night.CheckHours(inside), IsOk()) << inside.count();
  for (const auto outside : {6h + 0min, 12h + 0min, 21h + 59min})
    EXPECT_THAT(night.CheckHours(outside), Fails(kDenied, Reason::kPOLICY_HOURS));
  const LocalPolicy day = Policy({.campaigns = {}, .hours = {{8h, 12h}, {13h, 24h}}});
  for (const auto inside : {8h + 0min, 11h + 59min, 13h + 0min, 23h + 59min})
    EXPECT_THAT(day.CheckHours(inside), IsOk()) << inside.count();
  for (const auto outside : {0h + 0min, 7h + 59min, 12h + 30min})
    EXPECT_THAT(day.CheckHours(outside), Fails(kDenied, Reason::kPOLICY_HOURS));
}

TEST(LocalPolicy, RefusesSmallCohortsAndTooManyBytes) {
  const LocalPolicy policy =
      Policy({.campaigns = {}, .hours = {}, .least_cohort = 10, .bytes_a_day = 1000});
  EXPECT_THAT(policy.Check(Ask()), IsOk());
  PolicyAsk ask = Ask();
  ask.cohort = 9;
  EXPECT_THAT(policy.Check(ask), Fails(kDenied, Reason::kPOLICY_COHORT));
  ask = Ask();
  ask.bytes_today = 900;
  EXPECT_THAT(policy.Check(ask), IsOk());
  ask.bytes_today = 901;
  EXPECT_THAT(policy.Check(ask), Fails(kDenied, Reason::kPOLICY_BYTES));
  ask.bytes = UINT64_MAX;  // Must not wrap around the limit.
  EXPECT_THAT(policy.Check(ask), Fails(kDenied, Reason::kPOLICY_BYTES));
}

TEST(LocalPolicy, MayRefuseWhateverIsNotSecure) {
  const LocalPolicy policy = Policy({.campaigns = {}, .hours = {}, .secure_required = true});
  PolicyAsk ask = Ask();
  EXPECT_THAT(policy.Check(ask), Fails(kDenied, Reason::kPOLICY_SECURE));
  ask.secure = true;
  EXPECT_THAT(policy.Check(ask), IsOk());
  EXPECT_THAT(LocalPolicy().Check(ask), IsOk());
}

TEST(LocalPolicy, StatisticsAreAllowedAsCampaignsAreUnlessTheSiteOptsOut) {
  PolicyAsk ask = Ask("stats-0123");
  ask.statistics = ask.secure = true;
  EXPECT_THAT(LocalPolicy().Check(ask), IsOk());
  EXPECT_THAT(Policy({.campaigns = {"turbo*"}, .hours = {}}).Check(ask),
              Fails(kDenied, Reason::kPOLICY_CAMPAIGN));
  const LocalPolicy out = Policy({.campaigns = {}, .hours = {}, .statistics = false});
  EXPECT_THAT(out.Check(ask), Fails(kDenied, Reason::kPOLICY_CAMPAIGN));
  EXPECT_THAT(out.Check(Ask()), IsOk());
  ask.secure = false;
  EXPECT_THAT(LocalPolicy().Check(ask), Fails(kDenied, Reason::kPOLICY_SECURE));
}

TEST(LocalPolicy, TheFloorThatNobodySetIsWhatACampaignsDefaultsPromise) {
  EXPECT_EQ(LocalPolicy().floor().least, 3U);
  EXPECT_EQ(LocalPolicy().floor().corrupt_ppm, 100'000U);
  EXPECT_EQ(LocalPolicy().floor().dropout_ppm, 0U);
}

TEST(LocalPolicy, RefusesRulesThatMeanNothing) {
  const auto invalid = Fails(absl::StatusCode::kInvalidArgument, Reason::kFIELD_INVALID);
  EXPECT_THAT(LocalPolicy::Make({.campaigns = {""}, .hours = {}}), invalid);
  EXPECT_THAT(LocalPolicy::Make({.campaigns = {"a*b"}, .hours = {}}), invalid);
  EXPECT_THAT(LocalPolicy::Make({.campaigns = {}, .hours = {{8h, 8h}}}), invalid);
  EXPECT_THAT(LocalPolicy::Make({.campaigns = {}, .hours = {{24h, 6h}}}), invalid);
}

TEST(TimeOfDay, ReadsHoursAndMinutesAndNothingElse) {
  EXPECT_EQ(*ParseTimeOfDay("00:00"), 0min);
  EXPECT_EQ(*ParseTimeOfDay("06:30"), 390min);
  EXPECT_EQ(*ParseTimeOfDay("24:00"), 24h);
  for (const char* bad : {"", "6:30", "24:01", "12:60", "12-30", "ab:cd", "12:300", "-1:00"})
    EXPECT_THAT(ParseTimeOfDay(bad), HasCode(absl::StatusCode::kInvalidArgument)) << bad;
}

TEST(ByteBudget, CountsOneUtcDayAcrossRestarts) {
  MemoryFiles files;
  ManualClock clock(FromUnixMillis(86'400'000LL * 100 + 1000));
  {
    ByteBudget budget(files, clock, 1000);
    EXPECT_THAT(budget.Take(700), IsOk());
    EXPECT_THAT(budget.Take(301), Fails(kDenied, Reason::kPOLICY_BYTES));
    EXPECT_EQ(budget.Used(), 700U);
    budget.GiveBack(100);
    EXPECT_THAT(budget.Take(400), IsOk());
  }
  ByteBudget again(files, clock, 1000);
  EXPECT_EQ(again.Used(), 1000U);
  EXPECT_THAT(again.Take(1), Fails(kDenied, Reason::kPOLICY_BYTES));
  clock.Advance(24h - 1001ms);
  EXPECT_EQ(again.Used(), 1000U);  // One millisecond before midnight.
  clock.Advance(1ms);
  EXPECT_EQ(again.Used(), 0U);
}

TEST(ByteBudget, TakesNothingThatItCannotWriteDown) {
  MemoryFiles files([](std::string_view op) {
    return op == "file.put" ? WithReason(ResourceExhausted("full"), Reason::kDISK_FULL) : Ok();
  });
  ManualClock clock(FromUnixMillis(0));
  ByteBudget budget(files, clock, 1000);
  EXPECT_THAT(budget.Take(1), Fails(absl::StatusCode::kResourceExhausted, Reason::kDISK_FULL));
  EXPECT_EQ(budget.Used(), 0U);
}

TEST(ByteBudget, WithoutALimitWritesNothing) {
  MemoryFiles files;
  ManualClock clock(FromUnixMillis(0));
  ByteBudget budget(files, clock, 0);
  EXPECT_THAT(budget.Take(UINT64_MAX), IsOk());
  EXPECT_THAT(*files.List(""), ::testing::IsEmpty());
}

}  // namespace
}  // namespace muster::testing
