// The current round's secure sums: who is in which session, and what came of them.
#include <algorithm>

#include "aggregation/secagg/metric_sums.h"
#include "aggregation/statistics/descriptor.h"
#include "coordinator/runner/campaign_runner.h"
#include "coordinator/runner/metrics.h"
#include "coordinator/training/round_work.h"

namespace muster::coordinator {
namespace secagg = aggregation::secagg;
namespace statistics = aggregation::statistics;
namespace {

std::shared_ptr<const TotalsForm> MakeForm(std::vector<secagg::SumField> fields) {
  return std::make_shared<const TotalsForm>(std::move(fields));
}

StatusOr<EvaluationSums> SumsOf(const std::vector<secagg::SumField>& fields,
                                const secagg::SumValues& totals) {
  MUSTER_ASSIGN(secagg::MetricSums sums, secagg::MetricTotals(fields, totals));
  return EvaluationSums{sums.examples, std::move(sums.sums_micro)};
}

// What each slice came to, and all of them together.
StatusOr<SliceSums> SlicesIn(const std::vector<secagg::SumField>& fields, ByteView file,
                             EvaluationSums& all) {
  MUSTER_ASSIGN(const std::vector<PartTotals> parts, ReadPartTotals(fields, file));
  if (parts.empty()) return DataLoss("a sum of no part");
  std::map<std::string, secagg::SumValues> totals;
  secagg::SumValues whole;
  for (const PartTotals& part : parts) {
    if (part.group.size() != 1) return DataLoss("a part of no slice");
    secagg::SumValues& slice = totals[part.group.front()];
    for (secagg::SumValues* into : {&whole, &slice})
      if (into->empty())
        *into = part.totals;
      else
        MUSTER_TRY(secagg::AddTotals(*into, part.totals));
  }
  MUSTER_ASSIGN(all, SumsOf(fields, whole));
  SliceSums out;
  for (const auto& [slice, sums] : totals) {
    MUSTER_ASSIGN(out[slice], SumsOf(fields, sums));
  }
  return out;
}
}  // namespace

Status CampaignRunner::CheckSecure() const {
  if (state_.spec.secure) return Ok();
  return WithReason(InvalidArgument("campaign {} is plain: it has no secure rounds", name_.value()),
                    Reason::kSECURE_NOT_ASKED);
}

// The stage that the round is in, if a secure sum is what it waits for.
std::optional<TaskKind> CampaignRunner::SecureStage() const {
  if (!round_ || !state_.spec.secure) return std::nullopt;
  if (std::holds_alternative<Evaluating>(round_->state())) return TaskKind::kEvaluate;
  if (!std::holds_alternative<Collecting>(round_->state())) return std::nullopt;
  return state_.spec.statistics ? TaskKind::kStatistics : TaskKind::kTrain;
}

std::shared_ptr<SecureCohort> CampaignRunner::Sessions() const {
  const auto stage = SecureStage();
  return stage ? SessionsOf(*stage) : nullptr;
}

std::shared_ptr<SecureCohort> CampaignRunner::SessionsOf(TaskKind kind) const {
  const auto found = secure_.find(kind);
  return found == secure_.end() ? nullptr : found->second;
}

StatusOr<SecureSubject> CampaignRunner::SubjectOf(TaskKind stage, const GroupedParts& parts) const {
  const RoundKey& key = round_->plan().key;
  switch (stage) {
    case TaskKind::kTrain: {
      MUSTER_ASSIGN(const auto fixed, aggregation::FixedPoint::Make(round_->plan().select,
                                                                    state_.spec.aggregation.bound));
      return TrainingSubject(state_.spec, key, state_.params, work_->layout().size(), fixed);
    }
    case TaskKind::kEvaluate: {
      MUSTER_ASSIGN(const std::vector<secagg::SumField> fields,
                    secagg::MetricSumFields(state_.spec.evaluation.metrics));
      SecureSubject subject =
          EvaluationSubject(key, std::get<Evaluating>(round_->state()).params, MakeForm(fields));
      if (!KeepsApart(stage)) return subject;
      return KeptApart(std::move(subject), fields, parts.groups, nullptr);
    }
    case TaskKind::kStatistics: break;
  }
  MUSTER_ASSIGN(const Question asked, Asked());
  SecureSubject subject =
      StatisticsSubject(key, world_.crypto.Sha256(AsBytes(asked.text)), MakeForm(asked.fields));
  if (!KeepsApart(stage)) return subject;
  MUSTER_ASSIGN(const statistics::WindowQuery query, WindowQuestion());
  return KeptApart(std::move(subject), asked.fields, parts.groups,
                   [query](const PartTotals& part) { return CheckShard(query, part); });
}

DeviceSet CampaignRunner::DevicesOfStage() const {
  DeviceSet devices;
  std::visit(
      [&](const auto& s) {
        if constexpr (requires { s.awaited; }) devices = s.awaited;
        if constexpr (requires { s.dropped; }) {
          devices.insert(s.counted.begin(), s.counted.end());
          for (const auto& [device, reason] : s.dropped) devices.insert(device);
        }
        if constexpr (requires { s.reported; })
          devices.insert(s.reported.begin(), s.reported.end());
      },
      round_->state());
  return devices;
}

PartMember CampaignRunner::MemberOf(const DeviceId& device) const {
  const auto found = world_.fleet.Find(device);
  return {device, found.ok() ? (*found)->record.labels : LabelMap()};
}

// Whether the sums of parts are not to be added.
bool CampaignRunner::KeepsApart(TaskKind stage) const {
  return (stage == TaskKind::kStatistics && state_.spec.statistics->window) ||
         (stage == TaskKind::kEvaluate && !state_.spec.evaluation.slices.empty());
}

// The same parts in every round and after every restart, whoever of a block has come.
SecureCohort::Parts CampaignRunner::Cut(TaskKind stage) const {
  const DeviceSet devices = DevicesOfStage();
  std::vector<DeviceId> order(devices.begin(), devices.end());
  const std::vector<DeviceId>* block =
      stage == TaskKind::kTrain ? BlockOf(round_->plan().key) : nullptr;
  if (block != nullptr) order = *block;
  SecureCohort::Parts parts = CutCohort(order, state_.spec.secure->session);
  if (block != nullptr)
    for (std::set<DeviceId>& part : parts)
      std::erase_if(part, [&](const DeviceId& device) { return !devices.contains(device); });
  std::erase_if(parts, [](const std::set<DeviceId>& part) { return part.empty(); });
  return parts;
}

StatusOr<GroupedParts> CampaignRunner::CutApart(TaskKind stage) const {
  std::vector<PartMember> members;
  for (const DeviceId& device : DevicesOfStage()) members.push_back(MemberOf(device));
  if (stage == TaskKind::kStatistics)
    return CutShards(*state_.spec.statistics->window, state_.spec.plan.seed, members,
                     world_.crypto);
  return CutSlices(state_.spec.evaluation, *state_.spec.secure, members,
                   [this](const std::string& slice, std::size_t devices) {
                     world_.log.Warn("slice_left_out", {{"campaign", name_},
                                                        {"slice", slice},
                                                        {"devices", devices},
                                                        {"least", state_.spec.secure->least}});
                   });
}

// Those that are kept apart go by labels, which may change: what was cut is on disk before a
// session is opened.
StatusOr<GroupedParts> CampaignRunner::PartsOf(TaskKind stage) const {
  if (!KeepsApart(stage)) return GroupedParts{Cut(stage), {}};
  const std::string file =
      CheckpointName(round_->plan().key, fmt::format("parts-{}", NameOf(stage)));
  const StatusOr<Bytes> known = world_.files.Get(file);
  if (known.ok()) return ParseParts(*known);
  if (!absl::IsNotFound(known.status())) return known.status();
  MUSTER_ASSIGN(GroupedParts parts, CutApart(stage));
  MUSTER_ASSIGN(const Bytes text, EncodeParts(parts));
  const ByteView bytes = text;
  MUSTER_TRY(world_.files.Put(file, std::span(&bytes, 1)));
  return parts;
}

void CampaignRunner::StartSessions() {
  const auto stage = SecureStage();
  if (!stage || secure_.contains(*stage)) return;
  const RoundKey key = round_->plan().key;
  const auto open = [&]() -> StatusOr<std::shared_ptr<SecureCohort>> {
    MUSTER_ASSIGN(GroupedParts parts, PartsOf(*stage));
    MUSTER_ASSIGN(const SecureSubject subject, SubjectOf(*stage, parts));
    return SecureCohort::Open(
        key, subject, *state_.spec.secure, std::move(parts.parts), world_.rng,
        {world_.journal, world_.files, world_.pool, world_.control, world_.clock, world_.log,
         world_.crypto, world_.check_statement},
        world_.secure_events,
        [this, key, stage = *stage](const SecureEnd& end) { OnSecureEnd(key, stage, end); });
  };
  StatusOr<std::shared_ptr<SecureCohort>> opened = open();
  if (!opened.ok()) {
    world_.log.Error("sessions_not_opened",
                     {{"campaign", name_}, {"error", MessageOf(opened.status())}});
    retry_ = true;
    return;
  }
  received_.clear();  // What came before was for another stage.
  for (const DeviceId& device : DevicesOfStage())
    if (!(*opened)->Has(device))
      dropped_later_.emplace(device,
                             Drop{device, Reason::kTOO_FEW_DEVICES, "too few in its slice"});
  secure_[*stage] = *std::move(opened);
}

void CampaignRunner::EndSessions() {
  for (const auto& [kind, sessions] : secure_)
    sessions->Abandon(Reason::kROUND_CLOSED, "the round is over");
  if (!secure_.empty())
    finished_ = std::exchange(secure_, {});
  else if (state_.spec.secure)
    SecureRound::Erase(round_->plan().key, world_.files, world_.log);  // Left by a process before.
}

// --- Devices ---

StatusOr<std::shared_ptr<SecureRound>> CampaignRunner::AdmitMasked(const DeviceId& device,
                                                                   const RoundKey& key,
                                                                   TaskKind kind) const {
  MUSTER_TRY(CheckUpload(device, key));
  MUSTER_TRY(CheckSecure());
  const std::shared_ptr<SecureCohort> sessions = Sessions();
  const auto session = sessions && sessions->kind() == kind ? sessions->SessionOf(device) : nullptr;
  if (!session) return RoundClosed(key);
  return session;
}

void CampaignRunner::Secure(const DeviceId& device, SecureAsk ask, Done<SecureAnswer> done) const {
  if (const Status secure = CheckSecure(); !secure.ok()) return done(secure);
  const bool current = IsCurrent(ask.round);
  const auto& sessions = current ? secure_ : finished_;
  const auto found = sessions.find(ask.kind);
  if (found != sessions.end() && found->second->round() == ask.round) {
    if (const auto session = found->second->SessionOf(device))
      return session->Exchange(device, std::move(ask), std::move(done));
    return done(NotInCohort(ask.round));
  }
  if (current && SecureStage() == ask.kind) return done(Unavailable("the session is not open yet"));
  // A session that nobody remembers, after a restart: over, and how is in the round.
  SecureAnswer over{{}, true, std::string(NameOf(Reason::kROUND_CLOSED))};
  if (current && StateOfHeld(device, ask.round) == HeldState::kCounted) over.why.clear();
  done(std::move(over));
}

void CampaignRunner::SendHome() {
  for (const auto* sessions : {&secure_, &finished_})
    for (const auto& [kind, cohort] : *sessions) cohort->SendHome();
}

// --- What sessions tell ---

void CampaignRunner::OnSecureVector(const SessionKey& key, const DeviceId& device) {
  if (SecureStage() == key.kind) OnReceived(device, key.round);
}

void CampaignRunner::OnSecureLiar(const SessionKey& key, const DeviceId& device,
                                  std::string violation) {
  world_.log.Warn("secure_liar", {{"campaign", name_},
                                  {"round", key.round.round},
                                  {"device", device},
                                  {"violation", violation}});
  world_.fleet.Mark(device, Reason::kSECURE_REFUSED, key.round);
  world_.fleet.Quarantine(device, violation, key.round);
}

void CampaignRunner::OnSecureSum(const SessionKey& key, std::vector<DeviceId> survivors,
                                 std::string file) {
  if (!IsCurrent(key.round)) return;
  if (const auto sessions = SessionsOf(key.kind))
    sessions->OnSum(key.part, std::move(survivors), std::move(file));
}

void CampaignRunner::OnSecureAbandoned(const SessionKey& key, Reason reason, std::string why) {
  if (!IsCurrent(key.round)) return;
  if (const auto sessions = SessionsOf(key.kind))
    sessions->OnAbandoned(key.part, reason, std::move(why));
}

void CampaignRunner::OnSecureEnd(const RoundKey& key, TaskKind kind, const SecureEnd& end) {
  if (!IsCurrent(key) || SecureStage() != kind) return;
  std::vector<Drop> rest;
  for (const auto& [device, drop] : dropped_later_) rest.push_back(drop);
  if (end.file.empty())  // Everybody is out, for the same reason where none is known.
    for (const DeviceId& device : std::visit(
             [](const auto& s) {
               if constexpr (requires { s.awaited; }) return s.awaited;
               return DeviceSet();
             },
             round_->state()))
      if (!dropped_later_.contains(device)) rest.push_back({device, end.reason, end.why});
  const Status counted = kind == TaskKind::kEvaluate ? EvaluateSum(end, std::move(rest))
                                                     : CountSum(end, std::move(rest));
  if (!counted.ok())  // The sessions tell their end again.
    world_.log.Error("sum_not_recorded", {{"campaign", name_}, {"error", MessageOf(counted)}});
}

Status CampaignRunner::CountSum(const SecureEnd& end, std::vector<Drop> rest) {
  const std::vector<DeviceId> devices = end.survivors;
  MUSTER_ASSIGN(
      const bool changed,
      round_->Handle(CountTogether{devices, end.file, std::move(rest)}, Caller::System()));
  if (!changed) return Ok();
  dropped_later_.clear();
  if (work_) work_->Acknowledge(end.file);
  CountDevices(devices);
  PerformRound();
  world_.changed(name_);
  return Ok();
}

Status CampaignRunner::EvaluateSum(const SecureEnd& end, std::vector<Drop> rest) {
  EvaluateTogether event{end.survivors, {}, std::move(rest)};
  if (!end.file.empty()) {
    MUSTER_ASSIGN(const std::vector<secagg::SumField> fields,
                  secagg::MetricSumFields(state_.spec.evaluation.metrics));
    MUSTER_ASSIGN(const Bytes file, world_.files.Get(end.file));
    if (KeepsApart(TaskKind::kEvaluate)) {
      MUSTER_ASSIGN(event.slices, SlicesIn(fields, file, event.sums));
    } else {
      MUSTER_ASSIGN(const Totals totals, TotalsForm(fields).Read(file));
      MUSTER_ASSIGN(event.sums, SumsOf(fields, totals.sums));
    }
  }
  return HandleRound(event, Caller::System());
}

}  // namespace muster::coordinator
