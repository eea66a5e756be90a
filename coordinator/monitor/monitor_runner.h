#pragma once
// One monitor's shell: journals what its core decides and performs what it is owed. Campaigns are
// run by whom it is given.
#include <functional>
#include <memory>
#include <string>

#include "base/blobs.h"
#include "base/caller.h"
#include "base/executor.h"
#include "base/journal.h"
#include "base/log.h"
#include "base/rng.h"
#include "coordinator/campaign/campaign.h"
#include "coordinator/fleet/fleet.h"
#include "coordinator/monitor/judge.h"
#include "coordinator/monitor/metrics.h"
#include "coordinator/monitor/monitor.h"
#include "drift/sketches/ddsketch.h"
#include "registry/registry.h"

namespace muster::coordinator {

// What runners of monitors and triggers share; all of it outlives them.
struct MonitorWorld {
  Journal& journal;
  Clock& clock;
  Blobs& blobs;
  Executor& pool;
  Executor& control;
  Logger& log;
  Fleet& fleet;
  registry::Registry& registry;
  SecureRng& rng;
  MonitorMetrics& metrics;
  // Idempotent: the same specification again changes nothing.
  std::function<Status(const CampaignSpec&, const Caller&)> apply_campaign;
  // Null: there is none of this name.
  std::function<const CampaignState*(const CampaignName&)> campaign;
  std::function<Status(const CampaignName&, const CampaignEvent&)> control_campaign;
  std::function<void(const MonitorName&)> monitor_changed;
};

// Whether trying again later can help: the disk was full, somebody else wrote first.
bool MayPass(const Status& status);

// Used on the control strand only.
class MonitorRunner {
 public:
  MonitorRunner(MonitorName name, MonitorWorld& world);

  // True: it was new, or has changed.
  StatusOr<bool> ApplySpec(const MonitorSpec& spec, const Caller& by);
  // Believes one row of the monitor's stream (start-up).
  Status Believe(const JournalRow& row);
  void Tick();

  // What is news of it is durable on return. `counts`: it is in the metrics of the model.
  Status OnTelemetry(const DeviceId& device, const std::string& spool,
                     std::span<const TelemetryRecord> records, bool counts);
  Status OnFeedback(GiveFeedback feedback, const Caller& by);

  // Its rules for devices, as feedback has taught them: under the names that devices report, over
  // `features` where a rule names no fields.
  std::vector<drift::MonitorSpec> EdgeRules(const std::vector<std::string>& features) const;

  const MonitorState& state() const { return state_; }
  // Whether windows are held against this blob.
  bool Names(const Digest& blob) const;
  MonitorWorldView Look() const;

 private:
  Status Handle(const MonitorEvent& event, const Caller& by);
  StatusOr<MonitorFacts> HandleOnce(const MonitorEvent& event, const Caller& by);
  Status CatchUp();
  Status Record(const MonitorFacts& facts, const Caller& by);
  void Count(const MonitorFacts& facts);
  void FollowAlias();
  void Perform(const SumWindow& effect);
  void Perform(const DrawWindow& effect);
  void Perform(const DropCampaign& effect);
  void Fail(const Window& window, const std::string& why);
  // A window's sums, and what they are held against.
  struct Held {
    Digest tally;
    Digest reference;
    std::optional<Digest> baseline;
    JudgeRule rule;
    ModelName model;
  };
  void Judge(const Window& window, const Digest& tally);
  // On the pool.
  StatusOr<WindowSummed> Refer(const Window& window, const Held& held) const;
  StatusOr<WindowSummed> Compare(const Window& window, const Held& held) const;
  void Close(const Window& window, const StatusOr<WindowSummed>& summed);
  JudgeRule RuleNow() const;
  StatusOr<CampaignSpec> CampaignFor(const Window& window) const;
  void Time(VersionNumber version, const std::string& latency);

  const MonitorName name_;
  MonitorWorld& world_;
  MonitorState state_;
  bool dirty_ = true;  // Something happened since effects were last looked for.
  Timestamp looked_at_;
  std::uint64_t judging_ = 0;                         // The epoch that the pool works on; 0: none.
  std::map<VersionNumber, drift::DdSketch> latency_;  // Milliseconds, since the start.
};

}  // namespace muster::coordinator
