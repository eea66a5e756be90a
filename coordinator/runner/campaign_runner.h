#pragma once
// One campaign's shell: journals what its core decides and performs what the campaign and its
// current round are owed. Knows devices, registry and tensors only through what it is given.
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "aggregation/statistics/result.h"
#include "aggregation/statistics/window.h"
#include "coordinator/campaign/campaign.h"
#include "coordinator/checkin/types.h"
#include "coordinator/fleet/fleet.h"
#include "coordinator/round/round_driver.h"
#include "coordinator/secure/grouped_parts.h"
#include "coordinator/secure/secure_cohort.h"
#include "coordinator/training/round_work.h"
#include "coordinator/training/uploads.h"

namespace muster::coordinator {

struct RoundMetrics;

// Says, signed, which files a round hands out: a DSSE envelope. Null: nothing is signed.
using SignArtefacts = std::function<StatusOr<std::string>(
    const RoundKey& round, const Digest& params, const std::optional<Digest>& module)>;

// What runners share; all of it outlives them.
struct RunnerWorld {
  Journal& journal;
  Clock& clock;
  Blobs& blobs;
  Files& files;
  Executor& pool;
  Executor& control;
  Logger& log;
  Fleet& fleet;
  ContractAdmission& admission;
  registry::Registry& registry;
  Uploads& uploads;
  RoundMetrics& metrics;
  RoundWorkEvents& events;
  SecureRoundEvents& secure_events;
  const Crypto& crypto;
  SecureRng& rng;
  const aggregation::secagg::StatementCheck& check_statement;
  const SignArtefacts sign_artefacts;
  // Devices that should look again: there is work for them, or news about a held update.
  std::function<void(const std::vector<DeviceId>&)> wake;
  // Devices that wait for work now.
  std::function<std::vector<DeviceId>()> waiting;
  std::function<void(const CampaignName&)> changed;
  // Whether a model version or a campaign still names this blob.
  std::function<bool(const Digest&)> in_use;
};

// Used on the control strand only.
class CampaignRunner {
 public:
  CampaignRunner(CampaignName name, RunnerWorld& world);

  // Writes the first fact of a new campaign; or, when an earlier try wrote it although its answer
  // was lost, believes that one.
  Status Create(CampaignApplied applied, const Caller& by);
  // Believes one row of the campaign's stream (start-up), then, once, Resume().
  Status Believe(const JournalRow& row);
  // Takes up the current round again and performs what is owed.
  void Resume();

  Status Control(const CampaignEvent& event, const Caller& by);
  void Tick();

  // What `device` should do now, if anything.
  std::optional<Assignment> WorkFor(Device& device);
  HeldState StateOfHeld(const DeviceId& device, const RoundKey& key) const;

  // Whether `device` may upload for `key` now: NOT_IN_COHORT, UNKNOWN_ROUND, ROUND_CLOSED,
  // ALREADY_COUNTED.
  Status CheckUpload(const DeviceId& device, const RoundKey& key) const;
  // The work that takes its update; SECURE_NOT_MASKED in a secure round.
  StatusOr<std::shared_ptr<RoundWork>> AdmitUpload(const DeviceId& device,
                                                   const RoundKey& key) const;
  // The session that takes its masked vector; SECURE_NOT_ASKED in a plain round.
  StatusOr<std::shared_ptr<SecureRound>> AdmitMasked(const DeviceId& device, const RoundKey& key,
                                                     TaskKind kind) const;
  // One step of a secure round. SECURE_NOT_ASKED, NOT_IN_COHORT.
  void Secure(const DeviceId& device, SecureAsk ask, Done<SecureAnswer> done) const;
  bool HasReceived(const DeviceId& device, const RoundKey& key) const;
  void OnReceived(const DeviceId& device, const RoundKey& key);
  void OnRows(const RoundKey& key, const RowTotals& rows);
  void OnRefused(const DeviceId& device, const RoundKey& key, const Status& why);
  Status OnFailure(const DeviceId& device, const RoundKey& key, Reason reason, std::string detail);
  Status OnEvaluation(const DeviceId& device, const RoundKey& key, EvaluationSums sums);
  void OnCheckpoint(const RoundKey& key, std::vector<DeviceId> devices, std::string checkpoint);
  void OnAggregated(const RoundKey& key, Digest params, Digest optimizer);
  void OnWorkFailed(const RoundKey& key);
  void OnSecureVector(const SessionKey& key, const DeviceId& device);
  void OnSecureLiar(const SessionKey& key, const DeviceId& device, std::string violation);
  void OnSecureSum(const SessionKey& key, std::vector<DeviceId> survivors, std::string file);
  void OnSecureAbandoned(const SessionKey& key, Reason reason, std::string why);
  // Answers devices that wait in a session (shutting down).
  void SendHome();

  const CampaignState& state() const { return state_; }
  // Whether the campaign's own record still needs this blob.
  bool Names(const Digest& blob) const;
  const RoundDriver* round() const { return round_ ? &*round_ : nullptr; }
  std::uint32_t received() const { return static_cast<std::uint32_t>(received_.size()); }
  const std::map<std::string, std::uint64_t>& refused() const { return refused_; }
  const RowTotals& rows() const { return rows_; }
  // Of a campaign of statistics that has counted: statistics::EncodeResult, or of a window
  // EncodeWindowTally; empty: nothing yet.
  std::string StatisticsResult() const;

 private:
  Status Handle(const CampaignEvent& event, const Caller& by);
  StatusOr<bool> HandleOnce(const CampaignEvent& event, const Caller& by);
  Status CatchUp();
  Status Record(const CampaignFacts& facts, const Caller& by);
  void Perform();
  void Perform(const AwaitDevices&);
  void Perform(const RunRound& effect);
  void Perform(const CancelRound& effect);
  void Perform(const RegisterVersion& effect);
  StatusOr<registry::PublishRequest> RequestFor(const EvaluatedRound& evaluated) const;

  // Hands an event to the current round and performs what came of it.
  Status HandleRound(const RoundEvent& event, const Caller& by);
  void PerformRound();
  void Recruit();
  void RoundIsOver();
  Status CommitToCohort(RoundPublishedEvent& event) const;
  Status ExplainBaseline(RoundPublishedEvent& event) const;
  // What the devices of the round spent, where the plan wants to know.
  Status AddTaskTime(CampaignEvent& event) const;
  bool IsCurrent(const RoundKey& key) const { return round_ && round_->plan().key == key; }

  static Status RoundClosed(const RoundKey& key);
  static Status NotInCohort(const RoundKey& key);

  // Whom a round asks.
  std::vector<Candidate> Eligible() const;
  bool AsksBlocks() const;
  const std::vector<DeviceId>* BlockOf(const RoundKey& key) const;
  std::vector<std::vector<DeviceId>> NewBlocks();
  StatusOr<std::vector<DeviceId>> Draw(const RoundKey& key);
  RoundPlan PlanOf(const RoundKey& key, std::size_t drawn) const;
  bool MayJoin(const Device& device) const;
  // What its model, or its statistics, read of a contract.
  StatusOr<registry::ContractUse> Reads() const;
  // OK unless what `device` says it produces cannot be read: CONTRACT_INCOMPATIBLE.
  Status CheckReads(const Device& device);
  // Those whose rows can be read; of the others it is noted that `round` would have asked them.
  std::vector<Candidate> Readable(std::vector<Candidate> candidates,
                                  const std::optional<RoundKey>& round);
  // Whether that is news.
  bool NoteRefusal(Device& device, const RoundKey& round, const Status& verdict);
  // Keeps a device out whose rows cannot be read, tells it, and drops it from the round.
  bool TurnsAway(Device& device);
  bool Wants(const Device& device) const;
  // Whether the model's base is certified for the device's class, if it has to be.
  Status CheckHardware(const Device& device) const;
  StatusOr<bool> HasBegun(const RoundKey& key) const;
  // Takes up the round of the journal or opens it; whether it was there.
  StatusOr<bool> OpenRound(const RoundKey& key);
  StatusOr<bool> OpenBaseline(const RoundKey& key);  // The same of round 0.
  DeviceSet Evaluators(const RoundKey& key);

  StatusOr<std::shared_ptr<const Params>> BaseParams();
  Status StartWork();

  // Secure sums.
  std::optional<TaskKind> SecureStage() const;
  std::shared_ptr<SecureCohort> Sessions() const;  // Of this stage; null: none is open.
  std::shared_ptr<SecureCohort> SessionsOf(TaskKind kind) const;
  StatusOr<SecureSubject> SubjectOf(TaskKind stage, const GroupedParts& parts) const;
  DeviceSet DevicesOfStage() const;
  bool KeepsApart(TaskKind stage) const;
  StatusOr<GroupedParts> PartsOf(TaskKind stage) const;
  StatusOr<GroupedParts> CutApart(TaskKind stage) const;
  SecureCohort::Parts Cut(TaskKind stage) const;
  PartMember MemberOf(const DeviceId& device) const;
  void StartSessions();
  void EndSessions();
  Status CheckSecure() const;
  void OnSecureEnd(const RoundKey& key, TaskKind kind, const SecureEnd& end);
  Status CountSum(const SecureEnd& end, std::vector<Drop> rest);
  Status EvaluateSum(const SecureEnd& end, std::vector<Drop> rest);

  // Statistics.
  StatusOr<aggregation::statistics::Tally> FirstTally() const;
  StatusOr<aggregation::statistics::Query> StatisticsQuery() const;
  StatusOr<aggregation::statistics::WindowQuery> WindowQuestion() const;
  struct Question {
    std::string text;
    std::vector<aggregation::secagg::SumField> fields;
  };
  StatusOr<Question> Asked() const;
  StatusOr<Assignment> StatisticsTask();
  StatusOr<std::string> FoundIn(const std::string& checkpoint) const;
  void Summarise(const Aggregate& owed);

  // Takes a device out of the round; while a session runs only once that has ended, since nobody
  // knows before whose vectors are in the sum.
  Status DropDevice(const DeviceId& device, Reason reason, std::string detail);
  void CountDevices(const std::vector<DeviceId>& devices);
  StatusOr<Assignment> TaskFor(const DeviceId& device);
  // Says which hardware may load the task, or takes the device out of the round.
  StatusOr<Assignment> Certify(Assignment task, const Device& device);
  // What tasks of the current round say: the model, its contract and the sizes of its artefacts.
  StatusOr<Assignment> Task(TaskKind kind, const Digest& params);
  void Forget(const Digest& blob);

  const CampaignName name_;
  RunnerWorld& world_;
  CampaignState state_;
  std::uint64_t next_seq_ = 0;
  std::optional<RoundDriver> round_;
  std::shared_ptr<RoundWork> work_;
  std::map<TaskKind, std::shared_ptr<SecureCohort>> secure_;    // Of the current round.
  std::map<TaskKind, std::shared_ptr<SecureCohort>> finished_;  // The last one's, for late ones.
  std::map<DeviceId, Drop> dropped_later_;   // When the session has ended; volatile.
  Timestamp round_began_;                    // Here: a restart begins anew.
  bool aggregating_ = false;                 // Asked of work_, not answered yet.
  DeviceSet received_;                       // Updates that came and are not counted yet; volatile.
  std::map<DeviceId, Reason> refused_here_;  // Of the current round; volatile.
  std::map<std::string, std::uint64_t> refused_;
  std::set<DeviceId> uncertified_;  // Told so in this round; volatile.
  std::optional<std::pair<Digest, std::shared_ptr<const Params>>> params_;  // Cache of the newest.
  RowTotals rows_;                              // Behind the updates of this round or the last.
  std::optional<registry::ContractUse> reads_;  // As of this round.
  std::optional<Assignment> task_;  // Of the current round; the kind and device do not matter.
  bool retry_ = false;              // Something owed could not be done; Tick tries again.
};

}  // namespace muster::coordinator
