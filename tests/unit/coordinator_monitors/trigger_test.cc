#include "coordinator/trigger/trigger.h"

#include "tests/support/status_matchers.h"
#include "tests/unit/coordinator_monitors/monitor_world.h"

namespace muster::coordinator {
namespace {
using absl::StatusCode;
using testing::Fails;

Monitored Drifted() {
  Monitored m;
  m.Watch(1);
  m.Close(Judged(false));
  m.Close(Judged(true));
  return m;
}
void CoolDown(Monitored& m) { m.now += SmallTrigger().cool_down; }
std::string BarOf(const Explanation& why) {
  for (const Explanation& part : why.parts)
    if (!part.met) return part.what;
  return "";
}
// The firing that goes on has trained version 2.
void EndFiring(Triggered& t, FiringPhase outcome = FiringPhase::kHeld) {
  t.Do(CampaignBegan{t.state.last_number});
  t.Do(CandidateFound{t.state.last_number,
                      VersionNumber(2),
                      outcome,
                      {{"metric", false, "worse"}},
                      "gate metric: worse"});
}

TEST(Trigger, FiresOnceWithItsEvidence) {
  const Monitored m = Drifted();
  Triggered t(m);
  EXPECT_EQ(PhaseOf(t.state, m.now), "armed");
  ASSERT_TRUE(t.Look());
  ASSERT_NE(t.state.Open(), nullptr);
  EXPECT_EQ(t.state.Open()->evidence.parts[0].facts.size(), 1u);
  EXPECT_EQ(PhaseOf(t.state, m.now), "training");
  EXPECT_FALSE(t.Look());
  EXPECT_EQ(BarOf(t.Why()), "drift by monitor fleet in a window");
  EXPECT_EQ(Pending(t.state).size(), 1u);
}

TEST(Trigger, GoesThroughCampaignAndGatesToItsEnd) {
  const Monitored m = Drifted();
  Triggered t(m);
  ASSERT_TRUE(t.Look());
  t.Do(CampaignBegan{1});
  EXPECT_EQ(t.state.Open()->campaign.value(), "retrain-1");
  t.Do(CandidateFound{
      1, VersionNumber(2), FiringPhase::kPromoted, {{"metric", true, "better"}}, ""});
  EXPECT_EQ(t.state.Open(), nullptr);
  EXPECT_EQ(t.state.Last()->phase, FiringPhase::kPromoted);
  EXPECT_EQ(t.state.Last()->version.value(), 2u);
  EXPECT_EQ(t.state.Last()->verdicts.size(), 1u);
  EXPECT_TRUE(Pending(t.state).empty());
  const std::size_t rows = t.rows.size();
  t.Do(FiringBroke{1, "late"});
  EXPECT_EQ(t.rows.size(), rows) << "news of a firing that is over is old news";
}

TEST(Trigger, CoolsDownAfterAFiring) {
  Monitored m = Drifted();
  Condition always{ScheduleCondition{Duration(1)}};
  Triggered t(m, SmallTrigger(always));
  m.now += Duration(1);
  ASSERT_TRUE(t.Look());
  EndFiring(t);
  m.now += SmallTrigger().cool_down - Duration(1);
  EXPECT_EQ(PhaseOf(t.state, m.now), "cooling");
  EXPECT_FALSE(t.Look());
  EXPECT_EQ(BarOf(t.Why()), "it has cooled down");
  m.now += Duration(1);
  EXPECT_TRUE(t.Look());
}

TEST(Trigger, DoesNotFireTwiceForWindowsThatItFiredForNorForTheSameDriftGoingOn) {
  Monitored m = Drifted();
  Triggered t(m);
  ASSERT_TRUE(t.Look());
  EndFiring(t);
  CoolDown(m);
  EXPECT_FALSE(t.Look());
  m.Close(Judged(true));
  EXPECT_FALSE(t.Look());
  EXPECT_EQ(t.Why().parts[0].why,
            "it fired for this drift already: 0 of 1 windows without drift have come since");
  m.Close(Judged(false));
  EXPECT_FALSE(t.Look());
  m.Close(Judged(true));
  EXPECT_TRUE(t.Look());
}

TEST(Trigger, AnotherVersionInServiceIsAnotherDrift) {
  Monitored m = Drifted();
  Triggered t(m);
  ASSERT_TRUE(t.Look());
  EndFiring(t, FiringPhase::kPromoted);
  CoolDown(m);
  m.Watch(2);
  m.Close(Judged(false));  // Its reference.
  EXPECT_FALSE(t.Look());
  m.Close(Judged(true));
  EXPECT_TRUE(t.Look());
}

TEST(Trigger, AlarmsFromBeforeTheFiringDoNotCountAgain) {
  Monitored m;
  m.Watch(1);
  Condition quorum{DevicesCondition{MonitorName("fleet"), "", "", 1}};
  Triggered t(m, SmallTrigger(quorum));
  m.Hear(1, {Rows(1, 1, m.now), Alarm(1, m.now)});
  ASSERT_TRUE(t.Look());
  EndFiring(t);
  CoolDown(m);
  EXPECT_FALSE(t.Look());
  m.Hear(2, {Rows(1, 1, m.now), Alarm(1, m.now)});
  EXPECT_TRUE(t.Look());
}

TEST(Trigger, AsksBeforeItTrainsAndTakesYesForAnAnswer) {
  const Monitored m = Drifted();
  TriggerSpec spec = SmallTrigger();
  spec.ask = AskSpec{"release-manager", Duration(1000)};
  Triggered t(m, spec);
  ASSERT_TRUE(t.Look());
  EXPECT_EQ(PhaseOf(t.state, m.now), "asking");
  EXPECT_TRUE(Pending(t.state).empty());
  EXPECT_THAT(t.Try(AnswerFiring{0, true, "", false}),
              Fails(StatusCode::kPermissionDenied, Reason::kROLE_MISSING));
  EXPECT_THAT(t.Try(AnswerFiring{7, true, "", true}),
              Fails(StatusCode::kFailedPrecondition, Reason::kTRIGGER_STATE));
  t.Do(AnswerFiring{1, true, "go", true}, "operator/ann");
  EXPECT_EQ(t.state.Open()->answered_by, "operator/ann");
  EXPECT_EQ(PhaseOf(t.state, m.now), "training");
  EXPECT_THAT(t.Try(AnswerFiring{0, true, "", true}),
              Fails(StatusCode::kFailedPrecondition, Reason::kTRIGGER_STATE));
}

TEST(Trigger, ANoEndsTheFiring) {
  const Monitored m = Drifted();
  TriggerSpec spec = SmallTrigger();
  spec.ask.emplace();
  Triggered t(m, spec);
  ASSERT_TRUE(t.Look());
  t.Do(AnswerFiring{0, false, "the line is down", true}, "operator/ann");
  EXPECT_EQ(t.state.Last()->phase, FiringPhase::kDeclined);
  EXPECT_EQ(t.state.Last()->why, "the line is down");
}

TEST(Trigger, NoAnswerInTimeIsANo) {
  Monitored m = Drifted();
  TriggerSpec spec = SmallTrigger();
  spec.ask = AskSpec{"", Duration(1000)};
  Triggered t(m, spec);
  ASSERT_TRUE(t.Look());
  m.now += Duration(999);
  t.Do(TimePassed{});
  EXPECT_NE(t.state.Open(), nullptr);
  m.now += Duration(1);
  t.Do(TimePassed{});
  EXPECT_EQ(t.state.Last()->phase, FiringPhase::kExpired);
}

TEST(Trigger, DoesNotFireBeyondItsBudgetAndSaysSo) {
  const Monitored m = Drifted();
  TriggerSpec spec = SmallTrigger();
  spec.budget.campaigns = 2;
  spec.action.campaign.plan.energy = EnergySpec{10, "nameplate"};
  spec.budget.kwh = 1.5;
  Triggered t(m, spec);
  EXPECT_FALSE(t.Look({.campaigns = 2, .kwh = 0.5, .device_hours = 50}));
  const Explanation spent = t.Why({.campaigns = 1, .kwh = 1.5, .device_hours = 150});
  EXPECT_FALSE(spent.met);
  EXPECT_EQ(spent.why, "BUDGET_SPENT: 1 of 2 campaigns, 1.5 of 1.5 kWh in 30d");
  EXPECT_TRUE(t.Look({.campaigns = 1, .kwh = 1.4, .device_hours = 140}));
}

TEST(Trigger, SpendsWhatItsCampaignsTookInThePeriod) {
  Monitored m = Drifted();
  Triggered t(m, SmallTrigger({ScheduleCondition{Duration(1)}}));
  m.now += Duration(1);
  ASSERT_TRUE(t.Look());
  EndFiring(t);
  CampaignState campaign;
  campaign.spec.plan.energy = EnergySpec{100, "nameplate"};
  campaign.effort.task_time = Duration(3'600'000);
  campaign.evaluations.emplace_back().effort.task_time = Duration(7'200'000);
  const CampaignLookup lookup = [&](const CampaignName& name) {
    return name.value() == "retrain-1" ? &campaign : nullptr;
  };
  const Spending spent = SpentBy(t.state, m.now, lookup);
  EXPECT_EQ(spent.campaigns, 1u);
  EXPECT_DOUBLE_EQ(spent.device_hours, 3);
  EXPECT_DOUBLE_EQ(spent.kwh, 0.3);
  EXPECT_EQ(SpentBy(t.state, m.now + SmallTrigger().budget.per, lookup).campaigns, 0u);
}

TEST(Trigger, ASuspendedOneExplainsAndDoesNotFire) {
  const Monitored m = Drifted();
  TriggerSpec spec = SmallTrigger();
  spec.suspended = true;
  Triggered t(m, spec);
  EXPECT_FALSE(t.Look());
  EXPECT_TRUE(t.Why().parts[0].met);
  EXPECT_EQ(BarOf(t.Why()), "it is not suspended");
  EXPECT_EQ(PhaseOf(t.state, m.now), "suspended");
}

TEST(Trigger, AChangeOfTheTriggerMakesNoOldEvidenceNew) {
  Monitored m = Drifted();
  Triggered t(m);
  ASSERT_TRUE(t.Look());
  EndFiring(t);
  TriggerSpec spec = SmallTrigger();
  spec.cool_down = Duration(0);
  t.Do(ApplyTrigger{spec, {}});
  EXPECT_FALSE(t.Look());
  spec.model = ModelName("other");
  EXPECT_THAT(t.Try(ApplyTrigger{spec, {}}),
              Fails(StatusCode::kInvalidArgument, Reason::kFIELD_INVALID));
}

TEST(TriggerSpec, NamesTheFieldThatIsWrong) {
  const auto at = [](auto bend) {
    TriggerSpec spec = SmallTrigger();
    bend(spec);
    return FieldOf(Validate(spec));
  };
  EXPECT_EQ(at([](auto&) {}), "");
  EXPECT_EQ(at([](auto& s) { s.budget.kwh = 1; }), "budget.kwh");
  EXPECT_EQ(at([](auto& s) { s.action.campaign.plan.rounds = 0; }), "do.campaign.plan.rounds");
  EXPECT_EQ(at([](auto& s) { s.action.cohort.others = -1; }), "do.cohort.others");
  EXPECT_EQ(at([](auto& s) { s.action.promote = "No Alias"; }), "do.promote.alias");
  EXPECT_EQ(at([](auto& s) { s.ask = AskSpec{"", Duration(0)}; }), "ask.expires");
  EXPECT_EQ(at([](auto& s) { s.when = {DriftBy("")}; }), "when.drift.monitor");
}

}  // namespace
}  // namespace muster::coordinator
