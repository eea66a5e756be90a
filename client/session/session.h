#pragma once
// One node's life with its coordinator: check in, take the assignment, fetch, train, keep the
// update on disk, upload, and hold on to it until it counts. Decides over its own site's policy
// first. Never trains twice for one update that it holds, and never ends because a task or a call
// failed. In a secure sum nothing that goes into it touches the disk: after a restart it is made
// again. A secure sum that it failed at or refused is not begun again. Before it asks for work, or
// gives any away, the coordinator's log has to have grown out of the one that is remembered.
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/blobs.h"
#include "base/clock.h"
#include "base/executor.h"
#include "base/log.h"
#include "base/rng.h"
#include "client/link.h"
#include "client/log_witness.h"
#include "client/policy/byte_budget.h"
#include "client/policy/local_policy.h"
#include "client/secure/secure_upload.h"
#include "client/serving/serving_port.h"
#include "client/session/artefact_cache.h"
#include "client/session/backoff.h"
#include "client/session/held_update.h"
#include "client/session/stepwise.h"
#include "client/session/task.h"
#include "client/session/worker.h"

namespace muster::client {

struct SessionConfig {
  DeviceName name;
  Duration hold = std::chrono::seconds(30);        // Of a long poll.
  Duration unfit_hold = std::chrono::seconds(5);   // The same while the data are at fault.
  Duration unfit_retry = std::chrono::minutes(5);  // Then the data are tried again, changed or not.
  std::shared_ptr<const SecureIdentity> secure = nullptr;  // Null: no secure rounds.
  double vanish = 0;  // A drill: the part of its secure rounds in which it falls silent.
  std::optional<Produced> produces = {};  // What its rows are made under; unset: it does not say.
  std::string hardware = {};              // This machine's class, as models are certified for it.
  // What is remembered of the coordinator's log. Null: nothing; the log is not asked for.
  std::shared_ptr<LogWitness> witness = nullptr;
  // Told once, on the strand, when the coordinator is done with for good: why. It has stopped then.
  std::function<void(const Status&)> ended = nullptr;
  std::shared_ptr<ServingPort> serving = nullptr;  // Null: it serves no model.
};

// What the nodes of an agent share. Outlives its sessions.
struct SessionWorld {
  Clock& clock;
  Executor& strand;  // Where every session of the agent runs.
  Executor& tasks;   // Where tasks may block, as many at once as the agent allows.
  Rng& rng;          // Jitter.
  Files& files;
  ArtefactCache& artefacts;
  ByteBudget& budget;
  const LocalPolicy& policy;
  std::function<TimeOfDay(Timestamp)> local_time;
  Logger& log;
};

// Used on its world's strand. Dropping it is like a crash: all that counts is on disk, and answers
// that come later find nobody.
class NodeSession : public Stepwise<NodeSession> {
 public:
  static std::shared_ptr<NodeSession> Make(const SessionConfig& config, const SessionWorld& world,
                                           std::shared_ptr<CoordinatorLink> link,
                                           std::shared_ptr<Worker> worker);

  // Takes up what an earlier life held and begins to check in.
  void Start();
  // Takes no further step; what is on disk stays.
  void Stop();

 private:
  using Assigned = std::shared_ptr<const Assignment>;
  // A task's report that the coordinator has not acknowledged yet.
  struct Failure {
    RoundKey round;
    TaskKind kind;
    Reason reason;
    std::string detail;
  };
  struct Held {
    RoundKey round;
    std::uint64_t examples = 0;
    double loss = 0;
    std::shared_ptr<const Bytes> file;       // Null when it lies on disk alone.
    bool fresh = false;                      // The coordinator cannot have any of it yet.
    bool received = false;                   // It once had all of it.
    std::optional<RowQuality> quality = {};  // Of its rows; none after a restart.
  };
  struct Sick {
    Unfit unfit;
    std::string stamp;
    Timestamp since;
  };

  NodeSession(const SessionConfig& config, const SessionWorld& world,
              std::shared_ptr<CoordinatorLink> link, std::shared_ptr<Worker> worker);

  using Step = std::function<void(NodeSession&)>;
  bool LooksFirst(const Step& then);  // `then` asks this again.
  void OnLogHead(std::uint64_t since, const StatusOr<LogHead>& head, const Step& then);
  void End(const Status& verdict);
  void Doubt();

  void CheckIn();
  void OnCheckIn(StatusOr<CheckInReply> reply);
  void Follow(const CheckInReply& reply);
  void Serve(const std::shared_ptr<const ServingOffer>& offer);
  void Hear(std::vector<Refusal> refusals);
  std::optional<Unfit> WhyUnfit();

  void Accept(const Assigned& assignment);
  bool FailedBefore(const Assignment& assignment) const;
  Status Permits(const Assignment& assignment);
  Status Trusts(const Assignment& assignment) const;
  std::uint64_t Cost(const Assignment& assignment);
  void Fetch(const Assigned& assignment);
  void FetchModule(const Assigned& assignment);
  void OnFetchError(const Assignment& assignment, const Status& error);

  void Work(const Assigned& assignment);
  void OnWorked(const Assigned& assignment, StatusOr<TaskOutcome> outcome);
  void OnTaskError(const Assignment& assignment, const Status& error);

  Status CheckReads(const Assignment& assignment) const;
  Status CheckReady() const;
  Status PermitsSecure(const Assignment& assignment);
  void GiveSecurely(const Assigned& assignment, SecureOffer offer);
  StatusOr<std::unique_ptr<Contribution>> ContributionTo(const Assignment& assignment,
                                                         const std::optional<Digest>& rows);
  void OnSecureEnd(const Assigned& assignment, const StatusOr<std::string>& why);

  void Upload();
  void SendAgain();
  StatusOr<std::shared_ptr<const Bytes>> HeldFile();
  void OnUploadOffset(StatusOr<std::uint64_t> offset);
  void UploadFrom(std::uint64_t offset);
  void OnUploaded(const Status& status);
  void LetGo(std::string_view why);
  void DropHeldFile();

  void ReportEvaluation(const RoundKey& round, const EvaluationReport& report);
  void ReportFailure(const Failure& failure);
  void SendFailure(const Failure& failure);
  void RestAfterFailure(const Failure& failure);

  void CheckInAfter(Duration wait);

  const SessionConfig config_;
  const SessionWorld world_;
  const std::shared_ptr<CoordinatorLink> link_;
  const std::shared_ptr<Worker> worker_;
  const std::shared_ptr<HeldStore> store_;
  const std::shared_ptr<ContributionLedger> ledger_;  // Null without a secure identity.
  Backoff contact_;                                   // Check-ins and reports.
  Backoff again_;     // Rounds that it failed at, or refused, and is asked for once more.
  Backoff transfer_;  // Artefacts and updates: a coordinator that answers may still not deliver.
  std::optional<Held> held_;
  bool resend_ = false;        // The coordinator said that it has nothing (any more).
  bool offer_failed_ = false;  // Of what it is to serve, just now.
  bool looked_ = false;        // At the log, just now: the step that waited for it may go on.
  std::optional<Sick> sick_;
  std::optional<Failure> failed_;         // The last that it reported.
  std::vector<Refusal> refusals_;         // Campaigns that may not ask it, as last heard; sorted.
  std::shared_ptr<SecureUpload> secure_;  // While a secure sum goes on.
};

}  // namespace muster::client
