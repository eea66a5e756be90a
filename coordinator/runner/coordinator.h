#pragma once
// The coordinator: fleet, campaigns and uploads on one control strand. Assemble() in
// coordinator/app (and the simulator) gives it the world; coordinator/rpc translates for it.
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/strand.h"
#include "coordinator/checkin/desk.h"
#include "coordinator/fleet/fleet.h"
#include "coordinator/monitor/monitor_runner.h"
#include "coordinator/runner/campaign_runner.h"
#include "coordinator/runner/device_history.h"
#include "coordinator/runner/metrics.h"
#include "coordinator/serving/serving_book.h"
#include "coordinator/telemetry/telemetry_desk.h"
#include "coordinator/telemetry/types.h"
#include "coordinator/training/uploads.h"
#include "coordinator/trigger/trigger_runner.h"
#include "registry/registry.h"

namespace muster::coordinator {

struct CoordinatorPorts {
  Clock& clock;
  Executor& pool;
  Rng& jitter;
  SecureRng& rng;
  Journal& journal;
  Blobs& blobs;
  Files& files;
  DeviceDirectory& directory;
  Identities& identities;
  const Crypto& crypto;
  registry::Registry& registry;
  Logger& log;
  MetricSink& metrics;
  SignArtefacts sign_artefacts = nullptr;
  SignServing sign_serving = nullptr;
};
struct CoordinatorOptions {
  Bytes authority_key;  // Ed25519 public key of the enrolment authority.
  UploadLimits uploads;
  double secure_words =
      4e11;  // Of keystream that one round's masks may cost: minutes of two cores.
  registry::Roles roles = {};  // For the registry that Assemble makes.
};

// A campaign as people see it.
struct CampaignSnapshot {
  CampaignState state;
  std::optional<RoundPlan> plan;
  RoundState round;  // Of `plan`, when there is one.
  std::uint32_t received = 0;
  std::map<std::string, std::uint64_t> refused;
  std::string statistics_json;  // What a campaign of statistics found; empty: nothing yet.
  RowTotals rows;               // Behind the updates of the current round, or of the last.
};
// A monitor as people see it.
struct MonitorSnapshot {
  MonitorSpec spec;
  std::string phase;
  std::string why;  // Why it waits; empty: it does not.
  VersionNumber version;
  std::optional<Window> reference;
  std::optional<Baseline> baseline;  // Of predictions.
  std::vector<Window> windows;       // Oldest first.
  std::vector<Finding> findings;     // Open ones, then the newest closed ones: 200 at most.
  std::map<std::string, RuleRecord> rules;
  double level = 0;
  Timestamp updated_at;
  std::string applied_by;
};
// A trigger as people see it, with the campaigns of its firings.
struct TriggerSnapshot {
  TriggerState state;
  std::string phase;
  Explanation explanation;  // Of now.
  struct Progress {
    std::string phase;
    std::uint32_t rounds_published = 0;
    std::uint32_t rounds = 0;
    VersionNumber version;              // The newest that it made.
    std::vector<MetricChange> changes;  // To that.
  };
  std::map<CampaignName, Progress> campaigns;
};
struct DeviceSnapshot {
  Device device;
  std::string activity;  // idle, working, unfit, silent, quarantined.
};

// Every method may be called from any thread; answers come on the control strand or, where the
// comment says so, on the pool.
class Coordinator final : public RoundWorkEvents,
                          public SecureRoundEvents,
                          public TelemetryListener {
 public:
  Coordinator(CoordinatorPorts ports, CoordinatorOptions options);

  // Replays the journal and takes up what was going on. Once, before serving, on any thread.
  Status Recover();
  // Ticks until Stop().
  void Start();
  // Sends waiting devices home and does no further work. `stopped` is called when done.
  void Stop(std::function<void()> stopped);

  // --- Devices ---
  void Enrol(EnrolmentRequest request, Done<EnrolmentResult> done);
  void CheckIn(DeviceId device, CheckInRequest request, Done<CheckInReply> done);
  void UploadOffset(DeviceId device, RoundKey round, std::uint64_t total, Done<std::uint64_t> done);
  // Where the bytes go, from its `received` on, once there is memory. Refusals: NOT_IN_COHORT,
  // UNKNOWN_ROUND, ROUND_CLOSED, ALREADY_COUNTED, UPLOAD_TOO_LARGE, UPLOAD_BUSY.
  void BeginUpload(DeviceId device, RoundKey round, std::uint64_t total,
                   Done<std::shared_ptr<UploadBuffer>> done);
  // After each chunk that was written to the buffer; from the stream's thread. UPLOAD_BUSY when the
  // upload was too slow while others waited: its stream is to end.
  Status UploadProgress(const DeviceId& device, const RoundKey& round,
                        const std::shared_ptr<UploadBuffer>& buffer, std::uint64_t received);
  void PauseUpload(const DeviceId& device, const RoundKey& round,
                   const std::shared_ptr<UploadBuffer>& buffer);
  // The buffer is full: screens on the pool, then answers there. OK means received.
  // `rows`: what the device says of the rows behind it.
  void FinishUpload(DeviceId device, RoundKey round, std::uint64_t examples,
                    std::optional<RowTotals> rows, Done<bool> done);
  // Whether `device` may have a blob: FAILED_PRECONDITION (CONTRACT_INCOMPATIBLE) when every model
  // version that is made of it reads what this device, as it said, does not produce. A blob of no
  // version is anybody's who knows its digest. On any thread, at once.
  Status CheckDownload(const DeviceId& device, const Digest& blob);
  // The same for the masked vector of a secure round. SECURE_NOT_ASKED in a plain one.
  void BeginMaskedUpload(DeviceId device, RoundKey round, TaskKind kind, std::uint64_t total,
                         Done<std::shared_ptr<UploadBuffer>> done);
  // `header`: the encoded MaskedHeader. OK means durable. SECURE_REFUSED.
  void FinishMaskedUpload(DeviceId device, RoundKey round, TaskKind kind, Bytes header,
                          Done<bool> done);
  // One step of a secure round: brings the device's message, if it has one, and answers as soon as
  // the next one for it is there, or when its hold is over. SECURE_REFUSED, SECURE_NOT_ASKED,
  // NOT_IN_COHORT, UNKNOWN_ROUND.
  void Secure(DeviceId device, SecureAsk ask, Done<SecureAnswer> done);
  void ReportEvaluation(DeviceId device, RoundKey round, EvaluationSums sums, Done<bool> done);
  // The device's report could not be read: the round goes on without waiting for a better one.
  void RefuseEvaluation(DeviceId device, RoundKey round, Status why);
  void ReportFailure(DeviceId device, RoundKey round, Reason reason, std::string detail,
                     Done<bool> done);
  // What it tells outside of rounds; answers as TelemetryDesk::Take. PERMISSION_DENIED
  // (NOT_ENROLLED).
  void ReportTelemetry(DeviceId device, TelemetryBatch batch, Done<TelemetryAck> done);
  // Before serving. Null: nobody hears it.
  void SetTelemetryListener(TelemetryListener* listener) { telemetry_.SetListener(listener); }

  // --- Operators ---
  // Idempotent: the same spec again changes nothing; another spec of the same name is
  // ALREADY_EXISTS. `pending_models` are models of the same apply, for a dry run.
  struct Applied {
    CampaignSnapshot campaign;
    bool created = false;
  };
  void Apply(CampaignSpec spec, bool dry_run, std::vector<std::string> pending_models, Caller by,
             Done<Applied> done);
  void Get(CampaignName name, Done<CampaignSnapshot> done);
  void List(Done<std::vector<CampaignSnapshot>> done);
  void Control(CampaignName name, CampaignEvent event, Caller by, Done<CampaignSnapshot> done);
  void Devices(LabelMap labels, Done<std::vector<DeviceSnapshot>> done);
  void GetDevice(std::string name_or_id, Done<DeviceSnapshot> done);
  void ReleaseDevice(std::string name_or_id, std::string why, Caller by, Done<DeviceSnapshot> done);
  // Erases who a device is. Its pseudonym, which the facts keep.
  void ForgetDevice(std::string name_or_id, Caller by, Done<DeviceId> done);
  // What a device was given, by its name, or by its id even when it was forgotten. Answers on the
  // pool; errors as RunsOf's.
  struct History {
    DeviceId device;
    Timestamp at;
    std::vector<DeviceRun> runs;
  };
  void DeviceHistory(std::string name_or_id, std::optional<Timestamp> at, std::uint32_t most,
                     Done<History> done);
  // Records that somebody was refused at the border; a fact of stream "denials".
  void Denied(std::string who, std::string method, Reason reason);

  // --- Monitors and triggers ---
  // A dry run judges everything and changes nothing.
  struct AppliedMonitor {
    MonitorSnapshot monitor;
    bool created = false;
    bool changed = false;
  };
  void ApplyMonitor(MonitorSpec spec, bool dry_run, std::vector<std::string> pending_models,
                    Caller by, Done<AppliedMonitor> done);
  void GetMonitor(MonitorName name, Done<MonitorSnapshot> done);
  void ListMonitors(Done<std::vector<MonitorSnapshot>> done);
  void HearFeedback(MonitorName name, GiveFeedback feedback, Caller by, Done<MonitorSnapshot> done);
  struct AppliedTrigger {
    TriggerSnapshot trigger;
    bool created = false;
    bool changed = false;
  };
  struct PendingResources {  // Of the same apply, for a dry run.
    std::vector<std::string> models;
    std::vector<std::string> monitors;
  };
  void ApplyTrigger(TriggerSpec spec, bool dry_run, PendingResources pending, Caller by,
                    Done<AppliedTrigger> done);
  void GetTrigger(TriggerName name, Done<TriggerSnapshot> done);
  void ListTriggers(Done<std::vector<TriggerSnapshot>> done);
  void AnswerTrigger(TriggerName name, AnswerFiring answer, Caller by, Done<TriggerSnapshot> done);
  // Calls `watcher` on the control strand after each change of the trigger, or of its campaign.
  std::shared_ptr<void> WatchTrigger(TriggerName name, std::function<void()> watcher);

  // On the control strand: the rules that monitors of this model and alias have for a device that
  // carries these labels. Canonical JSON {"monitors": [...]} (drift/monitors/spec.h); empty: none.
  std::string RulesFor(const ModelName& model, std::string_view alias, const LabelMap& labels);
  // TelemetryListener. NOT_ENROLLED.
  Status OnTelemetry(const DeviceId& device, const std::string& spool,
                     std::span<const TelemetryRecord> records) override;

  // Calls `watcher` on the control strand after each change of the campaign, until the token goes.
  std::shared_ptr<void> Watch(CampaignName name, std::function<void()> watcher);

  // RoundWorkEvents, on the control strand.
  void OnCheckpoint(const RoundKey&, std::vector<DeviceId>, std::string checkpoint) override;
  void OnAggregated(const RoundKey&, Digest params, Digest optimizer) override;
  void OnWorkFailed(const RoundKey&, const Status& why) override;
  // SecureRoundEvents, on the control strand.
  void OnSecureVector(const SessionKey&, const DeviceId& device) override;
  void OnSecureLiar(const SessionKey&, const DeviceId& device, std::string violation) override;
  void OnSecureSum(const SessionKey&, std::vector<DeviceId> survivors, std::string file) override;
  void OnSecureAbandoned(const SessionKey&, Reason reason, std::string why) override;

 private:
  std::optional<CheckInReply> Answer(const DeviceId& id, const CheckInRequest& request);
  void CheckInNow(const DeviceId& id, CheckInRequest request, Done<CheckInReply> done);
  void TellRefusals(const DeviceId& id, CheckInReply& reply);
  StatusOr<Applied> ApplyNow(const CampaignSpec& spec, bool dry_run,
                             const std::vector<std::string>& pending_models, const Caller& by);
  // Gives an upload's memory back when it goes; work that an executor drops may outlive us.
  std::shared_ptr<void> Reserve(std::uint64_t size);
  // Lets an upload of at most `most` bytes begin.
  void BeginSized(const Uploads::Key& key, std::uint64_t total, std::uint64_t most,
                  Done<std::shared_ptr<UploadBuffer>> done);
  // What Apply answers for a campaign that is there: its view, unless it differs from `spec`.
  StatusOr<Applied> AsApplied(const CampaignRunner& runner, const CampaignSpec& spec,
                              bool created) const;
  StatusOr<CampaignBase> BaseOf(const CampaignSpec& spec) const;
  // That a campaign whose cohorts it replays is there.
  Status CheckReplayed(const CampaignSpec& spec) const;
  // That its masks are not too dear.
  Status Admit(const CampaignSpec& spec, const CampaignBase& base) const;
  StatusOr<CampaignBase> BaseOf(const ModelName& model, VersionNumber wanted) const;
  StatusOr<CampaignBase> BaseOf(const StatisticsSpec& asked) const;
  StatusOr<Device*> Named(const std::string& name_or_id);
  CampaignRunner* Find(const CampaignName& name);
  StatusOr<CampaignRunner*> Require(const CampaignName& name);
  CampaignSnapshot SnapshotOf(const CampaignRunner& runner) const;
  DeviceSnapshot SnapshotOf(const Device& device) const;
  void WithoutName(const DeviceId& device, TelemetryBatch& batch) const;
  bool InUse(const Digest& blob) const;
  void ScheduleTick();
  void TickNow();
  void Changed(const CampaignName& name);

  // Monitors and triggers.
  Status RecoverMonitors();
  void TickMonitors();
  MonitorWorld MakeMonitorWorld();
  TriggerWorld MakeTriggerWorld();
  StatusOr<MonitorSpec> WithContract(MonitorSpec spec, const registry::ModelSpec& model) const;
  StatusOr<AppliedMonitor> ApplyMonitorNow(MonitorSpec spec, bool dry_run,
                                           const std::vector<std::string>& pending_models,
                                           const Caller& by);
  StatusOr<AppliedTrigger> ApplyTriggerNow(const TriggerSpec& spec, bool dry_run,
                                           const PendingResources& pending, const Caller& by);
  Status CheckMonitorsOf(const TriggerSpec& spec, const PendingResources& pending) const;
  StatusOr<MonitorRunner*> Require(const MonitorName& name);
  StatusOr<TriggerRunner*> Require(const TriggerName& name);
  MonitorSnapshot SnapshotOf(const MonitorRunner& runner) const;
  TriggerSnapshot SnapshotOf(const TriggerRunner& runner) const;
  std::map<MonitorName, const MonitorState*> MonitorStates() const;
  void TriggerChanged(const TriggerName& name);

  CoordinatorPorts ports_;
  const double secure_words_;
  Strand control_;
  const aggregation::secagg::StatementCheck check_statement_;
  Fleet fleet_;
  ContractAdmission admission_;
  ProducedBook produced_;
  ServingBook serving_;
  Uploads uploads_;
  RoundMetrics metrics_;
  CheckInDesk desk_;
  TelemetryDesk telemetry_;
  RunnerWorld world_;
  std::map<CampaignName, std::unique_ptr<CampaignRunner>> runners_;
  struct Watcher {
    CampaignName name;
    std::function<void()> call;
  };
  std::vector<std::weak_ptr<Watcher>> watchers_;
  const registry::Roles roles_;  // Who may answer triggers.
  MonitorMetrics monitor_metrics_;
  MonitorWorld monitor_world_;
  TriggerWorld trigger_world_;
  std::map<MonitorName, std::unique_ptr<MonitorRunner>> monitors_;
  std::map<TriggerName, std::unique_ptr<TriggerRunner>> triggers_;
  bool monitor_news_ = true;                  // Since triggers last looked.
  std::map<std::string, std::string> rules_;  // Cache of RulesFor, until a monitor changes.
  struct TriggerWatcher {
    TriggerName name;
    std::function<void()> call;
  };
  std::vector<std::weak_ptr<TriggerWatcher>> trigger_watchers_;
  std::uint64_t denials_ = 0;  // Next seq of stream "denials".
  bool stopping_ = false;
  const std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

}  // namespace muster::coordinator
