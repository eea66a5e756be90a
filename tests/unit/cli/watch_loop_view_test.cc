#include "cli/watch_loop_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/live.h"
#include "loop_fixture.h"

namespace muster::cli {
namespace {
using ::testing::HasSubstr;
using ::testing::Not;

Loop Training() {
  Loop loop{.trigger = TrainingTrigger(), .monitors = {TurbofanMonitor()}};
  loop.campaign = TrainingCampaign();
  // As it stood when it fired.
  auto& m = loop.monitors.front();
  m.mutable_windows()->DeleteSubrange(11, m.windows_size() - 11);
  return loop;
}
Loop Promoted() {
  Loop loop{.trigger = TurbofanTrigger(), .monitors = {TurbofanMonitor()}};
  const v1::ModelView model = TurbofanModel();
  for (const auto& v : model.versions()) loop.versions.emplace(v.version(), v);
  return loop;
}

std::string Tree(const Loop& loop, std::int64_t now_ms, int columns = 200) {
  Watched watched;
  watched.loops.push_back(loop);
  std::string out;
  for (const auto& line : WatchedTree(watched, FromUnixMillis(now_ms), columns, Paint(false)))
    out += line + "\n";
  return out;
}

TEST(LoopView, ShowsDriftTriggerCampaignVersionAndPromotionAsOneTree) {
  EXPECT_EQ(Tree(Promoted(), kStart + 14 * kHour + 300'000), R"(rul-drift  armed
├─ drift     turbofan  watching
│  ├─ window 14  no drift  s11 p=0.058  188 devices in 36 shards  5m ago  monitor/turbofan#38
│  ├─ windows  ···?·····▲▲▲··  3 of 14 drifted
│  ├─ error  ▂▂▂▂▁▂▁▂▆▇█▁▁  10.43
│  ├─ expected_error  ▁▂▂▂▁▂▁▂▆██▂▂  11.05
│  ├─ squared_error  ▁▁▂▂▁▂▁▂▆▇█▁▁  205.5
│  └─ alarms   7 devices  level of s11 on 7, bounds of s4 on 3  newest 4h ago
├─ trigger   waits
│  └─ ✗ any of 2 conditions: none of 2 holds
│     ├─ ✗ drift of monitor turbofan in 2 windows: 0 of 2 windows in a row
│     └─ ✗ 20 devices with an open alarm of monitor turbofan: 7 of 20 devices
├─ last      firing 1  3h ago  trigger/rul-drift#2
│  └─ ✓ any of 2 conditions: 1 of 2 holds
│     ├─ ✓ drift of monitor turbofan in 2 windows: 2 of 2 windows in a row: s11 p=1.2e-05 < 0.01  monitor/turbofan#30 monitor/turbofan#32
│     └─ ✗ 20 devices with an open alarm of monitor turbofan: 17 of 20 devices
├─ campaign  rul-drift-1  completed  17 drifted and 17 other devices
│  └─ rounds  ████████████████████████  10/10
├─ version   5  trained from 4
│  ├─ all  rmse 18.1 → 14.9
│  ├─ drifted  rmse 22.4 → 15.2
│  ├─ undrifted  rmse 14.6 → 14.5
│  ├─ ✓ metric  passed: rmse 14.9 against 18.1
│  └─ ✓ slices  passed: worst over mean 1.02
└─ promotion promoted  version 5 is champion  2h ago, 30m00s after it fired
)");
}

TEST(LoopView, AVersionIsShownAgainstWhatItsOwnCampaignMeasured) {
  Loop loop = Promoted();
  v1::Baseline& baseline = *loop.versions.at(5).mutable_lineage()->mutable_baseline();
  baseline.set_version(4);
  (*baseline.mutable_metrics())["rmse"] = 19.5;
  (*(*baseline.mutable_slices())["drifted"].mutable_metrics())["rmse"] = 25.25;
  std::string tree = Tree(loop, kStart + 14 * kHour);
  EXPECT_THAT(tree, HasSubstr("all  rmse 19.5 → 14.9"));
  EXPECT_THAT(tree, HasSubstr("drifted  rmse 25.25 → 15.2"));
  EXPECT_THAT(tree, HasSubstr("undrifted  rmse 14.5\n"));  // What was not measured is not guessed.
  baseline.set_version(3);  // Of another version than it started from.
  tree = Tree(loop, kStart + 14 * kHour);
  EXPECT_THAT(tree, HasSubstr("all  rmse 18.1 → 14.9"));
}

TEST(LoopView, WhileItTrainsShowsTheRoundAndTheEvidenceThatItFiredOn) {
  EXPECT_EQ(Tree(Training(), kStart + 11 * kHour + 660'000), R"(rul-drift  training
├─ drift     turbofan  watching
│  ├─ window 11  drifted  s11 p=4.6e-08, s4 p=0.00011, $prediction p=0.00023  196 devices in 36 shards  11m ago  monitor/turbofan#32
│  ├─ windows  ···?·····▲▲  2 of 11 drifted
│  ├─ error  ▁▁▂▂▁▂▁▂▇█  17.79
│  ├─ expected_error  ▁▂▂▂▁▂▁▂▆█  15.39
│  ├─ squared_error  ▁▁▁▂▁▂▁▂▇█  533.4
│  └─ alarms   7 devices  level of s11 on 7, bounds of s4 on 3  newest 2h ago
├─ trigger   firing 1  10m ago  trigger/rul-drift#2
│  └─ ✓ any of 2 conditions: 1 of 2 holds
│     ├─ ✓ drift of monitor turbofan in 2 windows: 2 of 2 windows in a row: s11 p=1.2e-05 < 0.01  monitor/turbofan#30 monitor/turbofan#32
│     └─ ✗ 20 devices with an open alarm of monitor turbofan: 17 of 20 devices
├─ campaign  rul-drift-1  running  17 drifted and 17 other devices
│  ├─ rounds  ███████░░░░░░░░░░░░░░░░░  3/10
│  └─ round 4  collecting  joined 34, received 12, counted 9 of 34
└─ promotion not yet: training
)");
}

TEST(LoopView, BeforeTheFirstFiringSaysWhyNotYet) {
  Loop loop = Training();
  loop.trigger.clear_firings();
  loop.trigger.set_phase("armed");
  loop.campaign.reset();
  const std::string tree = Tree(loop, kStart + 10 * kHour);
  EXPECT_THAT(tree, HasSubstr("└─ trigger   waits\n   └─ ✗ any of 2 conditions"));
  EXPECT_THAT(tree, HasSubstr("✗ drift of monitor turbofan in 2 windows: 0 of 2 windows in a row"));
  EXPECT_THAT(tree, Not(HasSubstr("campaign")));
}

TEST(LoopView, SaysWhoIsToAnswerWhenATriggerAsks) {
  Loop loop = Training();
  loop.trigger.mutable_firings(0)->set_state("asked");
  loop.trigger.mutable_firings(0)->clear_campaign();
  EXPECT_THAT(Tree(loop, kStart + 12 * kHour),
              HasSubstr("asks a person: muster trigger approve rul-drift"));
}

TEST(LoopView, OfAHeldVersionNamesTheGateThatRefused) {
  Loop loop = Promoted();
  v1::Firing& f = *loop.trigger.mutable_firings(0);
  f.set_state("held");
  f.mutable_verdicts(0)->set_passed(false);
  f.set_why("refused by metric");
  const std::string tree = Tree(loop, kStart + 12 * kHour);
  EXPECT_THAT(tree, HasSubstr("✗ metric  refused: rmse 14.9 against 18.1"));
  EXPECT_THAT(tree, HasSubstr("promotion held  refused by metric"));
}

TEST(LoopView, TellsAWindowThatWasNotJudgedWithItsReason) {
  Loop loop = Training();
  auto& m = loop.monitors.front();
  m.mutable_windows()->DeleteSubrange(4, m.windows_size() - 4);
  EXPECT_THAT(Tree(loop, kStart + 5 * kHour),
              HasSubstr("window 4  not judged  TOO_FEW_DEVICES: 41 devices answered"));
}

TEST(LoopView, LetsNoNameSteerTheTerminal) {
  Loop loop = Promoted();
  const std::string evil = "x\x1b[2J\r\ny";
  loop.trigger.mutable_trigger()->set_name(evil);
  loop.trigger.set_why(evil);
  loop.trigger.mutable_explanation()->set_what(evil);
  loop.trigger.mutable_firings(0)->set_campaign(evil);
  loop.trigger.mutable_firings(0)->set_fact(evil);
  loop.trigger.mutable_firings(0)->mutable_verdicts(0)->set_reason(evil);
  loop.monitors[0].mutable_monitor()->set_name(evil);
  loop.monitors[0].mutable_windows(13)->mutable_features(3)->set_name(evil);
  loop.monitors[0].mutable_windows(13)->set_fact(evil);
  loop.monitors[0].mutable_findings(0)->set_rule(evil);
  const std::string tree = Tree(loop, kStart + 14 * kHour);
  EXPECT_THAT(tree, Not(HasSubstr("\x1b")));
  EXPECT_THAT(tree, Not(HasSubstr("\r")));
  EXPECT_THAT(tree, Not(HasSubstr("\ny")));
}

TEST(LoopView, NeverWidensTheTerminal) {
  Watched watched;
  watched.model = "rul-net";
  watched.loops = {Promoted(), Training()};
  for (const int columns : {1, 5, 20, 60})
    for (const std::string& line : WatchedTree(watched, TurbofanNow(), columns, Paint(true)))
      EXPECT_LE(DisplayWidth(line), columns) << line;
}

TEST(LoopView, OfAModelHasAllItsTriggersUnderIt) {
  Watched watched;
  watched.model = "rul-net";
  watched.aliases = {{"champion", 5}};
  watched.loops = {Promoted(), Training()};
  watched.loops[1].trigger.mutable_trigger()->set_name("rul-monthly");
  const auto lines = WatchedTree(watched, TurbofanNow(), 100, Paint(false));
  EXPECT_EQ(lines.front(), "rul-net  champion is version 5");
  EXPECT_THAT(lines, ::testing::Contains("├─ rul-drift  armed"));
  EXPECT_THAT(lines, ::testing::Contains("└─ rul-monthly  training"));
  EXPECT_EQ(LastFired(watched), &watched.loops[0]);
  watched.loops[1].trigger.mutable_firings(0)->set_fired_unix_ms(kStart + 13 * kHour);
  EXPECT_EQ(LastFired(watched), &watched.loops[1]);
}

TEST(LoopView, FindsTheMonitorsOfNestedConditionsOnceEach) {
  v1::Trigger::Condition c;
  auto& any = *c.mutable_any();
  any.add_conditions()->mutable_drift()->set_monitor("a");
  auto& all = *any.add_conditions()->mutable_all();
  all.add_conditions()->mutable_performance()->set_monitor("b");
  all.add_conditions()->mutable_feedback()->set_monitor("a");
  all.add_conditions()->mutable_schedule()->set_every("7d");
  all.add_conditions()->mutable_devices()->set_monitor("c");
  EXPECT_THAT(MonitorsOf(c), ::testing::ElementsAre("a", "b", "c"));
}

class LowScreen final : public Screen {
 public:
  void Out(std::string_view text) override { out += text; }
  void Err(std::string_view) override {}
  bool OutIsTerminal() const override { return true; }
  bool ErrIsTerminal() const override { return true; }
  bool Colours() const override { return false; }
  int Columns() const override { return 80; }
  int Rows() const override { return 4; }
  std::string out;
};

TEST(LiveLines, LeaveOutWhatTheTerminalIsTooLowFor) {
  LowScreen screen;
  LiveLines lines(screen);
  lines.Draw({"a", "b", "c", "d", "e"});
  EXPECT_EQ(screen.out, "\ra\x1b[K\n\rb\x1b[K\n\r… 3 more lines\x1b[K\n\x1b[J");
  screen.out.clear();
  lines.Draw({"a", "b", "c"});
  EXPECT_EQ(screen.out, "\x1b[3A\ra\x1b[K\n\rb\x1b[K\n\rc\x1b[K\n\x1b[J");
}

}  // namespace
}  // namespace muster::cli
