// muster monitor, muster trigger, and what apply, get and describe know of both.
#include "fake_loop.h"

namespace muster::cli {
namespace {
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class MonitorCommands : public LoopTest {
 protected:
  MonitorCommands() {
    const std::int64_t now = UnixMillis(clock_.Now());
    auto& m = *loops_.monitors.add_monitors();
    m.mutable_monitor()->set_name("fleet");
    m.mutable_monitor()->set_model("rul-net");
    m.mutable_monitor()->set_alias("champion");
    m.mutable_monitor()->mutable_fleet()->set_level(0.01);
    m.mutable_monitor()->mutable_fleet()->set_rows(50);
    m.set_phase("watching");
    m.set_version(3);
    m.set_level(0.005);
    m.set_updated_unix_ms(now - 3'000);
    auto& w = *m.add_windows();
    w.set_epoch(7);
    w.set_version(3);
    w.set_judged(true);
    w.set_drifted(true);
    w.set_ended_unix_ms(now - 60'000);
    auto& f = *w.add_features();
    f.set_name("s11");
    f.set_p(1.25e-5);
    f.set_drifted(true);
    auto& open = *m.add_findings();
    open.set_device("00112233445566778899aabbccddeeff");
    open.set_rule("shape");
    open.set_field("s11");
    open.set_severity("alarm");
    open.set_began_unix_ms(now - 60'000);
    auto& r = *m.add_rules();
    r.set_rule("fleet");
    r.set_alarms(2);
    r.set_false_positives(1);
    auto& t = *loops_.triggers.add_triggers();
    t.mutable_trigger()->set_name("retrain");
    t.mutable_trigger()->set_model("rul-net");
    t.set_phase("asking");
    t.set_why("2 of 2 windows in a row: s11 p=1.2e-05 < 0.01");
    t.set_updated_unix_ms(now - 3'000);
    auto& e = *t.mutable_explanation();
    e.set_what("trigger retrain fires");
    e.set_why("it cools");
    auto& part = *e.add_parts();
    part.set_what("drift by monitor fleet in a window");
    part.set_met(true);
    part.set_why("1 of 1 windows in a row: s11 p=1.2e-05 < 0.01");
    part.add_facts("monitor/fleet#17");
    auto& firing = *t.add_firings();
    firing.set_number(4);
    firing.set_state("asked");
    firing.set_fired_unix_ms(now - 10'000);
    firing.set_drifted_devices(12);
    firing.set_base_version(3);
    firing.set_version(5);
    for (const char* slice : {"", "drifted"}) {
      auto& change = *firing.add_changes();
      change.set_slice(slice);
      change.set_metric("rmse");
      change.set_before(21.5);
      change.set_after(15.25);
    }
  }
};

TEST_F(MonitorCommands, ApplyKnowsThemAndTakesThemInOrderOfNeed) {
  const std::string all =
      "kind: Trigger\nname: retrain\nmodel: rul-net\nwhen: {drift: {monitor: fleet}}\n"
      "do: {campaign: {plan: {rounds: 3}}}\n---\n"
      "kind: Monitor\nname: fleet\nmodel: rul-net\nfleet: {}\n---\n"
      "kind: Model\nname: rul-net\ncontract: turbofan\n";
  ASSERT_EQ(Run({"apply", "-f", Write("all.yaml", all)}), 0) << err();
  EXPECT_EQ(out(),
            "model/rul-net changed\n"
            "monitor/fleet created\n"
            "trigger/retrain changed\n");
  ASSERT_EQ(loops_.monitors_applied.size(), 2u);
  EXPECT_TRUE(loops_.monitors_applied[0].dry_run());
  EXPECT_THAT(loops_.monitors_applied[0].pending_models(), ElementsAre("rul-net"));
  ASSERT_EQ(loops_.triggers_applied.size(), 2u);
  EXPECT_THAT(loops_.triggers_applied[0].pending_monitors(), ElementsAre("fleet"));
  EXPECT_EQ(loops_.triggers_applied[1].pending_monitors_size(), 0);
  EXPECT_EQ(loops_.triggers_applied[1].trigger().when().drift().monitor(), "fleet");
}

TEST_F(MonitorCommands, AFieldThatAMonitorHasNotIsToldWithItsPlace) {
  EXPECT_EQ(Run({"apply", "-f", Write("m.yaml", "kind: Monitor\nname: f\nfleet: {row: 5}\n")}), 1);
  EXPECT_THAT(err(), HasSubstr("m.yaml:3:9: fleet.row: unknown field"));
  EXPECT_THAT(err(), HasSubstr("did you mean 'rows'?"));
}

TEST_F(MonitorCommands, GetShowsMonitorsAndTriggersInALineEach) {
  ASSERT_EQ(Run({"get", "mo"}), 0) << err();
  EXPECT_EQ(out(),
            "NAME   MODEL             PHASE     VERSION  WINDOWS  LAST WINDOW              OPEN  "
            "UPDATED\n"
            "fleet  rul-net@champion  watching  3        1        drift: s11 (p 1.25e-05)  1     "
            "3s ago\n");
  ASSERT_EQ(Run({"get", "tr", "retrain"}), 0) << err();
  EXPECT_THAT(out(), HasSubstr("retrain  rul-net  asking  4        asked 10s ago"));
}

TEST_F(MonitorCommands, DescribeTellsTheTaughtLevelAndOpenAlarms) {
  ASSERT_EQ(Run({"describe", "monitor", "fleet"}), 0) << err();
  EXPECT_THAT(out(), HasSubstr("0.005, declared 0.01, taught by feedback"));
  EXPECT_THAT(out(), HasSubstr("001122334455  shape"));
  ASSERT_EQ(Run({"describe", "trigger", "retrain"}), 0) << err();
  EXPECT_THAT(out(), HasSubstr("(monitor/fleet#17)"));
}

TEST_F(MonitorCommands, DescribeTellsWhatPredictionsAreHeldAgainst) {
  ASSERT_EQ(Run({"describe", "monitor", "fleet"}), 0) << err();
  EXPECT_THAT(out(), ::testing::Not(HasSubstr("Predictions"))) << "it does not watch them";
  v1::MonitorView& m = *loops_.monitors.mutable_monitors(0);
  m.mutable_monitor()->mutable_fleet()->set_prediction(true);
  ASSERT_EQ(Run({"describe", "monitor", "fleet"}), 0) << err();
  EXPECT_THAT(out(), HasSubstr("Predictions:  not tested: no baseline yet\n"));
  m.set_prediction_baseline(7);
  ASSERT_EQ(Run({"describe", "monitor", "fleet"}), 0) << err();
  EXPECT_THAT(out(), HasSubstr("Predictions:  baseline: window 7\n"));
}

TEST_F(MonitorCommands, ExplainShowsTheTreeAndTheLastFiring) {
  ASSERT_EQ(Run({"trigger", "explain", "retrain"}), 0) << err();
  EXPECT_THAT(out(), HasSubstr("[no]  trigger retrain fires: it cools\n"
                               "  [yes] drift by monitor fleet in a window: 1 of 1 windows in a "
                               "row: s11 p=1.2e-05 < 0.01 (monitor/fleet#17)\n"
                               "\nFiring 4, 10s ago, asked:\n"));
  EXPECT_THAT(out(), HasSubstr("\nVersion 3 → 5, on the devices that evaluate:\n"
                               "  all  rmse 21.5 → 15.25\n"
                               "  drifted  rmse 21.5 → 15.25\n"));
  ASSERT_EQ(Run({"describe", "trigger", "retrain"}), 0) << err();
  EXPECT_THAT(out(), HasSubstr("  drifted  rmse 21.5 → 15.25\n"));
  EXPECT_EQ(Run({"trigger", "explain", "other"}), 1);
}

TEST_F(MonitorCommands, AnswersGoToTheFiringThatAsks) {
  ASSERT_EQ(Run({"trigger", "approve", "retrain", "--comment", "new sensors"}), 0) << err();
  EXPECT_EQ(out(), "trigger/retrain firing 4: approved, its campaign begins\n");
  EXPECT_TRUE(loops_.answered.approve());
  EXPECT_EQ(loops_.answered.comment(), "new sensors");
  ASSERT_EQ(Run({"trigger", "decline", "retrain", "--firing", "4"}), 0) << err();
  EXPECT_FALSE(loops_.answered.approve());
  EXPECT_EQ(loops_.answered.firing(), 4u);
}

TEST_F(MonitorCommands, FeedbackIsOneCommandWithOneVerdict) {
  ASSERT_EQ(
      Run({"monitor", "feedback", "fleet", "--false-positive", "--outcome", "a cleaned lens"}), 0)
      << err();
  EXPECT_EQ(out(),
            "monitor/fleet: 2 alarms of fleet, 1 false, 0 confirmed, 0 missed; windows alarm at "
            "0.005 now\n");
  EXPECT_EQ(loops_.feedback_given.verdict(), "false_positive");
  EXPECT_EQ(loops_.feedback_given.outcome(), "a cleaned lens");
  EXPECT_EQ(Run({"monitor", "feedback", "fleet"}), 2);
  EXPECT_EQ(Run({"monitor", "feedback", "fleet", "--missed", "--confirmed"}), 2);
}

}  // namespace
}  // namespace muster::cli
