#pragma once
// A valid monitor and a valid trigger for tests to bend, and states that are driven through their
// rows: what a test sees is what a restart would.
#include <gtest/gtest.h>

#include "coordinator/monitor/monitor.h"
#include "coordinator/trigger/trigger.h"

namespace muster::coordinator {

inline Timestamp Noon() { return FromUnixMillis(1'700'000'000'000); }
inline DeviceId Device(int number) { return DeviceId(fmt::format("{:032x}", number)); }

inline CampaignSpec WindowCampaign() {
  CampaignSpec spec;
  spec.name = CampaignName("fleet");
  spec.plan.rounds = 1;
  spec.plan.attempts = 1;
  spec.plan.report_window = Duration(30'000);
  spec.plan.selection.from = SelectionSpec::From::kEnrolled;
  spec.plan.selection.goal = spec.plan.selection.select = kMostCohort;
  spec.plan.selection.minimum = 5;
  spec.secure.emplace();
  spec.secure->least = 5;
  spec.statistics.emplace();
  spec.statistics->contract = ContractName("engine");
  spec.statistics->window.emplace();
  WindowSpec& window = *spec.statistics->window;
  window.monitor = MonitorName("fleet");
  window.model = ModelName("rul");
  window.version = VersionNumber(1);
  return spec;
}

inline MonitorSpec SmallMonitor() {
  MonitorSpec spec;
  spec.name = MonitorName("fleet");
  spec.model = ModelName("rul");
  drift::MonitorSpec shape;
  shape.name = "shape";
  shape.rule = drift::InputRule{};
  drift::MonitorSpec frozen;
  frozen.name = "frozen";
  frozen.rule = drift::StuckRule{.rows = 20};
  spec.edge = {shape, frozen};
  spec.fleet.emplace();
  spec.fleet->campaign = WindowCampaign();
  spec.fleet->after_rows = 50;
  return spec;
}

// A monitor whose every fact goes through its row and back.
class Monitored {
 public:
  explicit Monitored(MonitorSpec spec = SmallMonitor()) { Do(ApplyMonitor{std::move(spec)}); }

  void Do(const MonitorEvent& event, const std::string& by = "system") {
    const auto facts = Decide(state, event, now);
    ASSERT_TRUE(facts.ok()) << facts.status();
    last.clear();
    for (const MonitorFact& fact : *facts) {
      const auto row = EncodeMonitorFact(fact, by, now);
      ASSERT_TRUE(row.ok()) << row.status();
      rows.push_back(*row);
      const auto read = DecodeMonitorFact(MonitorName("fleet"), state.next_seq, *row);
      ASSERT_TRUE(read.ok()) << read.status();
      EXPECT_EQ(EncodeMonitorFact(read->fact, read->by, read->at).value(), *row);
      Apply(state, *read);
      last.push_back(read->fact);
    }
  }
  void Watch(std::uint64_t version) { Do(VersionInService{VersionNumber(version)}); }
  // Opens and closes a reference or a window.
  void Close(WindowOutcome outcome, bool baseline = false) {
    Do(OpenWindow{7});
    ASSERT_TRUE(state.open);
    Do(WindowSummed{state.open->epoch, std::move(outcome), Digest(), baseline});
  }
  void Hear(int device, std::vector<TelemetryRecord> records) {
    Do(TelemetryHeard{Device(device), "spool", records}, "device/" + Device(device).value());
  }

  MonitorState state;
  Timestamp now = Noon();
  std::vector<std::string> rows;
  MonitorFacts last;
};

inline TelemetryRecord Record(TelemetryClass cls, std::uint64_t sequence, Timestamp time) {
  TelemetryRecord out;
  out.cls = cls;
  out.sequence = sequence;
  out.time = time;
  out.model = ModelName("rul");
  out.version = VersionNumber(1);
  return out;
}
inline TelemetryRecord Alarm(std::uint64_t sequence, Timestamp at, bool began = true,
                             std::string rule = "fleet.shape", std::string field = "s1") {
  TelemetryRecord out = Record(TelemetryClass::kAlarm, sequence, at);
  DriftFinding finding;
  finding.monitor = std::move(rule);
  finding.kind = "input";
  finding.field = std::move(field);
  finding.began = began;
  finding.to = at;
  finding.text = "s1 is distributed otherwise";
  out.what = finding;
  return out;
}
inline TelemetryRecord Rows(std::uint64_t sequence, std::uint64_t rows, Timestamp at) {
  TelemetryRecord out = Record(TelemetryClass::kSummary, sequence, at);
  Served served;
  served.rows = served.predictions = rows;
  served.from = served.to = at;
  out.what = served;
  return out;
}
inline TelemetryRecord Said(std::uint64_t sequence, Feedback::Verdict verdict, std::string id,
                            Timestamp at) {
  TelemetryRecord out = Record(TelemetryClass::kFeedback, sequence, at);
  Feedback feedback;
  feedback.id = std::move(id);
  feedback.verdict = verdict;
  out.what = feedback;
  return out;
}

inline WindowOutcome Judged(bool drifted, double error = 0, const std::string& field = "s1") {
  WindowOutcome out;
  out.judged = true;
  out.drifted = drifted;
  out.level = 0.01;
  out.devices = 60;
  out.shards = 12;
  out.rows = 3000;
  WindowFeature feature;
  feature.name = field;
  feature.drifted = drifted;
  feature.p = drifted ? 1.2e-5 : 0.5;
  feature.now = {0, 400'000, 600'000, 0};
  feature.before = {0, 500'000, 500'000, 0};
  feature.hi = 1;
  out.features.push_back(feature);
  if (error > 0) out.measures.push_back({"error", error, 3000});
  return out;
}

inline CampaignSpec TemplateCampaign() {
  CampaignSpec spec;
  spec.name = CampaignName("retrain");
  spec.model = ModelName("rul");
  spec.plan.rounds = 3;
  spec.plan.selection.goal = spec.plan.selection.select = 20;
  spec.plan.selection.minimum = 3;
  spec.plan.selection.labels = {{"role", "train"}};
  spec.aggregation.rule = aggregation::FedAvg{};
  return spec;
}

inline DriftCondition DriftBy(std::string monitor, std::uint32_t windows = 1,
                              std::vector<std::string> fields = {}) {
  DriftCondition out;
  out.monitor = MonitorName(std::move(monitor));
  out.windows = windows;
  out.fields = std::move(fields);
  return out;
}
inline PerformanceCondition ErrorBy(std::string monitor) {
  PerformanceCondition out;
  out.monitor = MonitorName(std::move(monitor));
  return out;
}

inline TriggerSpec SmallTrigger(Condition when = {DriftBy("fleet")}) {
  TriggerSpec spec;
  spec.name = TriggerName("retrain");
  spec.model = ModelName("rul");
  spec.when = std::move(when);
  spec.action.campaign = TemplateCampaign();
  spec.action.promote = "champion";
  return spec;
}

// A trigger over one monitor, whose every fact goes through its row and back.
class Triggered {
 public:
  explicit Triggered(const Monitored& monitor, TriggerSpec spec = SmallTrigger())
      : monitor_(monitor) {
    Do(ApplyTrigger{std::move(spec), Seen()});
  }

  Status Try(const TriggerEvent& event, const std::string& by = "system") {
    const auto facts = Decide(state, event, monitor_.now);
    MUSTER_TRY(facts.status());
    for (const TriggerFact& fact : *facts) {
      MUSTER_ASSIGN(const std::string row, EncodeTriggerFact(fact, by, monitor_.now));
      MUSTER_ASSIGN(const auto read,
                    DecodeTriggerFact(TriggerName("retrain"), state.next_seq, row));
      EXPECT_EQ(EncodeTriggerFact(read.fact, read.by, read.at).value(), row);
      Apply(state, read);
      rows.push_back(row);
    }
    return Ok();
  }
  void Do(const TriggerEvent& event, const std::string& by = "system") {
    const Status done = Try(event, by);
    ASSERT_TRUE(done.ok()) << done;
  }
  SeenMap Seen() const { return {{MonitorName("fleet"), SeenOf(monitor_.state)}}; }
  Evidence Now() const {
    return EvidenceFor(state, monitor_.now, {{MonitorName("fleet"), &monitor_.state}});
  }
  Explanation Why(const Spending& spent = {}) const { return ExplainTrigger(state, Now(), spent); }
  // Fires when it would, as the shell does.
  bool Look(const Spending& spent = {}) {
    const Explanation why = Why(spent);
    if (!why.met) return false;
    Do(Fire{why, Seen(), {}, VersionNumber(1)});
    return true;
  }

  TriggerState state;
  std::vector<std::string> rows;

 private:
  const Monitored& monitor_;
};

}  // namespace muster::coordinator
