// Monitors and triggers in the shipped coordinator, over disks that outlive it.
#include <gtest/gtest.h>

#include "aggregation/statistics/window.h"
#include "base/safetensors.h"
#include "base/seeded.h"
#include "coordinator/runner/coordinator.h"
#include "platform/sha256.h"
#include "tests/support/manual_executor.h"
#include "tests/support/memory_blobs.h"
#include "tests/support/memory_journal.h"
#include "tests/support/null_metrics.h"
#include "tests/support/recorded_metrics.h"
#include "tests/support/status_matchers.h"
#include "tests/support/symbolic_crypto.h"
#include "tests/unit/coordinator_monitors/monitor_world.h"

namespace muster::coordinator {
namespace {
namespace statistics = aggregation::statistics;
using absl::StatusCode;
using testing::Fails;
using testing::IsOk;

class NoIdentities final : public Identities {
 public:
  Status Verify(ByteView, ByteView, ByteView) const override { return Ok(); }
  StatusOr<std::string> IssueDevice(const std::string&, const DeviceId& id) override {
    return id.value();
  }
  std::string ca_pem() const override { return "ca"; }
};

// Sixty devices that train, and twenty that evaluate.
class FullDirectory final : public DeviceDirectory {
 public:
  Status Put(const DeviceRecord&) override { return Ok(); }
  Status Erase(const DeviceId&) override { return Ok(); }
  StatusOr<std::vector<DeviceRecord>> All() override {
    std::vector<DeviceRecord> out;
    for (int d = 0; d < 80; ++d)
      out.push_back({Device(d),
                     DeviceName(fmt::format("node-{:03}", d)),
                     {{"role", d < 60 ? "train" : "test"}},
                     "",
                     Noon()});
    return out;
  }
};

// The coordinator's process; its disks are the test's.
struct Process {
  Process(ManualClock& clock, std::shared_ptr<testing::MemoryJournal::Disk> journal_disk,
          std::shared_ptr<testing::MemoryBlobs::Disk> blobs_disk, const Crypto& crypto)
      : journal(std::move(journal_disk)),
        blobs(std::move(blobs_disk)),
        registry(journal, blobs, clock, log),
        coordinator({clock, *executor, jitter, rng, journal, blobs, files, directory, identities,
                     crypto, registry, log, metrics},
                    {Bytes(32), {}}) {}
  ~Process() { executor.reset(); }
  std::unique_ptr<testing::ManualExecutor> executor = std::make_unique<testing::ManualExecutor>();
  testing::MemoryJournal journal;
  testing::MemoryBlobs blobs;
  testing::MemoryFiles files;
  FullDirectory directory;
  SeededRng jitter{7};
  testing::SeededSecureRng rng{8};
  NoIdentities identities;
  NullLogger log;
  testing::NullMetrics metrics;
  registry::Registry registry;
  Coordinator coordinator;
};

class Monitors : public ::testing::Test {
 protected:
  Monitors() {
    Restart();
    registry::ContractSpec contract;
    contract.name = ContractName("engine");
    contract.fields = {{"s1", registry::FieldType::kFloat, "1", 0.0, 1.0, ""},
                       {"rul", registry::FieldType::kFloat, "1", 0.0, 1.0, ""}};
    EXPECT_THAT(process_->registry.ApplyContract(contract, false, kAnn), IsOk());
    registry::ModelSpec model;
    model.name = ModelName("rul");
    model.contract = contract.name;
    model.input.features = {"s1"};
    model.label.field = "rul";
    EXPECT_THAT(process_->registry.ApplyModel(model, {}, kAnn), IsOk());
    Publish(1);
    Promote(1);
  }

  void Restart() {
    process_.reset();
    process_ = std::make_unique<Process>(clock_, journal_, blobs_, crypto_);
    EXPECT_THAT(process_->registry.Recover(), IsOk());
    EXPECT_THAT(process_->coordinator.Recover(), IsOk());
    process_->coordinator.Start();
    Settle();
  }
  void Settle() { process_->executor->RunUntil(clock_.Now()); }
  void Pass(Duration time = Duration(1'000)) {
    const Timestamp until = clock_.Now() + time;
    while (clock_.Now() < until) {
      clock_.Advance(Duration(200));
      Settle();
    }
  }

  void Publish(int number) {
    const Params params{*Layout::Make({{"w", DType::kF32, {1}}}), {static_cast<float>(number)}};
    const auto digest = process_->blobs.Put(SerializeParams(params.View()));
    EXPECT_THAT(
        process_->registry.CreateVersion({ModelName("rul"), *digest, std::nullopt, {}}, kAnn),
        IsOk());
  }
  void Promote(std::uint64_t version) {
    EXPECT_THAT(
        process_->registry.SetAlias({ModelName("rul"), "champion", VersionNumber(version)}, kAnn),
        IsOk());
  }

  StatusOr<Coordinator::AppliedMonitor> ApplyMonitor(MonitorSpec spec, bool dry_run = false) {
    StatusOr<Coordinator::AppliedMonitor> out = Internal("no answer");
    process_->coordinator.ApplyMonitor(std::move(spec), dry_run, {}, kAnn,
                                       [&](auto applied) { out = std::move(applied); });
    Settle();
    return out;
  }
  StatusOr<Coordinator::AppliedTrigger> ApplyTrigger(TriggerSpec spec, bool dry_run = false) {
    StatusOr<Coordinator::AppliedTrigger> out = Internal("no answer");
    process_->coordinator.ApplyTrigger(std::move(spec), dry_run, {}, kAnn,
                                       [&](auto applied) { out = std::move(applied); });
    Settle();
    return out;
  }
  MonitorSnapshot Monitor() {
    MonitorSnapshot out;
    process_->coordinator.GetMonitor(MonitorName("fleet"), [&](auto s) { out = s.value(); });
    Settle();
    return out;
  }
  TriggerSnapshot Trigger() {
    TriggerSnapshot out;
    process_->coordinator.GetTrigger(TriggerName("retrain"), [&](auto s) { out = s.value(); });
    Settle();
    return out;
  }
  StatusOr<CampaignSnapshot> Campaign(const std::string& name) {
    StatusOr<CampaignSnapshot> out = Internal("no answer");
    process_->coordinator.Get(CampaignName(name), [&](auto s) { out = std::move(s); });
    Settle();
    return out;
  }
  Status Hear(int device, std::vector<TelemetryRecord> records) {
    return process_->coordinator.OnTelemetry(Device(device), "spool", records);
  }
  void Serve(std::uint64_t sequence) {
    for (int d = 0; d < 60; ++d) EXPECT_THAT(Hear(d, {Rows(sequence, 100, clock_.Now())}), IsOk());
  }

  static inline const Caller kAnn = Caller::Operator("ann");
  ManualClock clock_{Noon()};
  platform::OpenSslHasher hasher_;
  testing::SymbolicCrypto crypto_{hasher_};
  std::shared_ptr<testing::MemoryJournal::Disk> journal_ = testing::MemoryJournal::NewDisk();
  std::shared_ptr<testing::MemoryBlobs::Disk> blobs_ =
      std::make_shared<testing::MemoryBlobs::Disk>();
  std::unique_ptr<Process> process_;
};

MonitorSpec Asked() {
  MonitorSpec spec = SmallMonitor();
  spec.fleet->campaign.plan.selection.labels = {{"role", "train"}};
  spec.labels = {{"role", "train"}};
  return spec;
}

TEST_F(Monitors, AMonitorStartsItsReferenceByItselfAndARestartGoesOn) {
  const auto applied = ApplyMonitor(Asked());
  ASSERT_THAT(applied, IsOk());
  EXPECT_TRUE(applied->created);
  Pass();
  EXPECT_EQ(Monitor().phase, "referring");
  const auto campaign = Campaign("fleet.1-1");
  ASSERT_THAT(campaign, IsOk());
  const StatisticsSpec& asked = *campaign->state.spec.statistics;
  EXPECT_TRUE(asked.window->reference);
  EXPECT_EQ(asked.window->version.value(), 1u);
  EXPECT_EQ(asked.contract.value(), "engine");
  EXPECT_NE(campaign->state.spec.plan.seed, 0u) << "drawn, so that nobody chooses its shard";
  Restart();
  EXPECT_EQ(Monitor().phase, "referring");
  EXPECT_THAT(ApplyMonitor(Asked()), IsOk());
  Pass();
  EXPECT_THAT(Campaign("fleet.1-2"), Fails(StatusCode::kNotFound, Reason::kRESOURCE_NOT_FOUND));
}

TEST_F(Monitors, AWindowOfAVersionThatIsNotInServiceAnyMoreIsCancelled) {
  ASSERT_THAT(ApplyMonitor(Asked()), IsOk());
  Pass();
  Publish(2);
  Promote(2);
  Pass(Duration(60'000));
  EXPECT_EQ(PhaseOf(Campaign("fleet.1-1")->state), "cancelled");
  EXPECT_EQ(Monitor().version.value(), 2u);
  EXPECT_THAT(Campaign("fleet.2-2"), IsOk());
}

TEST_F(Monitors, ACampaignThatSomebodyCancelsIsAWindowThatWasNotJudged) {
  ASSERT_THAT(ApplyMonitor(Asked()), IsOk());
  Pass();
  process_->coordinator.Control(CampaignName("fleet.1-1"), CancelCampaign{"no"}, kAnn,
                                [](const auto& done) { EXPECT_THAT(done, IsOk()); });
  Pass();
  EXPECT_EQ(Monitor().phase, "waiting");
  EXPECT_NE(Monitor().why.find("campaign fleet.1-1 is cancelled"), std::string::npos);
  Pass(Duration(31'000));
  EXPECT_THAT(Campaign("fleet.1-2"), IsOk()) << "the next is tried after a pause";
}

TEST_F(Monitors, DevicesGetTheRulesOfTheMonitorsThatAreAboutThem) {
  ASSERT_THAT(ApplyMonitor(Asked()), IsOk());
  Coordinator& coordinator = process_->coordinator;
  const std::string rules = coordinator.RulesFor(ModelName("rul"), "champion", {{"role", "train"}});
  const auto read = drift::ReadMonitors(ParseJson(rules).value());
  ASSERT_THAT(read, IsOk());
  ASSERT_EQ(read->size(), 2u);
  EXPECT_EQ((*read)[0].name, "fleet.shape");
  EXPECT_EQ((*read)[0].fields, std::vector<std::string>{"s1"});
  EXPECT_EQ(coordinator.RulesFor(ModelName("rul"), "champion", {{"role", "test"}}), "");
  EXPECT_EQ(coordinator.RulesFor(ModelName("rul"), "canary", {{"role", "train"}}), "");
  GiveFeedback tap;
  tap.rule = "shape";
  coordinator.HearFeedback(MonitorName("fleet"), tap, kAnn,
                           [](const auto& done) { EXPECT_THAT(done, IsOk()); });
  Settle();
  EXPECT_NE(coordinator.RulesFor(ModelName("rul"), "champion", {{"role", "train"}}), rules)
      << "and what people taught them";
}

TEST_F(Monitors, WhatDoesNotFitTheModelIsRefusedWithItsPlace) {
  const auto refused_at = [&](auto bend) {
    MonitorSpec spec = Asked();
    bend(spec);
    return FieldOf(ApplyMonitor(spec, true).status());
  };
  EXPECT_EQ(refused_at([](auto&) {}), "");
  EXPECT_EQ(refused_at([](auto& s) { s.edge[0].fields = {"s2"}; }), "edge[0].fields[0]");
  EXPECT_EQ(refused_at([](auto& s) { s.edge[0].fields = {"$error"}; }), "");
  EXPECT_EQ(refused_at([](auto& s) { s.model = ModelName("rule"); }), "model");
  EXPECT_EQ(refused_at([](auto& s) { s.fleet->campaign.statistics->fields = {"s9"}; }),
            "fleet.fields[0]");
  EXPECT_EQ(refused_at([](auto& s) { s.fleet->campaign.statistics->window->shard = 1; }),
            "fleet.shard");
  EXPECT_THAT(ApplyTrigger(SmallTrigger(), true),
              Fails(StatusCode::kFailedPrecondition, Reason::kRESOURCE_NOT_FOUND));
}

TEST_F(Monitors, TelemetryOfStrangersAndOfDevicesItIsNotAboutChangesNothing) {
  ASSERT_THAT(ApplyMonitor(Asked()), IsOk());
  EXPECT_THAT(Hear(999, {Rows(1, 1, clock_.Now())}),
              Fails(StatusCode::kPermissionDenied, Reason::kNOT_ENROLLED));
  EXPECT_THAT(Hear(70, {Alarm(1, clock_.Now())}), IsOk());
  EXPECT_TRUE(Monitor().findings.empty());
  EXPECT_THAT(Hear(1, {Alarm(1, clock_.Now())}), IsOk());
  EXPECT_EQ(Monitor().findings.size(), 1u);
}

// The whole way, with what devices would do put in its place: alarms of a quorum, a campaign over
// the drifted devices, which an operator ends.
TEST_F(Monitors, AQuorumOfAlarmsStartsACampaignOnTheDriftedDevices) {
  ASSERT_THAT(ApplyMonitor(Asked()), IsOk());
  TriggerSpec spec = SmallTrigger({DevicesCondition{MonitorName("fleet"), "", "", 8}});
  spec.action.cohort = {true, 0.5, 5};
  ASSERT_THAT(ApplyTrigger(spec), IsOk());
  Serve(1);
  for (int d = 0; d < 7; ++d) EXPECT_THAT(Hear(d, {Alarm(1, clock_.Now())}), IsOk());
  Pass();
  EXPECT_EQ(Trigger().phase, "armed");
  EXPECT_FALSE(Trigger().explanation.met);
  EXPECT_THAT(Hear(7, {Alarm(1, clock_.Now())}), IsOk());
  Pass();
  EXPECT_EQ(Trigger().phase, "training");
  const auto campaign = Campaign("retrain-1");
  ASSERT_THAT(campaign, IsOk());
  EXPECT_EQ(campaign->state.spec.plan.selection.devices.size(), 12u);
  EXPECT_EQ(campaign->state.spec.base_version.value(), 1u);
  EXPECT_EQ(campaign->state.applied_by, "system");
  Restart();
  Pass();
  ASSERT_EQ(Trigger().state.firings.size(), 1u) << "a restart fires nothing again";
  EXPECT_EQ(Trigger().state.Open()->campaign.value(), "retrain-1");
  process_->coordinator.Control(CampaignName("retrain-1"), CancelCampaign{"no"}, kAnn,
                                [](const auto& done) { EXPECT_THAT(done, IsOk()); });
  Pass();
  EXPECT_EQ(Trigger().state.Last()->phase, FiringPhase::kFailed);
  EXPECT_EQ(Trigger().phase, "cooling");
}

TEST_F(Monitors, ATriggerThatAsksTakesItsAnswerFromAPerson) {
  ASSERT_THAT(ApplyMonitor(Asked()), IsOk());
  TriggerSpec spec = SmallTrigger({ScheduleCondition{Duration(1'000)}});
  spec.ask.emplace();
  ASSERT_THAT(ApplyTrigger(spec), IsOk());
  Pass(Duration(3'000));
  EXPECT_EQ(Trigger().phase, "asking");
  EXPECT_THAT(Campaign("retrain-1"), Fails(StatusCode::kNotFound, Reason::kRESOURCE_NOT_FOUND));
  int seen = 0;
  const auto token = process_->coordinator.WatchTrigger(TriggerName("retrain"), [&] { ++seen; });
  process_->coordinator.AnswerTrigger(TriggerName("retrain"), {0, true, "go", true}, kAnn,
                                      [](const auto& done) { EXPECT_THAT(done, IsOk()); });
  Pass();
  EXPECT_EQ(Trigger().phase, "training");
  EXPECT_GE(seen, 1);
  EXPECT_THAT(Campaign("retrain-1"), IsOk());
}

// A shell over a table of campaigns: what a window's devices would sum is given.
class Shell : public Monitors {
 protected:
  Shell()
      : fleet_(process_->journal, process_->directory, process_->identities, crypto_, clock_,
               process_->log, Bytes(32)) {
    EXPECT_THAT(fleet_.Recover(), IsOk());
  }
  statistics::WindowTally Tally(const CampaignSpec& spec, std::uint64_t shift,
                                std::uint64_t predicted) {
    statistics::WindowTally out;
    const WindowSpec& window = *spec.statistics->window;
    out.query.monitor = window.monitor.value();
    out.query.epoch = window.epoch;
    out.query.contract = "engine";
    out.query.version = 1;
    out.query.model = "rul";
    out.query.model_version = window.version.value();
    out.query.reference = window.reference;
    out.query.fields = {{"s1", 0, 1, 10}};
    if (window.prediction && !window.reference)
      out.query.fields.push_back({std::string(statistics::kPredictionField), 0, 1, 10});
    SeededRng rng(window.epoch);
    for (int g = 0; g < 12; ++g) {
      auto& shard = out.shards.emplace_back();
      shard.devices = 5;
      for (const auto& field : statistics::FieldsOf(out.query))
        shard.totals.emplace_back(field.count);
      for (int i = 0; i < 250; ++i) ++shard.totals[0][1 + rng.Below(6) + shift];
      if (out.query.fields.size() > 1)
        for (int i = 0; i < 250; ++i) ++shard.totals[0][14 + rng.Below(6) + predicted];
      shard.totals.back()[0] = 5;
    }
    return out;
  }
  // What the campaign of the window that is open came to.
  void Complete(const std::string& name, std::uint64_t shift, std::uint64_t predicted = 0) {
    CampaignState& state = campaigns_.at(CampaignName(name));
    const auto text = statistics::EncodeWindowTally(Tally(state.spec, shift, predicted));
    ASSERT_THAT(text, IsOk());
    state.params = process_->blobs.Put(AsBytes(*text)).value();
    state.phase = Completed{"all rounds done"};
  }
  TriggerWorld WorldOf(const MonitorRunner& monitor) {
    return {.shared = world_,
            .monitors =
                [&monitor] {
                  return std::map<MonitorName, const MonitorState*>{
                      {MonitorName("fleet"), &monitor.state()}};
                },
            .trigger_changed = [](const TriggerName&) {}};
  }
  // Sixty devices serve enough for a window, which comes to this.
  const Window& Pass(MonitorRunner& runner, std::uint64_t sequence, std::uint64_t shift,
                     std::uint64_t predicted) {
    for (int d = 0; d < 60; ++d) {
      const TelemetryRecord rows = Rows(sequence, 50, clock_.Now());
      EXPECT_THAT(runner.OnTelemetry(Device(d), "spool", std::span(&rows, 1), true), IsOk());
    }
    Tick(runner);
    Complete(runner.state().open->campaign.value(), shift, predicted);
    Tick(runner);
    return runner.state().windows.back();
  }
  void Tick(MonitorRunner& runner) {
    clock_.Advance(Duration(1'000));
    for (int i = 0; i < 3; ++i) {
      runner.Tick();
      executor_.Run();
    }
  }

  std::map<CampaignName, CampaignState> campaigns_;
  testing::ManualExecutor executor_;
  testing::RecordedMetrics told_;
  MonitorMetrics metrics_{told_};
  Fleet fleet_;
  MonitorWorld world_{.journal = process_->journal,
                      .clock = clock_,
                      .blobs = process_->blobs,
                      .pool = executor_,
                      .control = executor_,
                      .log = process_->log,
                      .fleet = fleet_,
                      .registry = process_->registry,
                      .rng = process_->rng,
                      .metrics = metrics_,
                      .apply_campaign =
                          [this](const CampaignSpec& spec, const Caller&) {
                            EXPECT_THAT(Validate(spec), IsOk());
                            campaigns_[spec.name].spec = spec;
                            return Ok();
                          },
                      .campaign = [this](const CampaignName& name) -> const CampaignState* {
                        const auto known = campaigns_.find(name);
                        return known == campaigns_.end() ? nullptr : &known->second;
                      },
                      .control_campaign =
                          [this](const CampaignName& name, const CampaignEvent&) {
                            campaigns_.at(name).phase = CancelledByPeople{"dropped"};
                            return Ok();
                          },
                      .monitor_changed = [](const MonitorName&) {}};
};

TEST_F(Shell, TakesTheReferenceAndJudgesWindowsAgainstIt) {
  MonitorRunner runner(MonitorName("fleet"), world_);
  ASSERT_THAT(runner.ApplySpec(Asked(), kAnn), IsOk());
  Tick(runner);
  Complete("fleet.1-1", 0);
  Tick(runner);
  ASSERT_TRUE(runner.state().references.contains(VersionNumber(1)));
  const Digest reference = runner.state().references.at(VersionNumber(1)).digest;
  EXPECT_TRUE(process_->registry.Uses(reference)) << "it is kept with the version";
  const auto version = process_->registry.GetVersion(ModelName("rul"), VersionNumber(1));
  EXPECT_EQ(version->notes.references.at(MonitorName("fleet")).digest, reference);
  EXPECT_EQ(version->notes.references.at(MonitorName("fleet")).extent,
            (registry::ReferenceExtent{3000, 60, 12}));
  registry::Registry again(process_->journal, process_->blobs, clock_, process_->log);
  ASSERT_THAT(again.Recover(), IsOk());
  EXPECT_TRUE(again.Uses(reference)) << "and found again by the journal alone";
  const auto serve = [&](std::uint64_t sequence) {
    for (int d = 0; d < 60; ++d) {
      const TelemetryRecord rows = Rows(sequence, 50, clock_.Now());
      EXPECT_THAT(runner.OnTelemetry(Device(d), "spool", std::span(&rows, 1), true), IsOk());
    }
  };
  serve(1);
  Tick(runner);
  Complete("fleet.1-2", 0);
  Tick(runner);
  ASSERT_EQ(runner.state().windows.size(), 1u);
  EXPECT_TRUE(runner.state().windows[0].outcome.judged) << runner.state().windows[0].outcome.why;
  EXPECT_FALSE(runner.state().windows[0].outcome.drifted);
  serve(2);
  Tick(runner);
  Complete("fleet.1-3", 3);
  Tick(runner);
  ASSERT_EQ(runner.state().windows.size(), 2u);
  EXPECT_TRUE(runner.state().windows[1].outcome.drifted);
  EXPECT_EQ(runner.state().windows[1].outcome.devices, 60u);
}

// A gateway sends another unit past the fields that are watched: no input moves, what is predicted
// does.
TEST_F(Shell, PredictionsThatMoveWhileNoInputDoesAreDriftAndARestartGoesOn) {
  MonitorSpec spec = Asked();
  spec.fleet->campaign.statistics->window->prediction = true;
  MonitorRunner runner(MonitorName("fleet"), world_);
  ASSERT_THAT(runner.ApplySpec(spec, kAnn), IsOk());
  Tick(runner);
  Complete("fleet.1-1", 0);
  Tick(runner);
  EXPECT_TRUE(Pass(runner, 1, 3, 3).outcome.drifted);
  EXPECT_TRUE(runner.state().baselines.empty()) << "rows have drifted";
  const WindowFeature first = Pass(runner, 2, 0, 0).outcome.features.at(1);
  EXPECT_EQ(first.why, "this window is the baseline that later ones are held against");
  const Baseline baseline = runner.state().baselines.at(VersionNumber(1));
  EXPECT_EQ(baseline.epoch, 3u);
  EXPECT_TRUE(runner.Names(baseline.digest)) << "so nothing removes it";
  EXPECT_FALSE(runner.Names(campaigns_.at(CampaignName("fleet.1-2")).params));
  const WindowFeature calm = Pass(runner, 3, 0, 0).outcome.features.at(1);
  EXPECT_EQ(calm.why, "");
  EXPECT_EQ(calm.baseline, 3u);
  EXPECT_FALSE(calm.drifted);

  MonitorRunner again(MonitorName("fleet"), world_);
  ASSERT_THAT(process_->journal.Read("monitor/fleet", 0,
                                     [&](const JournalRow& row) { return again.Believe(row); }),
              IsOk());
  EXPECT_EQ(again.state().baselines, runner.state().baselines);
  const Window moved = Pass(again, 4, 0, 3);
  EXPECT_TRUE(moved.outcome.drifted);
  EXPECT_FALSE(moved.outcome.features.at(0).drifted);
  EXPECT_TRUE(moved.outcome.features.at(1).drifted);
  EXPECT_EQ(moved.outcome.features.at(1).baseline, 3u);
}

TEST_F(Shell, WhatWaitsForPeopleIsCountedOnceEach) {
  MonitorRunner monitor(MonitorName("fleet"), world_);
  ASSERT_THAT(monitor.ApplySpec(Asked(), kAnn), IsOk());
  TriggerWorld world = WorldOf(monitor);
  TriggerSpec spec = SmallTrigger({ScheduleCondition{Duration(1'000)}});
  spec.cool_down = Duration(0);
  spec.ask.emplace();
  spec.budget.campaigns = 1;
  TriggerRunner trigger(TriggerName("retrain"), world);
  ASSERT_THAT(trigger.ApplySpec(spec, kAnn), IsOk());
  const auto look = [&] {
    clock_.Advance(Duration(1'000));
    trigger.Tick(true);
  };
  trigger.Tick(true);
  EXPECT_EQ(told_.Value("muster_trigger_asking/retrain"), 0);
  look();
  EXPECT_EQ(told_.Value("muster_trigger_asking/retrain"), 1);
  EXPECT_THAT(trigger.Answer({0, true, "go", true}, kAnn), IsOk());
  look();
  EXPECT_EQ(told_.Value("muster_trigger_asking/retrain"), 0);
  EXPECT_EQ(told_.Value("muster_trigger_over_budget_total/retrain"), 0) << "it trains";

  registry::ModelSpec model = process_->registry.GetModel(ModelName("rul"))->spec;
  model.gates.emplace();
  model.gates->approvals = registry::ApprovalsGate{1, "operator"};
  ASSERT_THAT(process_->registry.ApplyModel(model, {}, kAnn), IsOk());
  Publish(2);
  CampaignState& campaign = campaigns_.at(CampaignName("retrain-1"));
  campaign.evaluations.emplace_back().version = VersionNumber(2);
  campaign.phase = Completed{"all rounds done"};
  look();
  EXPECT_EQ(trigger.state().Last()->phase, FiringPhase::kHeld);
  EXPECT_EQ(told_.Value("muster_candidates_held_total/retrain"), 1);

  for (int i = 0; i < 3; ++i) look();
  EXPECT_EQ(trigger.state().firings.size(), 1u);
  EXPECT_EQ(told_.Value("muster_trigger_over_budget_total/retrain"), 1) << "not at each look";
}

TEST_F(Shell, VersionsThatDevicesCouldNotServeAreCountedWithTheReason) {
  MonitorRunner monitor(MonitorName("fleet"), world_);
  ASSERT_THAT(monitor.ApplySpec(Asked(), kAnn), IsOk());
  std::vector<TelemetryRecord> records;
  for (const auto& [state, reason] :
       {std::pair("serving", ""), std::pair("refused", "SELF_TEST_FAILED"),
        std::pair("fallen_back", "TASK_FAILED")}) {
    records.push_back(Record(TelemetryClass::kState, records.size() + 1, clock_.Now()));
    records.back().what = Loaded{state, reason, ""};
  }
  for (int i = 0; i < 2; ++i)
    EXPECT_THAT(monitor.OnTelemetry(Device(1), "spool", records, true), IsOk());
  EXPECT_EQ(told_.Value("muster_versions_failed_total/fleet/SELF_TEST_FAILED/refused"), 1);
  EXPECT_EQ(told_.Value("muster_versions_failed_total/fleet/TASK_FAILED/fallen_back"), 1);
  EXPECT_EQ(told_.Value("muster_versions_failed_total/fleet//serving"), 0);
}

TEST_F(Shell, ACandidateGoesThroughTheGatesOfTheModel) {
  MonitorRunner monitor(MonitorName("fleet"), world_);
  ASSERT_THAT(monitor.ApplySpec(Asked(), kAnn), IsOk());
  TriggerWorld world = WorldOf(monitor);
  TriggerSpec spec = SmallTrigger({ScheduleCondition{Duration(1'000)}});
  spec.cool_down = Duration(0);
  TriggerRunner trigger(TriggerName("retrain"), world);
  ASSERT_THAT(trigger.ApplySpec(spec, kAnn), IsOk());
  const auto fire = [&](const char* campaign, std::uint64_t version) {
    clock_.Advance(Duration(1'000));
    trigger.Tick(true);
    trigger.Tick(true);
    CampaignState& state = campaigns_.at(CampaignName(campaign));
    state.evaluations.emplace_back().version = VersionNumber(version);
    state.phase = Completed{"all rounds done"};
    trigger.Tick(true);
  };
  Publish(2);
  fire("retrain-1", 2);
  EXPECT_EQ(trigger.state().Last()->phase, FiringPhase::kPromoted);
  EXPECT_EQ(process_->registry.Resolve(ModelName("rul"), "champion")->version.value(), 2u);
  registry::ModelSpec model = process_->registry.GetModel(ModelName("rul"))->spec;
  model.gates.emplace();
  model.gates->approvals = registry::ApprovalsGate{1, "operator"};
  ASSERT_THAT(process_->registry.ApplyModel(model, {}, kAnn), IsOk());
  Publish(3);
  fire("retrain-2", 3);
  EXPECT_EQ(trigger.state().Last()->phase, FiringPhase::kHeld);
  EXPECT_EQ(trigger.state().Last()->verdicts.size(), 1u);
  EXPECT_EQ(process_->registry.Resolve(ModelName("rul"), "champion")->version.value(), 2u);
}

}  // namespace
}  // namespace muster::coordinator
