#pragma once
// One trigger's shell: looks at what monitors say, journals what its core decides, starts campaigns
// and offers what they made for promotion.
#include <functional>
#include <string>

#include "coordinator/monitor/monitor_runner.h"
#include "coordinator/trigger/trigger.h"

namespace muster::coordinator {

struct TriggerWorld {
  MonitorWorld& shared;
  std::function<std::map<MonitorName, const MonitorState*>()> monitors;
  std::function<void(const TriggerName&)> trigger_changed;
};

// Used on the control strand only.
class TriggerRunner {
 public:
  TriggerRunner(TriggerName name, TriggerWorld& world);

  // True: it was new, or has changed.
  StatusOr<bool> ApplySpec(const TriggerSpec& spec, const Caller& by);
  // Believes one row of the trigger's stream (start-up).
  Status Believe(const JournalRow& row);
  // `news`: monitors have changed since the last tick.
  void Tick(bool news);
  Status Answer(const AnswerFiring& answer, const Caller& by);

  // Of now.
  Explanation ExplainNow() const;
  const TriggerState& state() const { return state_; }
  // The campaign of a firing; null: there is none.
  const CampaignState* CampaignOf(const FiringRecord& firing) const;

 private:
  Status Handle(const TriggerEvent& event, const Caller& by);
  StatusOr<bool> HandleOnce(const TriggerEvent& event, const Caller& by);
  void Count(const TriggerFacts& facts);
  Status CatchUp();
  Status Record(const TriggerFacts& facts, const Caller& by);
  Evidence EvidenceNow() const;
  SeenMap SeenNow() const;
  void Consider();
  CohortPool PoolFor(const Evidence& evidence) const;
  void Perform(const RunCampaign& effect);
  void StartCampaign(const FiringRecord& firing);
  void Finish(const FiringRecord& firing, const CampaignState& campaign);
  StatusOr<CandidateFound> Offer(std::uint64_t number, VersionNumber version);
  void Tell(const TriggerEvent& event);

  const TriggerName name_;
  TriggerWorld& world_;
  TriggerState state_;
  Timestamp looked_at_;
  bool over_budget_ = false;  // At the last look: each time is counted once.
};

}  // namespace muster::coordinator
