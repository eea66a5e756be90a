#include "coordinator/runner/coordinator.h"

#include <algorithm>

namespace muster::coordinator {
namespace {
constexpr Duration kTick{200};
constexpr Duration kSilentAfter{90'000};  // A long poll returns within 60 s.
constexpr char kDenials[] = "denials";

// A key of another length than Ed25519's vouches for nobody.
SigningPublic AuthorityOf(ByteView key) {
  SigningPublic out{};
  if (key.size() == out.size()) std::copy(key.begin(), key.end(), out.begin());
  return out;
}
}  // namespace

Coordinator::Coordinator(CoordinatorPorts ports, CoordinatorOptions options)
    : ports_(ports),
      secure_words_(options.secure_words),
      control_(ports.pool),
      check_statement_(
          PinnedAuthority(AuthorityOf(options.authority_key), ports.crypto, ports.clock)),
      fleet_(ports.journal, ports.directory, ports.identities, ports.crypto, ports.clock, ports.log,
             std::move(options.authority_key)),
      admission_(ports.registry),
      serving_(
          {ports.registry, ports.blobs, admission_, ports.crypto, ports.log, ports.sign_serving}),
      uploads_(options.uploads, ports.clock),
      metrics_(ports.metrics),
      desk_(ports.clock, ports.jitter,
            [this](const DeviceId& id, const CheckInRequest& r) { return Answer(id, r); }),
      telemetry_(ports.clock, ports.metrics, ports.log),
      world_{.journal = ports.journal,
             .clock = ports.clock,
             .blobs = ports.blobs,
             .files = ports.files,
             .pool = ports.pool,
             .control = control_,
             .log = ports.log,
             .fleet = fleet_,
             .admission = admission_,
             .registry = ports.registry,
             .uploads = uploads_,
             .metrics = metrics_,
             .events = *this,
             .secure_events = *this,
             .crypto = ports.crypto,
             .rng = ports.rng,
             .check_statement = check_statement_,
             .sign_artefacts = ports.sign_artefacts,
             .wake =
                 [this](const std::vector<DeviceId>& ids) {
                   // Posted, so that a runner is never entered from within itself.
                   control_.Post([this, ids] { desk_.Wake(ids); });
                 },
             .waiting = [this] { return desk_.Waiting(); },
             .changed = [this](const CampaignName& name) { Changed(name); },
             .in_use = [this](const Digest& blob) { return InUse(blob); }},
      roles_(std::move(options.roles)),
      monitor_metrics_(ports.metrics),
      monitor_world_(MakeMonitorWorld()),
      trigger_world_(MakeTriggerWorld()) {
  telemetry_.SetListener(this);
  serving_.SetRules([this](const ModelName& model, std::string_view alias, const LabelMap& labels) {
    return RulesFor(model, alias, labels);
  });
}

Status Coordinator::Recover() {
  MUSTER_TRY(fleet_.Recover());
  MUSTER_TRY(ports_.journal.Read(kDenials, 0, [this](const JournalRow& row) {
    denials_ = row.seq + 1;
    return Ok();
  }));
  constexpr std::string_view kPrefix = "campaign/";
  MUSTER_TRY(ports_.journal.Replay(kPrefix, false, [&](const JournalRow& row) {
    const CampaignName name(row.stream.substr(kPrefix.size()));
    auto& runner = runners_[name];
    if (!runner) runner = std::make_unique<CampaignRunner>(name, world_);
    return runner->Believe(row);
  }));
  MUSTER_TRY(RecoverMonitors());
  metrics_.devices_enrolled.Set(static_cast<double>(fleet_.devices().size()));
  control_.Post([this] {
    for (const auto& [name, runner] : runners_) runner->Resume();
  });
  return Ok();
}

void Coordinator::Start() { ScheduleTick(); }

void Coordinator::ScheduleTick() {
  control_.PostAt(ports_.clock.Now() + kTick, [this] { TickNow(); });
}

void Coordinator::TickNow() {
  if (stopping_) return;
  for (const auto& [name, runner] : runners_) runner->Tick();
  TickMonitors();
  desk_.Wake(serving_.Moved(fleet_.devices()));
  desk_.Expire();
  uploads_.Expire();
  metrics_.devices_waiting.Set(static_cast<double>(desk_.size()));
  ScheduleTick();
}

void Coordinator::Stop(std::function<void()> stopped) {
  control_.Post([this, stopped = std::move(stopped)] {
    stopping_ = true;
    desk_.Close();
    for (const auto& [name, runner] : runners_) runner->SendHome();
    stopped();
  });
}

void Coordinator::Denied(std::string who, std::string method, Reason reason) {
  control_.Post([this, who = std::move(who), method = std::move(method), reason] {
    const auto row = EncodeFact({"AccessDenied", who, ports_.clock.Now()},
                                {{"method", method}, {"reason", std::string(NameOf(reason))}});
    const Status kept =
        row.ok() ? ports_.journal.Append(kDenials, denials_, std::span(&*row, 1)) : row.status();
    if (kept.ok())
      ++denials_;
    else
      ports_.log.Error("denial_not_recorded", {{"error", MessageOf(kept)}});
  });
}

std::shared_ptr<void> Coordinator::Watch(CampaignName name, std::function<void()> watcher) {
  auto token = std::make_shared<Watcher>(Watcher{std::move(name), std::move(watcher)});
  control_.Post([this, weak = std::weak_ptr<Watcher>(token)] { watchers_.push_back(weak); });
  return token;
}

void Coordinator::Changed(const CampaignName& name) {
  std::erase_if(watchers_, [](const auto& weak) { return weak.expired(); });
  for (const auto& weak : watchers_)
    if (const auto watcher = weak.lock(); watcher && watcher->name == name) watcher->call();
  for (const auto& [trigger, runner] : triggers_)
    if (const FiringRecord* open = runner->state().Open(); open && open->campaign == name)
      TriggerChanged(trigger);
}

// --- What the tensors tell ---

void Coordinator::OnCheckpoint(const RoundKey& key, std::vector<DeviceId> devices,
                               std::string checkpoint) {
  if (CampaignRunner* runner = Find(key.campaign))
    runner->OnCheckpoint(key, std::move(devices), std::move(checkpoint));
}

void Coordinator::OnAggregated(const RoundKey& key, Digest params, Digest optimizer) {
  if (CampaignRunner* runner = Find(key.campaign)) runner->OnAggregated(key, params, optimizer);
}

void Coordinator::OnWorkFailed(const RoundKey& key, const Status& why) {
  ports_.log.Error("round_work_failed",
                   {{"campaign", key.campaign}, {"round", key.round}, {"error", MessageOf(why)}});
  if (CampaignRunner* runner = Find(key.campaign)) runner->OnWorkFailed(key);
}

void Coordinator::OnSecureVector(const SessionKey& key, const DeviceId& device) {
  if (CampaignRunner* runner = Find(key.round.campaign)) runner->OnSecureVector(key, device);
}

void Coordinator::OnSecureLiar(const SessionKey& key, const DeviceId& device,
                               std::string violation) {
  if (CampaignRunner* runner = Find(key.round.campaign))
    runner->OnSecureLiar(key, device, std::move(violation));
}

void Coordinator::OnSecureSum(const SessionKey& key, std::vector<DeviceId> survivors,
                              std::string file) {
  if (CampaignRunner* runner = Find(key.round.campaign))
    runner->OnSecureSum(key, std::move(survivors), std::move(file));
}

void Coordinator::OnSecureAbandoned(const SessionKey& key, Reason reason, std::string why) {
  if (CampaignRunner* runner = Find(key.round.campaign))
    runner->OnSecureAbandoned(key, reason, std::move(why));
}

// --- Small things ---

CampaignRunner* Coordinator::Find(const CampaignName& name) {
  const auto it = runners_.find(name);
  return it == runners_.end() ? nullptr : it->second.get();
}

StatusOr<CampaignRunner*> Coordinator::Require(const CampaignName& name) {
  if (CampaignRunner* runner = Find(name)) return runner;
  return WithReason(NotFound("no campaign is called '{}'", name.value()),
                    Reason::kRESOURCE_NOT_FOUND);
}

CampaignSnapshot Coordinator::SnapshotOf(const CampaignRunner& runner) const {
  CampaignSnapshot snapshot;
  snapshot.state = runner.state();
  if (const RoundDriver* round = runner.round()) {
    snapshot.plan = round->plan();
    snapshot.round = round->state();
  }
  snapshot.received = runner.received();
  snapshot.refused = runner.refused();
  snapshot.statistics_json = runner.StatisticsResult();
  snapshot.rows = runner.rows();
  return snapshot;
}

DeviceSnapshot Coordinator::SnapshotOf(const Device& device) const {
  DeviceSnapshot snapshot{device, "working"};
  if (device.quarantine)
    snapshot.activity = "quarantined";
  else if (device.unfit)
    snapshot.activity = "unfit";
  else if (desk_.IsWaiting(device.record.id))
    snapshot.activity = "idle";
  else if (!device.last_seen || *device.last_seen + kSilentAfter < ports_.clock.Now())
    snapshot.activity = "silent";
  return snapshot;
}

bool Coordinator::InUse(const Digest& blob) const {
  const auto names = [&](const auto& entry) { return entry.second->Names(blob); };
  return ports_.registry.Uses(blob) || std::any_of(runners_.begin(), runners_.end(), names) ||
         std::any_of(monitors_.begin(), monitors_.end(), names);
}

}  // namespace muster::coordinator
