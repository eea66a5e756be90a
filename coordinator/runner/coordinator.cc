#include "coordinator/runner/coordinator.h"

#include <algorithm>

#include "base/nearest.h"
#include "coordinator/campaign/spec_statistics.h"
#include "coordinator/secure/admission.h"

namespace muster::coordinator {
namespace {
constexpr Duration kTick{200};
constexpr Duration kSilentAfter{90'000};        // A long poll returns within 60 s.
constexpr std::uint64_t kHeaderRoom = 1 << 20;  // For an update file's own header.
constexpr char kDenials[] = "denials";

// A key of another length than Ed25519's vouches for nobody.
SigningPublic AuthorityOf(ByteView key) {
  SigningPublic out{};
  if (key.size() == out.size()) std::copy(key.begin(), key.end(), out.begin());
  return out;
}
// What the log names devices by, whether or not somebody still knows them.
bool IsPseudonym(std::string_view text) { return text.size() == 32 && FromHex(text).ok(); }
Status NoCampaign() { return WithReason(NotFound("no such campaign"), Reason::kUNKNOWN_ROUND); }
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
      uploads_(options.uploads, ports.clock),
      metrics_(ports.metrics),
      desk_(ports.clock, ports.jitter,
            [this](const DeviceId& id, const CheckInRequest& r) { return Answer(id, r); }),
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
             .in_use = [this](const Digest& blob) { return InUse(blob); }} {}

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

// --- Devices ---

void Coordinator::Enrol(EnrolmentRequest request, Done<EnrolmentResult> done) {
  control_.Post([this, request = std::move(request), done = std::move(done)] {
    StatusOr<EnrolmentResult> result = fleet_.Enrol(request);
    if (!result.ok()) ports_.log.Warn("enrolment_refused", {{"error", MessageOf(result.status())}});
    metrics_.devices_enrolled.Set(static_cast<double>(fleet_.devices().size()));
    done(std::move(result));
  });
}

void Coordinator::CheckIn(DeviceId device, CheckInRequest request, Done<CheckInReply> done) {
  control_.Post([this, device = std::move(device), request = std::move(request),
                 done = std::move(done)]() mutable {
    CheckInNow(device, std::move(request), std::move(done));
  });
}

void Coordinator::CheckInNow(const DeviceId& id, CheckInRequest request, Done<CheckInReply> done) {
  metrics_.checkins.Add();
  const StatusOr<Device*> device = fleet_.Find(id);
  if (!device.ok()) return done(device.status());
  if (stopping_)
    return done(WithReason(Unavailable("the coordinator is going down"), Reason::kSHUTTING_DOWN));
  fleet_.Seen(**device, request.unfit, request.hardware);
  if ((*device)->produces != request.produces) {
    (*device)->produces = request.produces;
    (*device)->refusals.clear();
    produced_.Put(id, request.produces);
  }
  desk_.CheckIn(id, std::move(request),
                [this, id, done = std::move(done)](StatusOr<CheckInReply> reply) {
                  if (reply.ok()) TellRefusals(id, *reply);
                  done(std::move(reply));
                });
}

void Coordinator::TellRefusals(const DeviceId& id, CheckInReply& reply) {
  const StatusOr<Device*> device = fleet_.Find(id);
  if (!device.ok()) return;
  reply.refusals = (*device)->refusals;
  (*device)->refusals_told = true;
}

Status Coordinator::CheckDownload(const DeviceId& device, const Digest& blob) {
  const std::optional<Produced> produced = produced_.Find(device);
  if (!produced) return Ok();
  Status refused = Ok();
  for (const registry::ContractUse& use : ports_.registry.ReadersOf(blob)) {
    const Status verdict = admission_.Check(*produced, use);
    if (verdict.ok()) return Ok();
    if (refused.ok()) refused = verdict;
  }
  if (refused.ok()) return refused;
  metrics_.DevicesRefused(ReasonOf(refused).value_or(Reason::kCONTRACT_INCOMPATIBLE)).Add();
  ports_.log.Warn("download_refused", {{"device", device}, {"error", MessageOf(refused)}});
  return refused;
}

std::optional<CheckInReply> Coordinator::Answer(const DeviceId& id, const CheckInRequest& request) {
  CheckInReply reply;
  if (request.held) {
    CampaignRunner* runner = Find(request.held->campaign);
    reply.held = runner ? runner->StateOfHeld(id, *request.held) : HeldState::kClosed;
    if (reply.held != HeldState::kWait) return reply;  // News first; work next time.
    return std::nullopt;
  }
  const StatusOr<Device*> device = fleet_.Find(id);
  if (!device.ok() || !request.ready || request.unfit || (*device)->quarantine) return std::nullopt;
  for (const auto& [name, runner] : runners_) {
    reply.assignment = runner->WorkFor(**device);
    if (reply.assignment) return reply;
  }
  if (!(*device)->refusals_told) return reply;  // News, once; then it waits like the others.
  return std::nullopt;
}

void Coordinator::UploadOffset(DeviceId device, RoundKey round, std::uint64_t total,
                               Done<std::uint64_t> done) {
  control_.Post(
      [this, device = std::move(device), round = std::move(round), total, done = std::move(done)] {
        CampaignRunner* runner = Find(round.campaign);
        if (runner && runner->HasReceived(device, round)) return done(total);
        if (!runner) return done(NoCampaign());
        if (const Status s = runner->CheckUpload(device, round); !s.ok()) return done(s);
        done(uploads_.Offset({device, round}, total));
      });
}

void Coordinator::BeginUpload(DeviceId device, RoundKey round, std::uint64_t total,
                              Done<std::shared_ptr<UploadBuffer>> done) {
  control_.Post(
      [this, device = std::move(device), round = std::move(round), total, done = std::move(done)] {
        CampaignRunner* runner = Find(round.campaign);
        if (!runner) return done(NoCampaign());
        const auto work = runner->AdmitUpload(device, round);
        if (!work.ok()) return done(work.status());
        BeginSized({device, round}, total, (*work)->layout().size() * sizeof(float) + kHeaderRoom,
                   done);
      });
}

void Coordinator::BeginMaskedUpload(DeviceId device, RoundKey round, TaskKind kind,
                                    std::uint64_t total, Done<std::shared_ptr<UploadBuffer>> done) {
  control_.Post([this, device = std::move(device), round = std::move(round), kind, total,
                 done = std::move(done)] {
    CampaignRunner* runner = Find(round.campaign);
    if (!runner) return done(NoCampaign());
    const auto session = runner->AdmitMasked(device, round, kind);
    if (!session.ok()) return done(session.status());
    BeginSized({device, round}, total, (*session)->vector_bytes(), done);
  });
}

void Coordinator::BeginSized(const Uploads::Key& key, std::uint64_t total, std::uint64_t most,
                             Done<std::shared_ptr<UploadBuffer>> done) {
  if (total == 0 || total > most)
    return done(
        WithReason(InvalidArgument("an update of {} bytes; at most {} fit this model", total, most),
                   Reason::kUPLOAD_TOO_LARGE));
  uploads_.Begin(key, total, std::move(done));
}

Status Coordinator::UploadProgress(const DeviceId& device, const RoundKey& round,
                                   const std::shared_ptr<UploadBuffer>& buffer,
                                   std::uint64_t received) {
  return uploads_.Progress({device, round}, buffer, received);
}

void Coordinator::PauseUpload(const DeviceId& device, const RoundKey& round,
                              const std::shared_ptr<UploadBuffer>& buffer) {
  uploads_.Pause({device, round}, buffer);
}

void Coordinator::FinishUpload(DeviceId device, RoundKey round, std::uint64_t examples,
                               std::optional<RowTotals> rows, Done<bool> done) {
  // Control decides whether the round still wants it, the pool screens, control believes.
  control_.Post([this, device = std::move(device), round = std::move(round), examples,
                 rows = std::move(rows), done = std::move(done)] {
    Bytes file = uploads_.Take({device, round});
    const std::uint64_t size = file.size();
    const std::shared_ptr<void> reservation = Reserve(size);
    CampaignRunner* runner = Find(round.campaign);
    auto work = runner ? runner->AdmitUpload(device, round)
                       : StatusOr<std::shared_ptr<RoundWork>>(NoCampaign());
    if (!work.ok()) return done(work.status());
    metrics_.upload_bytes.Add(static_cast<double>(size));
    auto shared = std::make_shared<Bytes>(std::move(file));
    ports_.pool.Post(
        [this, work = *work, shared, reservation, device, round, examples, rows, done] {
          auto screened = std::make_shared<StatusOr<ScreenedUpdate>>(
              work->Screen(device, std::move(*shared), examples));
          if (screened->ok()) {
            (*screened)->recycle = [this](Bytes bytes) { uploads_.Recycle(std::move(bytes)); };
            (*screened)->reservation = reservation;
          }
          control_.Post([this, work, screened, device, round, rows, done] {
            CampaignRunner* owner = Find(round.campaign);
            if (!owner) return done(Internal("campaign vanished"));
            if (!screened->ok()) {
              owner->OnRefused(device, round, screened->status());
              return done(screened->status());
            }
            const auto admitted = owner->AdmitUpload(device, round);
            if (!admitted.ok()) return done(admitted.status());
            owner->OnReceived(device, round);
            if (rows) owner->OnRows(round, *rows);
            work->Fold(*std::move(*screened));
            done(true);
          });
        });
  });
}

std::shared_ptr<void> Coordinator::Reserve(std::uint64_t size) {
  return {nullptr, [this, size, alive = std::weak_ptr<const bool>(alive_)](void*) {
            if (!alive.expired()) uploads_.Release(size);
          }};
}

void Coordinator::FinishMaskedUpload(DeviceId device, RoundKey round, TaskKind kind, Bytes header,
                                     Done<bool> done) {
  control_.Post([this, device = std::move(device), round = std::move(round), kind,
                 header = std::move(header), done = std::move(done)]() mutable {
    Bytes vector = uploads_.Take({device, round});
    const std::uint64_t size = vector.size();
    std::shared_ptr<void> reservation = Reserve(size);
    CampaignRunner* runner = Find(round.campaign);
    if (!runner) return done(NoCampaign());
    const auto session = runner->AdmitMasked(device, round, kind);
    if (!session.ok()) return done(session.status());
    metrics_.upload_bytes.Add(static_cast<double>(size));
    (*session)->TakeVector(std::move(device), std::move(header), std::move(vector),
                           std::move(reservation), std::move(done));
  });
}

void Coordinator::Secure(DeviceId device, SecureAsk ask, Done<SecureAnswer> done) {
  control_.Post([this, device = std::move(device), ask = std::move(ask),
                 done = std::move(done)]() mutable {
    if (stopping_)
      return done(WithReason(Unavailable("the coordinator is going down"), Reason::kSHUTTING_DOWN));
    const CampaignRunner* runner = Find(ask.round.campaign);
    if (!runner) return done(NoCampaign());
    runner->Secure(device, std::move(ask), std::move(done));
  });
}

void Coordinator::ReportEvaluation(DeviceId device, RoundKey round, EvaluationSums sums,
                                   Done<bool> done) {
  control_.Post([this, device = std::move(device), round = std::move(round), sums = std::move(sums),
                 done = std::move(done)]() mutable {
    const StatusOr<CampaignRunner*> runner = Require(round.campaign);
    if (!runner.ok()) return done(runner.status());
    const Status s = (*runner)->OnEvaluation(device, round, std::move(sums));
    if (!s.ok()) return done(s);
    done(true);
  });
}

void Coordinator::RefuseEvaluation(DeviceId device, RoundKey round, Status why) {
  control_.Post([this, device = std::move(device), round = std::move(round), why = std::move(why)] {
    if (CampaignRunner* runner = Find(round.campaign)) runner->OnRefused(device, round, why);
  });
}

void Coordinator::ReportFailure(DeviceId device, RoundKey round, Reason reason, std::string detail,
                                Done<bool> done) {
  control_.Post([this, device = std::move(device), round = std::move(round), reason,
                 detail = std::move(detail), done = std::move(done)]() mutable {
    const StatusOr<CampaignRunner*> runner = Require(round.campaign);
    if (!runner.ok()) return done(runner.status());
    const Status s =
        (*runner)->OnFailure(device, round, reason, fleet_.WithoutName(device, std::move(detail)));
    if (!s.ok()) return done(s);
    done(true);
  });
}

// --- Operators ---

void Coordinator::Apply(CampaignSpec spec, bool dry_run, std::vector<std::string> pending_models,
                        Caller by, Done<Applied> done) {
  control_.Post([this, spec = std::move(spec), dry_run, pending = std::move(pending_models),
                 by = std::move(by),
                 done = std::move(done)] { done(ApplyNow(spec, dry_run, pending, by)); });
}

StatusOr<Coordinator::Applied> Coordinator::ApplyNow(const CampaignSpec& spec, bool dry_run,
                                                     const std::vector<std::string>& pending,
                                                     const Caller& by) {
  MUSTER_TRY(Validate(spec));
  if (const CampaignRunner* known = Find(spec.name)) return AsApplied(*known, spec, false);
  if (!dry_run) MUSTER_TRY(CheckReplayed(spec));
  const bool model_is_pending =
      std::find(pending.begin(), pending.end(), spec.model.value()) != pending.end();
  StatusOr<CampaignBase> base = BaseOf(spec);
  if (!base.ok() && !(dry_run && model_is_pending)) return base.status();
  if (base.ok()) MUSTER_TRY(Admit(spec, *base));
  if (dry_run) return Applied{{}, true};
  const CampaignName name = spec.name;
  CampaignRunner& created = *(runners_[name] = std::make_unique<CampaignRunner>(name, world_));
  if (const Status s = created.Create({spec, *std::move(base)}, by); !s.ok()) {
    runners_.erase(name);
    return s;
  }
  ports_.log.Info("campaign_applied", {{"campaign", name}, {"by", by.Text()}});
  return AsApplied(created, spec, true);
}

StatusOr<Coordinator::Applied> Coordinator::AsApplied(const CampaignRunner& runner,
                                                      const CampaignSpec& spec,
                                                      bool created) const {
  if (ToJson(runner.state().spec) == ToJson(spec)) return Applied{SnapshotOf(runner), created};
  return WithReason(AlreadyExists("campaign {} exists with another specification; campaigns do not "
                                  "change, so give the new one another name",
                                  spec.name.value()),
                    Reason::kRESOURCE_EXISTS);
}

StatusOr<CampaignBase> Coordinator::BaseOf(const CampaignSpec& spec) const {
  return spec.statistics ? BaseOf(*spec.statistics) : BaseOf(spec.model, spec.base_version);
}

Status Coordinator::CheckReplayed(const CampaignSpec& spec) const {
  const auto& replay = spec.plan.selection.replay;
  if (!replay || runners_.contains(*replay)) return Ok();
  std::vector<std::string> known;
  for (const auto& [name, runner] : runners_) known.push_back(name.value());
  return InvalidField("plan.selection.replay", "no campaign is called '{}'{}", replay->value(),
                      DidYouMean(replay->value(), known));
}

Status Coordinator::Admit(const CampaignSpec& spec, const CampaignBase& base) const {
  if (!spec.secure || spec.statistics) return Ok();
  MUSTER_ASSIGN(const auto params, ports_.blobs.Open(base.params));
  return AdmitMasks(spec, params->size() / sizeof(float), secure_words_);
}

StatusOr<CampaignBase> Coordinator::BaseOf(const ModelName& model, VersionNumber wanted) const {
  const char* path = wanted.value() == 0 ? "model" : "base_version";
  const auto version = ports_.registry.Resolve(model, wanted);
  if (!version.ok()) return WithField(Prefixed(version.status(), path), path);
  CampaignBase base;
  base.version = version->version;
  base.params = version->params;
  base.module = version->module;
  base.contract = version->contract;
  base.contract_version = version->contract_version;
  return base;
}

StatusOr<CampaignBase> Coordinator::BaseOf(const StatisticsSpec& asked) const {
  constexpr char kPath[] = "statistics.contract";
  const auto contract = ports_.registry.GetContract(asked.contract, asked.contract_version);
  if (!contract.ok()) return WithField(Prefixed(contract.status(), kPath), kPath);
  MUSTER_TRY(FirstQuery(asked, *contract).status());
  CampaignBase base;
  base.contract = asked.contract;
  base.contract_version = contract->version;
  return base;
}

void Coordinator::Get(CampaignName name, Done<CampaignSnapshot> done) {
  control_.Post([this, name = std::move(name), done = std::move(done)] {
    const StatusOr<CampaignRunner*> runner = Require(name);
    if (!runner.ok()) return done(runner.status());
    done(SnapshotOf(**runner));
  });
}

void Coordinator::List(Done<std::vector<CampaignSnapshot>> done) {
  control_.Post([this, done = std::move(done)] {
    std::vector<CampaignSnapshot> out;
    for (const auto& [name, runner] : runners_) out.push_back(SnapshotOf(*runner));
    done(std::move(out));
  });
}

void Coordinator::Control(CampaignName name, CampaignEvent event, Caller by,
                          Done<CampaignSnapshot> done) {
  control_.Post([this, name = std::move(name), event = std::move(event), by = std::move(by),
                 done = std::move(done)] {
    const StatusOr<CampaignRunner*> runner = Require(name);
    if (!runner.ok()) return done(runner.status());
    if (const Status s = (*runner)->Control(event, by); !s.ok()) return done(s);
    done(SnapshotOf(**runner));
  });
}

void Coordinator::Devices(LabelMap labels, Done<std::vector<DeviceSnapshot>> done) {
  control_.Post([this, labels = std::move(labels), done = std::move(done)] {
    std::vector<DeviceSnapshot> out;
    for (const auto& [id, device] : fleet_.devices())
      if (Matches(device.record.labels, labels)) out.push_back(SnapshotOf(device));
    done(std::move(out));
  });
}

void Coordinator::GetDevice(std::string name_or_id, Done<DeviceSnapshot> done) {
  control_.Post([this, name = std::move(name_or_id), done = std::move(done)] {
    const StatusOr<Device*> device = Named(name);
    if (!device.ok()) return done(device.status());
    done(SnapshotOf(**device));
  });
}

void Coordinator::ReleaseDevice(std::string name_or_id, std::string why, Caller by,
                                Done<DeviceSnapshot> done) {
  control_.Post([this, name = std::move(name_or_id), why = std::move(why), by = std::move(by),
                 done = std::move(done)] {
    const StatusOr<Device*> device = Named(name);
    if (!device.ok()) return done(device.status());
    if (const Status released = fleet_.Release(**device, why, by); !released.ok())
      return done(released);
    done(SnapshotOf(**device));
  });
}

void Coordinator::ForgetDevice(std::string name_or_id, Caller by, Done<DeviceId> done) {
  control_.Post([this, name = std::move(name_or_id), by = std::move(by), done = std::move(done)] {
    const StatusOr<Device*> device = Named(name);
    if (!device.ok()) return done(device.status());
    const DeviceId id = (*device)->record.id;
    if (const Status forgotten = fleet_.Forget(**device, by); !forgotten.ok())
      return done(forgotten);
    metrics_.devices_enrolled.Set(static_cast<double>(fleet_.devices().size()));
    done(id);
  });
}

void Coordinator::DeviceHistory(std::string name_or_id, std::optional<Timestamp> at,
                                std::uint32_t most, Done<History> done) {
  control_.Post([this, name = std::move(name_or_id), at, most, done = std::move(done)] {
    History out{DeviceId(name), at.value_or(ports_.clock.Now()), {}};
    const StatusOr<Device*> device = Named(name);
    if (device.ok())
      out.device = (*device)->record.id;
    else if (!IsPseudonym(name))
      return done(device.status());
    ports_.pool.Post([journal = &ports_.journal, out, most, done]() mutable {
      StatusOr<std::vector<DeviceRun>> runs = RunsOf(*journal, out.device, out.at, most);
      if (!runs.ok()) return done(runs.status());
      out.runs = *std::move(runs);
      done(std::move(out));
    });
  });
}

StatusOr<Device*> Coordinator::Named(const std::string& name_or_id) {
  if (Device* device = fleet_.FindByName(name_or_id)) return device;
  return WithReason(NotFound("no device is called '{}'", name_or_id), Reason::kRESOURCE_NOT_FOUND);
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
  return ports_.registry.Uses(blob) ||
         std::any_of(runners_.begin(), runners_.end(),
                     [&](const auto& entry) { return entry.second->Names(blob); });
}

}  // namespace muster::coordinator
