#pragma once
// The life of a campaign, as data: which round runs, what came of the earlier ones, when it ends.
// Decide, record, believe, act, as for rounds; never a tensor, never the clock.
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "coordinator/campaign/spec.h"
#include "coordinator/round/round.h"

namespace muster::coordinator {

// What the campaign started from, pinned when it was applied. Of statistics, the contract alone.
struct CampaignBase {
  VersionNumber version;
  Digest params;
  std::optional<Digest> module;
  ContractName contract;
  VersionNumber contract_version;
};

// Whose updates were counted, up to some round.
struct Cohorts {
  Digest commitment;          // runner/lineage.h; all zeros: none yet.
  RoundNumber first;          // The first round that it is about.
  std::uint64_t updates = 0;  // Counted since then.
  friend bool operator==(const Cohorts&, const Cohorts&) = default;
};

// What devices spent since the version before, failed attempts included; runner/energy.h.
struct Effort {
  Duration task_time{0};     // Added up over devices.
  std::uint32_t rounds = 0;  // That were published.
  friend bool operator==(const Effort&, const Effort&) = default;
};

struct EvaluatedRound {
  RoundNumber round;
  std::map<std::string, double> metrics;
  std::uint32_t devices = 0;
  Digest params;
  std::optional<VersionNumber> version;  // Once the registry has it.
  std::uint64_t examples = 0;            // Behind the metrics.
  Cohorts cohorts;                       // Of the rounds up to this one.
  Effort effort;                         // Likewise, from behind the one before.
  // The metrics of each slice of the evaluation that was summed.
  std::map<std::string, std::map<std::string, double>> slices = {};
};

// What became of the evaluation of the version that training starts from.
struct BaselineEvaluation {
  std::map<std::string, double> metrics;  // Empty: nothing came of it, and `why`.
  std::map<std::string, std::map<std::string, double>> slices;
  std::uint32_t devices = 0;
  std::uint64_t examples = 0;
  std::uint32_t attempt = 1;
  std::string why;
};

struct Waiting {};  // For enough devices to enrol.
struct Running {};
struct Paused {
  std::string why;
};
struct Completed {
  std::string why;
};
struct CancelledByPeople {
  std::string why;
};
using CampaignPhase = std::variant<Waiting, Running, Paused, Completed, CancelledByPeople>;

struct CampaignState {
  CampaignSpec spec;
  CampaignBase base;
  CampaignPhase phase;
  std::optional<RoundKey> current;  // The round that is open; also while pausing.
  RoundNumber last_round{0};        // The last one published.
  std::uint32_t next_attempt = 1;
  std::uint32_t abandoned = 0;
  // Of a secure campaign: devices that are always asked together.
  std::vector<std::vector<DeviceId>> blocks;
  Digest params;     // Newest global parameters; of statistics, what the last pass found.
  Digest optimizer;  // State of the server rule; all zeros: none yet.
  Cohorts cohorts;
  Effort effort;                               // Of which no version tells yet.
  std::optional<BaselineEvaluation> baseline;  // Once it is over, where the campaign wants one.
  std::vector<EvaluatedRound> evaluations;
  Timestamp applied_at;
  Timestamp updated_at;
  std::string applied_by;
};

// Events.
struct EnoughEnrolled {};
// Devices that are in no block yet now are.
struct DevicesBlocked {
  std::vector<std::vector<DeviceId>> blocks;
};
// Of round 0 the evaluation alone counts.
struct RoundPublishedEvent {
  RoundKey key;
  Digest params;
  Digest optimizer;
  std::uint32_t counted = 0;
  std::uint32_t evaluated = 0;
  EvaluationSums sums;
  Digest cohort = {};       // The commitment to all cohorts up to this one.
  Duration task_time = {};  // Of the attempt; 0 where the plan declares no energy.
  SliceSums slices = {};
  std::string why = {};  // Of round 0: why nobody evaluated.
};
struct RoundAbandonedEvent {
  RoundKey key;
  Reason reason;
  std::string why;
  Duration task_time = {};
};
struct VersionPublished {
  RoundNumber round;
  VersionNumber version;
};
struct PauseCampaign {
  std::string why;
};
struct ResumeCampaign {};
struct CancelCampaign {
  std::string why;
};
using CampaignEvent =
    std::variant<EnoughEnrolled, DevicesBlocked, RoundPublishedEvent, RoundAbandonedEvent,
                 VersionPublished, PauseCampaign, ResumeCampaign, CancelCampaign>;

// Facts.
struct CampaignApplied {
  CampaignSpec spec;
  CampaignBase base;
};
struct BlockDrawn {
  std::vector<DeviceId> devices;
};
struct RoundStarted {
  RoundKey key;
};
struct RoundSucceeded {
  RoundKey key;
  Digest params;
  Digest optimizer;
  std::uint32_t counted = 0;
  std::uint32_t evaluated = 0;
  EvaluationSums sums;
  Digest cohort = {};       // All zeros: a fact from before it was kept.
  Duration task_time = {};  // As in its event.
  SliceSums slices = {};
};
// Round 0 is over, whatever came of it: training begins.
struct BaselineEvaluated {
  RoundKey key;
  std::uint32_t evaluated = 0;
  EvaluationSums sums;
  SliceSums slices = {};
  std::string why = {};  // Why there is none; gates have the recorded metrics then.
};
struct RoundFailed {
  RoundKey key;
  Reason reason;
  std::string why;
  Duration task_time = {};
};
struct VersionRegistered {
  RoundNumber round;
  VersionNumber version;
};
struct CampaignPaused {
  std::string why;
};
struct CampaignResumed {};
struct CampaignCompleted {
  std::string why;
};
struct CampaignCancelled {
  std::string why;
};
using CampaignFact = std::variant<CampaignApplied, BlockDrawn, RoundStarted, RoundSucceeded,
                                  RoundFailed, VersionRegistered, CampaignPaused, CampaignResumed,
                                  CampaignCompleted, CampaignCancelled, BaselineEvaluated>;
using CampaignFacts = std::vector<CampaignFact>;

// Effects, all safe to repeat.
struct AwaitDevices {};
struct RunRound {
  RoundKey key;
};
struct CancelRound {
  RoundKey key;
  std::string why;
};
struct RegisterVersion {
  EvaluatedRound evaluated;
};
using CampaignEffect = std::variant<AwaitDevices, RunRound, CancelRound, RegisterVersion>;

// FAILED_PRECONDITION (CAMPAIGN_STATE) names the phase that forbids the event. News about a round
// that is not current is old news: no facts.
StatusOr<CampaignFacts> Decide(const CampaignState&, const CampaignEvent&);
void Apply(CampaignState&, const CampaignFact&);
std::vector<CampaignEffect> Pending(const CampaignState&);

// A metric of the version that training started from, and of the newest one that came of it.
struct MetricChange {
  std::string slice;  // Empty: all devices.
  std::string metric;
  std::optional<double> before;  // Empty: no baseline was evaluated.
  std::optional<double> after;   // Empty: nothing was evaluated since.
};
// Of all devices first, then slice by slice; the campaign's metrics in their order.
std::vector<MetricChange> ChangesIn(const CampaignState&);

bool IsOver(const CampaignState&);
std::string_view PhaseOf(const CampaignState&);  // "running"
std::string WhyOf(const CampaignState&);

// "rmse", "mae", "loss", "accuracy" from sums over examples; absent where the sums lack them.
std::map<std::string, double> MetricsOf(const EvaluationSums& sums);
bool HigherIsBetter(std::string_view metric);

// Rows.
std::string CampaignStream(const CampaignName& name);  // "campaign/<name>"
StatusOr<std::string> EncodeCampaignFact(const CampaignFact&, std::string_view by, Timestamp at);
// A row of the stream of campaign `name`.
StatusOr<CampaignFact> DecodeCampaignFact(const CampaignName& name, std::string_view row);

}  // namespace muster::coordinator
