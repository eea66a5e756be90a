#pragma once
// The life of a trigger, as data: each firing with its evidence, what a person answered, the
// campaign that it started and what became of the version. Decide, record, believe, act.
#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "coordinator/campaign/campaign.h"
#include "coordinator/monitor/recorded.h"
#include "coordinator/trigger/explain.h"
#include "coordinator/trigger/spec.h"
#include "registry/gate.h"

namespace muster::coordinator {

inline constexpr std::size_t kMostFirings = 50;     // That are remembered whole.
inline constexpr std::size_t kMostStarted = 1000;   // Campaigns that budgets look back at.
inline constexpr std::size_t kMostChosen = 10'000;  // Devices that a firing names; beyond: all.

// Whom a campaign asks, by the firing's evidence.
struct Cohort {
  std::vector<DeviceId> drifted;
  std::vector<DeviceId> others;
  // Devices that evaluate: with an open alarm, and those that serve without one. Both or none.
  std::vector<DeviceId> evaluate_drifted;
  std::vector<DeviceId> evaluate_undrifted;
  bool all = false;  // The campaign asks all that its labels select; `drifted` is to know.
  friend bool operator==(const Cohort&, const Cohort&) = default;
};

enum class FiringPhase {
  kAsked,
  kDeclined,
  kExpired,
  kTraining,
  kEvaluated,
  kPromoted,
  kHeld,
  kFailed
};
std::string_view NameOf(FiringPhase phase);  // "asked", …
bool IsOver(FiringPhase phase);

struct FiringRecord {
  std::uint64_t number = 0;
  Timestamp fired_at;
  std::uint64_t seq = 0;
  Explanation evidence;
  Cohort cohort;  // While it goes on; how many they were stays.
  std::uint32_t drifted = 0;
  std::uint32_t others = 0;
  VersionNumber base;
  FiringPhase phase = FiringPhase::kTraining;
  std::string why;
  Timestamp expires;  // Of kAsked.
  std::string answered_by;
  CampaignName campaign;  // Empty: none was started.
  VersionNumber version;  // 0: none yet.
  std::vector<registry::Verdict> verdicts;
  std::optional<Timestamp> ended_at;
};

struct TriggerState {
  TriggerSpec spec;
  Timestamp applied_at;
  Timestamp updated_at;
  std::string applied_by;
  std::uint64_t next_seq = 0;

  SeenMap seen;  // At the last firing, or when it was applied.
  Timestamp seen_at;
  std::uint64_t last_number = 0;
  std::deque<FiringRecord> firings;  // The newest, oldest first.
  std::deque<std::pair<Timestamp, CampaignName>> started;

  // The firing that goes on; null: none.
  const FiringRecord* Open() const;
  const FiringRecord* Last() const { return firings.empty() ? nullptr : &firings.back(); }
};

// Events.
struct ApplyTrigger {
  TriggerSpec spec;
  SeenMap seen;
};
struct Fire {
  Explanation evidence;
  SeenMap seen;
  Cohort cohort;
  VersionNumber base;
};
struct AnswerFiring {
  std::uint64_t number = 0;  // 0: the one that asks.
  bool approve = false;
  std::string comment;
  bool may = true;  // Whether the caller holds the role.
};
struct TimePassed {};
struct CampaignBegan {
  std::uint64_t number = 0;
};
struct CandidateFound {
  std::uint64_t number = 0;
  VersionNumber version;
  FiringPhase outcome = FiringPhase::kEvaluated;  // Or kPromoted, kHeld.
  std::vector<registry::Verdict> verdicts;
  std::string why;
};
struct FiringBroke {
  std::uint64_t number = 0;
  std::string why;
};
using TriggerEvent = std::variant<ApplyTrigger, Fire, AnswerFiring, TimePassed, CampaignBegan,
                                  CandidateFound, FiringBroke>;

// Facts.
struct TriggerApplied {
  TriggerSpec spec;
  SeenMap seen;
};
struct TriggerFired {
  std::uint64_t number = 0;
  Explanation evidence;
  SeenMap seen;
  Cohort cohort;
  VersionNumber base;
};
struct TriggerAsked {
  std::uint64_t number = 0;
  std::string role;
  Timestamp expires;
};
struct TriggerAnswered {
  std::uint64_t number = 0;
  bool approve = false;
  std::string comment;
};
struct TriggerExpired {
  std::uint64_t number = 0;
};
struct CampaignStarted {
  std::uint64_t number = 0;
  CampaignName campaign;
};
struct CandidateJudged {
  std::uint64_t number = 0;
  VersionNumber version;
  FiringPhase outcome = FiringPhase::kEvaluated;
  std::vector<registry::Verdict> verdicts;
  std::string why;
};
struct FiringEnded {
  std::uint64_t number = 0;
  std::string why;
};
using TriggerFact = std::variant<TriggerApplied, TriggerFired, TriggerAsked, TriggerAnswered,
                                 TriggerExpired, CampaignStarted, CandidateJudged, FiringEnded>;
using TriggerFacts = std::vector<TriggerFact>;

// Effects, all safe to repeat.
struct RunCampaign {  // Start it, and when it has ended judge its version.
  std::uint64_t number = 0;
};
using TriggerEffect = std::variant<RunCampaign>;

// What the campaigns of a period took.
struct Spending {
  std::uint32_t campaigns = 0;
  double kwh = 0;
  double device_hours = 0;
};
// Null: there is no such campaign.
using CampaignLookup = std::function<const CampaignState*(const CampaignName&)>;
Spending SpentBy(const TriggerState& state, Timestamp now, const CampaignLookup& campaigns);

// TRIGGER_STATE (FAILED_PRECONDITION): nothing asks, or another firing does; ROLE_MISSING
// (PERMISSION_DENIED). News about a firing that is over is old news: no facts.
StatusOr<TriggerFacts> Decide(const TriggerState&, const TriggerEvent&, Timestamp now);
void Apply(TriggerState&, const Recorded<TriggerFact>&);
std::vector<TriggerEffect> Pending(const TriggerState&);

// Whether it would fire now: the conditions, and what else keeps it from it.
Explanation ExplainTrigger(const TriggerState&, const Evidence&, const Spending&);
// Whether it would fire, if it were not for its budget.
bool IsKeptByBudget(const Explanation& explanation);
// The evidence of `monitors` for this trigger.
Evidence EvidenceFor(const TriggerState&, Timestamp now,
                     std::map<MonitorName, const MonitorState*> monitors);

// armed, cooling, asking, training, promoting, suspended
std::string_view PhaseOf(const TriggerState&, Timestamp now);

// Devices that could take part, as a trigger draws from them.
struct CohortPool {
  std::vector<Candidate> train;     // That the template's labels select.
  std::vector<Candidate> evaluate;  // That evaluation's labels select; none: it does not evaluate.
  std::set<DeviceId> drifted;
  std::set<DeviceId> alarmed;  // With any open alarm.
  std::set<DeviceId> serving;
};
// Drifted ones and some of the others, drawn by the firing's number; all of them when the drifted
// ones are too few, or when sums over so few could not be secure.
Cohort ChooseCohort(const TriggerSpec&, std::uint64_t number, const CohortPool&);
// The campaign of a firing: the template over its cohort.
CampaignSpec CampaignFor(const TriggerSpec&, std::uint64_t number, const Cohort&,
                         VersionNumber base);

// Rows.
inline constexpr std::string_view kTriggerStreams = "trigger/";
std::string TriggerStream(const TriggerName& name);  // "trigger/<name>"
StatusOr<std::string> EncodeTriggerFact(const TriggerFact&, std::string_view by, Timestamp at);
// A row of the stream of trigger `name`.
StatusOr<Recorded<TriggerFact>> DecodeTriggerFact(const TriggerName& name, std::uint64_t seq,
                                                  std::string_view row);

}  // namespace muster::coordinator
