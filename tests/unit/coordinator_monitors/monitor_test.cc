#include "coordinator/monitor/monitor.h"

#include "tests/support/status_matchers.h"
#include "tests/unit/coordinator_monitors/monitor_world.h"

namespace muster::coordinator {
namespace {
using absl::StatusCode;
using testing::Fails;

MonitorWorldView World(const Monitored& m, std::uint32_t matching = 100) {
  return {m.now, matching};
}
bool Draws(const Monitored& m, std::uint32_t matching = 100) {
  for (const MonitorEffect& effect : Pending(m.state, World(m, matching)))
    if (std::holds_alternative<DrawWindow>(effect)) return true;
  return false;
}
// 50 devices, enough for ten shards of five, serve version 1.
void Serve(Monitored& m, std::uint64_t rows, std::uint64_t sequence, int devices = 50) {
  for (int d = 0; d < devices; ++d) m.Hear(d, {Rows(sequence, rows, m.now)});
}

TEST(Monitor, TakesAReferenceOfTheVersionInServiceBeforeAnyWindow) {
  Monitored m;
  EXPECT_FALSE(Draws(m));
  EXPECT_EQ(PhaseOf(m.state), "waiting");
  m.Watch(1);
  EXPECT_TRUE(Draws(m));
  m.Do(OpenWindow{7});
  ASSERT_TRUE(m.state.open);
  EXPECT_TRUE(m.state.open->reference);
  EXPECT_EQ(m.state.open->campaign.value(), "fleet.1-1");
  EXPECT_EQ(m.state.open->seed, 7u);
  EXPECT_EQ(PhaseOf(m.state), "referring");
  m.Do(WindowSummed{1, Judged(false), Digest()});
  EXPECT_TRUE(m.state.references.contains(VersionNumber(1)));
  EXPECT_EQ(PhaseOf(m.state), "watching");
}

TEST(Monitor, WaitsForEnoughDevicesForTenShards) {
  Monitored m;
  m.Watch(1);
  EXPECT_FALSE(Draws(m, 49));
  EXPECT_EQ(WhyOf(m.state, World(m, 49)),
            "a reference of version 1 needs 50 devices, 49 are enrolled");
  EXPECT_TRUE(Draws(m, 50));
}

TEST(Monitor, OpensAWindowOnceDevicesHaveServedEnoughNewRowsOnAverage) {
  Monitored m;
  m.Watch(1);
  m.Close(Judged(false));
  Serve(m, 49, 1);
  EXPECT_FALSE(Draws(m));
  Serve(m, 1, 2);
  EXPECT_TRUE(Draws(m));
  m.Do(OpenWindow{7});
  EXPECT_FALSE(m.state.open->reference);
  EXPECT_EQ(PhaseOf(m.state), "judging");
  EXPECT_FALSE(Draws(m)) << "one window at a time";
  m.Do(WindowSummed{2, Judged(true), Digest()});
  EXPECT_EQ(m.state.windows.back().epoch, 2u);
  EXPECT_FALSE(Draws(m)) << "its rows count for one window only";
  EXPECT_EQ(m.state.rules.at("fleet").alarms, 1u);
}

TEST(Monitor, OpensAWindowAtLeastSoOftenWhenThereAreAnyRows) {
  MonitorSpec spec = SmallMonitor();
  spec.fleet->every = Duration(60'000);
  Monitored m(spec);
  m.Watch(1);
  m.Close(Judged(false));
  m.now += Duration(60'000);
  EXPECT_FALSE(Draws(m));
  Serve(m, 1, 1);
  EXPECT_TRUE(Draws(m));
}

TEST(Monitor, TriesAWindowThatCouldNotBeJudgedAgainAfterAPauseThatGrows) {
  Monitored m;
  m.Watch(1);
  for (int failures = 1; failures <= 3; ++failures) {
    m.Do(OpenWindow{7});
    m.Do(WindowFailed{m.state.open->epoch, "too few came"});
    EXPECT_FALSE(Draws(m));
    EXPECT_NE(WhyOf(m.state, World(m)).find("too few came"), std::string::npos);
    m.now += Duration(30'000) * (1 << (failures - 1)) - Duration(1);
    EXPECT_FALSE(Draws(m));
    m.now += Duration(1);
    EXPECT_TRUE(Draws(m));
  }
  EXPECT_TRUE(m.state.windows.empty()) << "a reference is no window";
}

TEST(Monitor, MeasuresAFleetThatIsTooSmallForTheTest) {
  MonitorSpec spec = SmallMonitor();
  spec.fleet->campaign.statistics->window->error = true;
  Monitored m(spec);
  m.Watch(1);
  EXPECT_FALSE(Draws(m, 4));
  EXPECT_TRUE(Draws(m, 5)) << "a shard is enough for an error";
  m.Close(Judged(false));
  Serve(m, 50, 1, 5);
  EXPECT_TRUE(Draws(m, 5));
  WindowOutcome measured;
  measured.why = "TOO_FEW_DEVICES: one shard";
  measured.measures = {{"error", 0.25, 250}};
  m.Close(measured);
  EXPECT_FALSE(m.state.windows.back().outcome.judged);
  Serve(m, 50, 2, 5);
  EXPECT_TRUE(Draws(m, 5)) << "that it could not be tested is no failure";
}

TEST(Monitor, ACampaignWhoseWindowIsOverIsDropped) {
  Monitored m;
  m.Watch(1);
  m.Do(OpenWindow{7});
  m.Watch(2);
  EXPECT_FALSE(m.state.open);
  const auto effects = Pending(m.state, World(m));
  ASSERT_FALSE(effects.empty());
  const auto* drop = std::get_if<DropCampaign>(&effects.front());
  ASSERT_NE(drop, nullptr);
  EXPECT_EQ(drop->campaign.value(), "fleet.1-1");
  m.Do(WindowSummed{1, Judged(true), Digest()});
  EXPECT_TRUE(m.last.empty()) << "news of a window that is over is old news";
}

TEST(Monitor, AReferenceIsFoundAgainWhenTheAliasMovesBack) {
  Monitored m;
  m.Watch(1);
  m.Close(Judged(false));
  m.Watch(2);
  EXPECT_EQ(PhaseOf(m.state), "waiting");
  m.Watch(1);
  EXPECT_EQ(PhaseOf(m.state), "watching");
}

TEST(Monitor, TheFirstWindowWithoutDriftIsTheBaselineOfItsVersionsPredictions) {
  Monitored m;
  m.Watch(1);
  m.Close(Judged(false), true);
  EXPECT_TRUE(m.state.baselines.empty()) << "a reference has no predictions";
  m.Close(Judged(true), true);
  EXPECT_TRUE(m.state.baselines.empty()) << "what drifted is no measure of what is normal";
  m.Close(Judged(false), false);
  EXPECT_TRUE(m.state.baselines.empty()) << "too few predicted";
  m.Close(Judged(false), true);
  ASSERT_TRUE(m.state.baselines.contains(VersionNumber(1)));
  EXPECT_EQ(m.state.baselines.at(VersionNumber(1)).epoch, 4u);
  ASSERT_EQ(m.last.size(), 2u);
  EXPECT_TRUE(std::holds_alternative<WindowJudged>(m.last[0]));
  EXPECT_TRUE(std::holds_alternative<BaselineTaken>(m.last[1]));
  m.Watch(2);
  m.Close(Judged(false));
  EXPECT_FALSE(m.state.baselines.contains(VersionNumber(2)))
      << "another version predicts otherwise";
  m.Close(Judged(false), true);
  EXPECT_EQ(m.state.baselines.at(VersionNumber(2)).epoch, 6u);
  EXPECT_EQ(m.state.baselines.at(VersionNumber(1)).epoch, 4u) << "kept, should it come back";
}

TEST(Monitor, OtherWindowsNeedANewBaselineToo) {
  Monitored m;
  m.Watch(1);
  m.Close(Judged(false));
  m.Close(Judged(false), true);
  MonitorSpec spec = SmallMonitor();
  spec.fleet->campaign.statistics->bins = 30;
  m.Do(ApplyMonitor{spec});
  EXPECT_TRUE(m.state.baselines.empty());
}

TEST(Monitor, ADeviceThatFellSilentNeitherServesNorSpoilsTheAverage) {
  MonitorSpec spec = SmallMonitor();
  spec.silent_after = Duration(3'600'000);
  Monitored m(spec);
  m.Watch(1);
  m.Close(Judged(false));
  Serve(m, 1, 1, 60);
  m.now += Duration(3'600'000);
  EXPECT_EQ(m.state.Serving(m.now), 60u);
  m.now += Duration(1);
  EXPECT_EQ(m.state.Serving(m.now), 0u);
  Serve(m, 50, 2, 50);
  EXPECT_EQ(m.state.Serving(m.now), 50u);
  EXPECT_DOUBLE_EQ(m.state.NewRows(m.now), 51) << "over those that are there";
  EXPECT_TRUE(Draws(m));
  m.now += Duration(3'600'001);
  Serve(m, 1, 3, 49);
  EXPECT_FALSE(Draws(m)) << "49 are too few";
  EXPECT_EQ(WhyOf(m.state, World(m)),
            "a window needs 50 devices that serve version 1, 49 do; 11 more have told nothing for "
            "1h");
  m.Hear(49, {Alarm(1, m.now)});
  EXPECT_TRUE(Draws(m)) << "whatever it tells, it is there";
}

TEST(Monitor, OtherWindowsNeedANewReferenceAndOtherLevelsDoNot) {
  Monitored m;
  m.Watch(1);
  m.Close(Judged(false));
  MonitorSpec spec = SmallMonitor();
  spec.fleet->level = 0.05;
  m.Do(ApplyMonitor{spec});
  EXPECT_EQ(m.state.references.size(), 1u);
  spec.fleet->campaign.statistics->bins = 30;
  m.Do(ApplyMonitor{spec});
  EXPECT_TRUE(m.state.references.empty());
  m.Do(ApplyMonitor{spec});
  EXPECT_TRUE(m.last.empty()) << "the same again changes nothing";
}

TEST(Monitor, WatchesOneModelAllItsLife) {
  Monitored m;
  MonitorSpec spec = SmallMonitor();
  spec.model = ModelName("other");
  EXPECT_THAT(Decide(m.state, ApplyMonitor{spec}, m.now),
              Fails(StatusCode::kInvalidArgument, Reason::kFIELD_INVALID));
}

TEST(Monitor, BelievesARecordOnceHoweverOftenItComes) {
  Monitored m;
  m.Watch(1);
  m.Hear(1, {Rows(1, 10, m.now), Rows(2, 10, m.now), Alarm(1, m.now)});
  EXPECT_EQ(m.state.rows_served, 20u);
  EXPECT_EQ(m.last.size(), 2u) << "rows are one fact a call";
  m.Hear(1, {Rows(1, 10, m.now), Rows(2, 10, m.now), Alarm(1, m.now)});
  EXPECT_TRUE(m.last.empty());
  m.Hear(1, {Rows(2, 10, m.now), Rows(3, 5, m.now)});
  EXPECT_EQ(m.state.rows_served, 25u);
  EXPECT_EQ(m.state.findings.size(), 1u);
  m.Hear(2, {Rows(1, 10, m.now)});
  EXPECT_EQ(m.state.rows_served, 35u) << "another device's sequences are its own";
}

TEST(Monitor, HearsNothingOfOtherModelsAndOtherMonitors) {
  Monitored m;
  TelemetryRecord other = Rows(1, 10, m.now);
  other.model = ModelName("other");
  m.Hear(1, {other, Alarm(1, m.now, true, "elsewhere.shape"), Alarm(2, m.now, true, "fleet.no")});
  EXPECT_TRUE(m.last.empty());
}

TEST(Monitor, KeepsAnAlarmOpenUntilItsEndOrAnotherVersion) {
  Monitored m;
  m.Watch(1);
  m.Hear(1, {Alarm(1, m.now)});
  ASSERT_EQ(m.state.findings.size(), 1u);
  EXPECT_EQ(FactRef(m.state.spec.name, m.state.findings[0].seq), "monitor/fleet#2");
  m.Hear(1, {Alarm(2, m.now + Duration(5), false)});
  EXPECT_TRUE(m.state.findings.empty());
  EXPECT_EQ(m.state.closed.back().ended, m.now + Duration(5));
  m.Hear(1, {Alarm(3, m.now)});
  TelemetryRecord loaded = Record(TelemetryClass::kState, 1, m.now);
  loaded.version = VersionNumber(2);
  loaded.what = Loaded{"serving", "", ""};
  m.Hear(1, {loaded});
  EXPECT_TRUE(m.state.findings.empty());
  EXPECT_EQ(m.state.devices.at(Device(1)).version.value(), 2u);
}

TEST(Monitor, ADeviceThatRefusesAVersionStillServesTheOld) {
  Monitored m;
  m.Watch(1);
  m.Hear(1, {Rows(1, 1, m.now)});
  TelemetryRecord refused = Record(TelemetryClass::kState, 1, m.now);
  refused.version = VersionNumber(2);
  refused.what = Loaded{"refused", "SELF_TEST_FAILED", "NaN"};
  m.Hear(1, {refused});
  EXPECT_EQ(m.state.devices.at(Device(1)).version.value(), 1u);
}

TEST(Monitor, AFloodOfOneDeviceIsBounded) {
  Monitored m;
  std::vector<TelemetryRecord> flood;
  for (std::uint64_t i = 1; i <= 500; ++i)
    flood.push_back(Alarm(i, m.now, true, "fleet.shape", fmt::format("f{}", i)));
  m.Hear(1, flood);
  EXPECT_EQ(m.state.findings.size(), kMostOpenOfDevice);
  std::uint64_t sequence = 500;
  std::size_t facts = m.rows.size();
  for (int i = 0; i < 500; ++i) {
    m.Hear(1, {Alarm(++sequence, m.now, false, "fleet.shape", "f1")});
    m.Hear(1, {Alarm(++sequence, m.now, true, "fleet.shape", "f1")});
  }
  EXPECT_LE(m.rows.size() - facts, 2u * kMostFactsOfDevice);
  facts = m.rows.size();
  m.now += Duration(3'600'000);
  m.Hear(1, {Alarm(++sequence, m.now, true, "fleet.frozen", "f2"),
             Alarm(++sequence, m.now, false, "fleet.shape", "f2"),
             Alarm(++sequence, m.now, true, "fleet.shape", "f2")});
  EXPECT_GT(m.rows.size(), facts) << "an hour later it is heard again";
}

TEST(Monitor, AFalsePositiveHalvesTheLevelDownToASixtyFourthAndAMissedDoublesItBack) {
  Monitored m;
  EXPECT_DOUBLE_EQ(m.state.Level(), 0.01);
  for (int i = 0; i < 8; ++i)
    m.Do(GiveFeedback{"fleet", Feedback::Verdict::kFalsePositive, "", 0, fmt::format("a{}", i),
                      "operator/ann"},
         "operator/ann");
  EXPECT_DOUBLE_EQ(m.state.Level(), 0.01 / 64);
  for (int i = 0; i < 8; ++i)
    m.Do(GiveFeedback{"fleet", Feedback::Verdict::kMissed, "", 0, fmt::format("b{}", i),
                      "operator/ann"},
         "operator/ann");
  EXPECT_DOUBLE_EQ(m.state.Level(), 0.01);
  EXPECT_EQ(m.state.rules.at("fleet").false_positives, 8u);
  EXPECT_EQ(m.state.feedback.at("missed"), 8u);
}

TEST(Monitor, FeedbackThatComesTwiceIsSaidOnce) {
  Monitored m;
  const GiveFeedback tap{"fleet", Feedback::Verdict::kFalsePositive, "", 0, "x", "operator/ann"};
  m.Do(tap, "operator/ann");
  m.Do(tap, "operator/ann");
  EXPECT_TRUE(m.last.empty());
  m.Hear(1, {Said(1, Feedback::Verdict::kFalsePositive, "x", m.now),
             Said(2, Feedback::Verdict::kFalsePositive, "x", m.now)});
  EXPECT_EQ(m.state.rules.at("fleet").false_positives, 2u);
}

TEST(Monitor, OneDeviceAloneTeachesARuleOnce) {
  Monitored m;
  for (std::uint64_t i = 1; i <= 20; ++i)
    m.Hear(1, {Said(i, Feedback::Verdict::kFalsePositive, fmt::format("i{}", i), m.now)});
  EXPECT_DOUBLE_EQ(m.state.Level(), 0.01 / 2);
  m.Hear(2, {Said(1, Feedback::Verdict::kFalsePositive, "y", m.now)});
  EXPECT_DOUBLE_EQ(m.state.Level(), 0.01 / 4);
}

TEST(Monitor, FeedbackAboutWhatThereIsNotIsRefused) {
  Monitored m;
  GiveFeedback tap{"shap", Feedback::Verdict::kMissed, "", 0, "x", "operator/ann"};
  const auto refused = Decide(m.state, tap, m.now);
  EXPECT_THAT(refused, Fails(StatusCode::kNotFound, Reason::kRESOURCE_NOT_FOUND));
  EXPECT_NE(MessageOf(refused.status()).find("did you mean 'shape'?"), std::string::npos);
  tap.rule = "fleet";
  tap.epoch = 4;
  EXPECT_THAT(Decide(m.state, tap, m.now),
              Fails(StatusCode::kNotFound, Reason::kRESOURCE_NOT_FOUND));
}

TEST(Monitor, TaughtRulesReachDevicesWithTheirRate) {
  const drift::MonitorSpec rule = SmallMonitor().edge[0];
  EXPECT_DOUBLE_EQ(std::get<drift::InputRule>(Taught(rule, 3).rule).rate, 0.001 / 8);
  EXPECT_EQ(Taught(SmallMonitor().edge[1], 3), SmallMonitor().edge[1]);
  EXPECT_EQ(EdgeName(MonitorName("fleet"), "shape"), "fleet.shape");
  EXPECT_EQ(RuleOf(MonitorName("fleet"), "fleet.shape"), "shape");
  EXPECT_EQ(RuleOf(MonitorName("fleet"), "fleetshape"), "");
  EXPECT_EQ(RuleOf(MonitorName("fleet"), "fleet."), "");
}

TEST(MonitorSpec, NamesTheFieldThatIsWrong) {
  const auto refused_at = [](auto bend) {
    MonitorSpec spec = SmallMonitor();
    bend(spec);
    return FieldOf(Validate(spec));
  };
  EXPECT_EQ(refused_at([](auto&) {}), "");
  EXPECT_EQ(refused_at([](auto& s) { s.name = MonitorName("a.b"); }), "name");
  EXPECT_EQ(refused_at([](auto& s) { s.name = MonitorName(std::string(41, 'a')); }), "name");
  EXPECT_EQ(refused_at([](auto& s) { s.edge[1].name = "shape"; }), "edge[1].name");
  EXPECT_EQ(refused_at([](auto& s) { s.edge[1].name = "fleet"; }), "edge[1].name");
  EXPECT_EQ(refused_at([](auto& s) { s.edge[1].rule = drift::StuckRule{}; }), "edge[1].rows");
  EXPECT_EQ(refused_at([](auto& s) { s.fleet->level = 0; }), "fleet.level");
  EXPECT_EQ(refused_at([](auto& s) { s.fleet->after_rows = 0; }), "fleet.after_rows");
  EXPECT_EQ(refused_at([](auto& s) {
              s.fleet.reset();
              s.edge.clear();
            }),
            "edge");
}

}  // namespace
}  // namespace muster::coordinator
