// What devices ask of a coordinator: work, a place to put what they learned, and what comes next.
#include "coordinator/runner/coordinator.h"

namespace muster::coordinator {
namespace {
constexpr std::uint64_t kHeaderRoom = 1 << 20;  // For an update file's own header.

Status NoCampaign() { return WithReason(NotFound("no such campaign"), Reason::kUNKNOWN_ROUND); }
}  // namespace

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
  (*device)->serving = request.serving;
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
  if (!device.ok() || (*device)->quarantine) return std::nullopt;
  if (request.serving) reply.serve = serving_.OfferFor(**device, *request.serving);
  if (reply.serve) return reply;  // What it serves comes before what it learns.
  if (!request.ready || request.unfit) return std::nullopt;
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

}  // namespace muster::coordinator
