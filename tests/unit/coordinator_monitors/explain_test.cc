#include "coordinator/trigger/explain.h"

#include "tests/unit/coordinator_monitors/monitor_world.h"

namespace muster::coordinator {
namespace {
const MonitorName kFleet("fleet");

// A monitor of version 1 that has its reference and 50 devices.
Monitored Serving(int devices = 50) {
  Monitored m;
  m.Watch(1);
  m.Close(Judged(false));
  for (int d = 0; d < devices; ++d) m.Hear(d, {Rows(1, 100, m.now)});
  return m;
}
Explanation Of(const Condition& condition, const Monitored& m) {
  const Triggered t(m, SmallTrigger(condition));
  return t.Why().parts.at(0);
}

TEST(Explain, DriftInAWindowNamesFieldLevelAndFact) {
  Monitored m = Serving();
  const Condition drift{DriftBy("fleet")};
  EXPECT_EQ(Of(drift, m).why, "no window of version 1 was judged yet");
  m.Close(Judged(false));
  EXPECT_FALSE(Of(drift, m).met);
  EXPECT_EQ(Of(drift, m).why, "the newest judged window has no drift");
  m.Close(Judged(true));
  const Explanation met = Of(drift, m);
  EXPECT_TRUE(met.met);
  EXPECT_EQ(met.what, "drift by monitor fleet in a window");
  EXPECT_EQ(met.why, "1 of 1 windows in a row: s1 p=1.2e-05 < 0.01");
  ASSERT_EQ(met.facts.size(), 1u);
  EXPECT_EQ(met.facts[0], FactRef(kFleet, m.state.windows.back().seq));
}

TEST(Explain, WindowsInARowAreInARowAndOneThatWasNotJudgedSaysNothing) {
  Monitored m = Serving();
  const Condition drift{DriftBy("fleet", 2)};
  m.Close(Judged(true));
  EXPECT_EQ(Of(drift, m).why, "1 of 2 windows in a row: s1 p=1.2e-05 < 0.01");
  m.Close(Judged(false));
  m.Close(Judged(true));
  EXPECT_FALSE(Of(drift, m).met);
  m.Do(OpenWindow{1});
  m.Do(WindowFailed{m.state.open->epoch, "too few"});
  m.Close(Judged(true));
  EXPECT_TRUE(Of(drift, m).met);
}

TEST(Explain, DriftOfOtherFieldsIsNotWhatWasAskedFor) {
  Monitored m = Serving();
  m.Close(Judged(true, 0, "s2"));
  EXPECT_FALSE(Of({DriftBy("fleet", 1, {"s1"})}, m).met);
  EXPECT_TRUE(Of({DriftBy("fleet", 1, {"s1", "s2"})}, m).met);
}

TEST(Explain, WindowsOfAnotherVersionDoNotCount) {
  Monitored m = Serving();
  m.Close(Judged(true));
  m.Watch(2);
  EXPECT_EQ(Of({DriftBy("fleet")}, m).why, "no window of version 2 was judged yet");
}

TEST(Explain, AMonitorThatThereIsNotIsNamedWithTheNearest) {
  const Monitored m = Serving();
  EXPECT_EQ(Of({DriftBy("flet")}, m).why, "no monitor is called 'flet'; did you mean 'fleet'?");
}

TEST(Explain, AQuorumCountsDistinctDevicesWithAFreshOpenAlarm) {
  Monitored m = Serving(10);
  const Condition quorum{DevicesCondition{kFleet, "", "", 3, 0, Duration(3'600'000)}};
  m.Hear(1, {Alarm(1, m.now), Alarm(2, m.now, true, "fleet.frozen")});
  m.Hear(2, {Alarm(1, m.now)});
  EXPECT_FALSE(Of(quorum, m).met) << "one device with two alarms is one";
  m.Hear(3, {Alarm(1, m.now)});
  const Explanation met = Of(quorum, m);
  EXPECT_TRUE(met.met);
  EXPECT_EQ(met.why,
            "3 of 10 devices that serve version 1 have an open alarm that is at most 1h old; 3 are "
            "asked for");
  EXPECT_EQ(met.facts.size(), 3u);
  m.Hear(3, {Alarm(2, m.now, false)});
  EXPECT_FALSE(Of(quorum, m).met);
}

TEST(Explain, AnOldAlarmThatIsReplayedNowFiresNothing) {
  Monitored m = Serving(10);
  const Condition quorum{DevicesCondition{kFleet, "", "", 1, 0, Duration(3'600'000)}};
  m.Hear(1, {Alarm(1, m.now - Duration(3'600'001))});
  EXPECT_FALSE(Of(quorum, m).met);
  m.Hear(2, {Alarm(1, m.now + Duration(365LL * 86'400'000))});
  EXPECT_FALSE(Of(quorum, m).met) << "nor does a clock that is wrong by a year";
  m.Hear(3, {Alarm(1, m.now - Duration(3'600'000))});
  EXPECT_TRUE(Of(quorum, m).met);
}

TEST(Explain, AQuorumMayBeAPartOfThoseThatServeAndOfOneRuleOrField) {
  Monitored m = Serving(10);
  for (int d = 0; d < 4; ++d) m.Hear(d, {Alarm(1, m.now)});
  EXPECT_TRUE(Of({DevicesCondition{kFleet, "shape", "s1", 1, 0.4}}, m).met);
  EXPECT_FALSE(Of({DevicesCondition{kFleet, "shape", "s1", 1, 0.41}}, m).met);
  EXPECT_FALSE(Of({DevicesCondition{kFleet, "frozen", "", 1}}, m).met);
  EXPECT_FALSE(Of({DevicesCondition{kFleet, "", "s2", 1}}, m).met);
}

TEST(Explain, PerformanceAboveALimitInARow) {
  Monitored m = Serving();
  PerformanceCondition c = ErrorBy("fleet");
  c.above = 0.3;
  c.windows = 2;
  EXPECT_EQ(Of({c}, m).why, "no window of version 1 has any error yet");
  m.Close(Judged(false, 0.35));
  EXPECT_FALSE(Of({c}, m).met);
  m.Close(Judged(false, 0.31));
  EXPECT_TRUE(Of({c}, m).met);
  EXPECT_EQ(Of({c}, m).why, "2 of 2 windows in a row: the newest has 0.31, the limit is 0.3");
  m.Close(Judged(false, 0.3));
  EXPECT_FALSE(Of({c}, m).met);
}

TEST(Explain, PerformanceAboveTheBestWindowOfTheVersion) {
  Monitored m = Serving();
  PerformanceCondition c = ErrorBy("fleet");
  c.above_best = 0.1;
  m.Close(Judged(false, 0.2));
  m.Close(Judged(false, 0.29));
  EXPECT_FALSE(Of({c}, m).met);
  m.Close(Judged(false, 0.31));
  EXPECT_TRUE(Of({c}, m).met);
}

TEST(Explain, AvoidableErrorAddsUpOverWindows) {
  Monitored m = Serving();
  PerformanceCondition c = ErrorBy("fleet");
  c.avoidable = 500;
  m.Close(Judged(false, 0.2));
  m.Close(Judged(false, 0.3));  // 0.1 times 3000 rows.
  EXPECT_FALSE(Of({c}, m).met);
  m.Close(Judged(false, 0.3));
  EXPECT_TRUE(Of({c}, m).met);
  EXPECT_EQ(Of({c}, m).facts.size(), 2u);
}

TEST(Explain, AnEasyWindowMakesNoEarlierOneWorse) {
  Monitored m = Serving();
  PerformanceCondition c = ErrorBy("fleet");
  c.avoidable = 500;
  for (int i = 0; i < 5; ++i) m.Close(Judged(false, 0.3));
  m.Close(Judged(false, 0.1));
  EXPECT_FALSE(Of({c}, m).met) << Of({c}, m).why;
  m.Close(Judged(false, 0.3));  // 0.2 times 3000 rows: what was avoidable from now on.
  EXPECT_TRUE(Of({c}, m).met);
  EXPECT_EQ(Of({c}, m).facts.size(), 1u);
}

TEST(Explain, ScheduleVolumeAndFeedbackCountFromWhenTheTriggerWasApplied) {
  Monitored m = Serving(10);  // 1000 rows were served before.
  Condition any{AnyOf{{{ScheduleCondition{Duration(60'000)}},
                       {VolumeCondition{500}},
                       {FeedbackCondition{kFleet, {"missed"}, 2}}}}};
  Triggered t(m, SmallTrigger(any));
  EXPECT_FALSE(t.Why().met);
  EXPECT_EQ(t.Why().parts[0].why, "0 of 3 hold");
  m.Hear(1, {Rows(2, 500, m.now)});
  EXPECT_EQ(t.Why().parts[0].why, "1 of 3 hold");
  EXPECT_EQ(t.Why().parts[0].parts[1].why, "500 rows have come");
  m.Do(GiveFeedback{"fleet", Feedback::Verdict::kMissed, "", 0, "a", "operator/a"}, "operator/a");
  m.Do(GiveFeedback{"fleet", Feedback::Verdict::kMissed, "", 0, "b", "operator/a"}, "operator/a");
  EXPECT_EQ(t.Why().parts[0].why, "2 of 3 hold");
  m.now += Duration(60'000);
  EXPECT_EQ(t.Why().parts[0].why, "3 of 3 hold");
  ASSERT_TRUE(t.Look());
  EXPECT_EQ(t.Why().parts[0].why, "0 of 3 hold") << "and then from its last firing";
}

TEST(Explain, AllHoldsWhenEachDoesAndAnyWhenOneDoes) {
  const Monitored m = Serving(10);
  const Condition yes{ScheduleCondition{Duration(1)}};
  const Condition no{VolumeCondition{1}};
  Monitored later = m;
  Triggered all(later, SmallTrigger({AllOf{{yes, no}}}));
  Triggered any(later, SmallTrigger({AnyOf{{yes, no}}}));
  later.now += Duration(1);
  EXPECT_FALSE(all.Why().met);
  EXPECT_EQ(all.Why().why, "1 of 2 hold");
  EXPECT_TRUE(any.Why().met);
}

TEST(Explain, PointsAtTheDevicesWhoseAlarmsAreInTheFieldsThatDrifted) {
  Monitored m = Serving(10);
  const Condition drift{DriftBy("fleet")};
  m.Hear(1, {Alarm(1, m.now, true, "fleet.shape", "s1")});
  m.Hear(2, {Alarm(1, m.now, true, "fleet.shape", "s9")});
  EXPECT_TRUE(DriftedDevices(drift, Triggered(m).Now()).empty()) << "nothing drifted";
  m.Close(Judged(true));
  EXPECT_EQ(DriftedDevices(drift, Triggered(m).Now()), std::set<DeviceId>{Device(1)});
  m.Close(Judged(true, 0, "s5"));
  EXPECT_EQ(DriftedDevices(drift, Triggered(m).Now()), (std::set<DeviceId>{Device(1), Device(2)}));
}

TEST(ConditionSpec, NamesTheConditionThatIsWrong) {
  const auto at = [](Condition c) { return FieldOf(Validate(c, "when")); };
  EXPECT_EQ(at({DriftBy("fleet")}), "");
  EXPECT_EQ(at({AnyOf{}}), "when.any.conditions");
  EXPECT_EQ(at({AllOf{{{DriftBy("fleet")}, {DriftBy("")}}}}),
            "when.all.conditions[1].drift.monitor");
  EXPECT_EQ(at({ErrorBy("fleet")}), "when.performance");
  EXPECT_EQ(at({DevicesCondition{kFleet, "", "", 1, 1.5}}), "when.devices.share");
  EXPECT_EQ(at({ScheduleCondition{}}), "when.schedule.every");
  EXPECT_EQ(at({VolumeCondition{}}), "when.volume.rows");
  EXPECT_EQ(at({FeedbackCondition{kFleet, {"nonsense"}, 1}}), "when.feedback.verdicts[0]");
  Condition deep{VolumeCondition{1}};
  for (int i = 0; i < 9; ++i) deep = {AnyOf{{deep}}};
  EXPECT_FALSE(Validate(deep, "when").ok());
  EXPECT_FALSE(Validate({AnyOf{std::vector<Condition>(100, {VolumeCondition{1}})}}, "when").ok());
}

}  // namespace
}  // namespace muster::coordinator
