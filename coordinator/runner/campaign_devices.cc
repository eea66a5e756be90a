// What devices ask of the current round, and what they bring.
#include "coordinator/runner/campaign_runner.h"
#include "coordinator/runner/metrics.h"

namespace muster::coordinator {
namespace {
Status UnknownRound(const RoundKey& key) {
  return WithReason(NotFound("campaign {} is not at round {} (attempt {})", key.campaign.value(),
                             key.round.value(), key.attempt),
                    Reason::kUNKNOWN_ROUND);
}
}  // namespace

Status CampaignRunner::RoundClosed(const RoundKey& key) {
  return WithReason(FailedPrecondition("round {} of {} collects no updates now", key.round.value(),
                                       key.campaign.value()),
                    Reason::kROUND_CLOSED);
}

Status CampaignRunner::NotInCohort(const RoundKey& key) {
  return WithReason(PermissionDenied("this device is not awaited in round {} of {}",
                                     key.round.value(), key.campaign.value()),
                    Reason::kNOT_IN_COHORT);
}

StatusOr<Assignment> CampaignRunner::Task(TaskKind kind, const Digest& params) {
  if (task_ && task_->round == round_->plan().key && task_->params == params && task_->kind == kind)
    return *task_;
  const CampaignSpec& spec = state_.spec;
  Assignment task;
  task.round = round_->plan().key;
  task.kind = kind;
  task.params = params;
  task.module = state_.base.module;
  MUSTER_ASSIGN(const auto params_file, world_.blobs.Open(params));
  task.params_bytes = params_file->size();
  if (task.module) {
    MUSTER_ASSIGN(const auto module_file, world_.blobs.Open(*task.module));
    task.module_bytes = module_file->size();
  }
  MUSTER_ASSIGN(task.contract,
                world_.registry.GetContract(state_.base.contract, state_.base.contract_version));
  MUSTER_ASSIGN(const registry::ModelView model, world_.registry.GetModel(spec.model));
  task.model = model.spec;
  task.training = spec.training;
  task.learning_rate = spec.training.learning_rate.At(round_->plan().key.round, spec.plan.rounds);
  task.campaign_seed = spec.plan.seed;
  task.metrics = spec.evaluation.metrics;
  task.cohort = round_->plan().select;
  task.example_cap = spec.aggregation.example_cap;
  task.bound = spec.aggregation.bound;
  task.max_norm = spec.aggregation.max_norm;
  task.newest_rows =
      kind == TaskKind::kEvaluate ? spec.evaluation.newest_rows : spec.training.newest_rows;
  if (world_.sign_artefacts) {
    MUSTER_ASSIGN(task.signed_artefacts,
                  world_.sign_artefacts(task.round, task.params, task.module));
  }
  task_ = task;
  return task;
}

std::optional<Assignment> CampaignRunner::WorkFor(Device& device) {
  if (!round_ || TurnsAway(device)) return std::nullopt;
  const DeviceId& id = device.record.id;
  if (std::holds_alternative<Recruiting>(round_->state()) && MayJoin(device)) {
    if (const Status hardware = CheckHardware(device); !hardware.ok()) {
      // Once a round, so that its operator learns why it stays idle.
      if (uncertified_.insert(id).second)
        world_.fleet.Mark(id, *ReasonOf(hardware), round_->plan().key);
      return std::nullopt;
    }
    if (const Status s = HandleRound(Join{{id}}, Caller::Device(id)); !s.ok()) retry_ = true;
    if (!round_) return std::nullopt;
  }
  StatusOr<Assignment> task = TaskFor(id);
  if (task.ok()) task = Certify(*std::move(task), device);
  if (task.ok()) return *std::move(task);
  if (task.status().code() != absl::StatusCode::kNotFound)
    world_.log.Error("task_not_made", {{"campaign", name_}, {"error", MessageOf(task.status())}});
  return std::nullopt;
}

// Who was drawn and may not load the model gives its place up. NOT_FOUND then.
StatusOr<Assignment> CampaignRunner::Certify(Assignment task, const Device& device) {
  if (task.kind == TaskKind::kStatistics) return task;
  if (const Status hardware = CheckHardware(device); !hardware.ok()) {
    if (ReasonOf(hardware) != Reason::kHARDWARE_NOT_CERTIFIED) return hardware;
    const RoundKey key = task.round;
    MUSTER_TRY(OnFailure(device.record.id, key, Reason::kHARDWARE_NOT_CERTIFIED,
                         std::string(MessageOf(hardware))));
    return NotFound("not certified for its hardware");
  }
  MUSTER_ASSIGN(task.certified,
                world_.registry.CertifiedHardware(state_.spec.model, state_.base.version));
  return task;
}

// NOT_FOUND when there is nothing for it.
StatusOr<Assignment> CampaignRunner::TaskFor(const DeviceId& device) {
  const Status nothing = NotFound("nothing to do");
  const bool collecting = std::holds_alternative<Collecting>(round_->state());
  if (dropped_later_.contains(device)) return nothing;
  if (received_.contains(device) && (collecting || SecureStage())) return nothing;
  StatusOr<Assignment> task = nothing;
  const auto stage = SecureStage();
  const auto sessions = Sessions();
  const std::optional<Bytes> secure = sessions ? sessions->TaskFor(device) : std::nullopt;
  if (stage && !secure) return nothing;
  if (const auto* s = std::get_if<Collecting>(&round_->state()))
    if (s->awaited.contains(device))
      task = state_.spec.statistics ? StatisticsTask() : Task(TaskKind::kTrain, state_.params);
  if (const auto* s = std::get_if<Evaluating>(&round_->state()))
    if (s->awaited.contains(device)) task = Task(TaskKind::kEvaluate, s->params);
  if (task.ok() && secure) task->secure_task = *secure;
  return task;
}

HeldState CampaignRunner::StateOfHeld(const DeviceId& device, const RoundKey& key) const {
  if (!IsCurrent(key)) return HeldState::kClosed;
  if (refused_here_.contains(device)) return HeldState::kRefused;
  return std::visit(
      [&](const auto& s) {
        if constexpr (requires { s.counted.contains(device); })
          if (s.counted.contains(device)) return HeldState::kCounted;
        if constexpr (std::is_same_v<std::decay_t<decltype(s)>, Collecting>) {
          if (received_.contains(device)) return HeldState::kWait;
          return s.awaited.contains(device) ? HeldState::kResend : HeldState::kClosed;
        }
        return HeldState::kClosed;
      },
      round_->state());
}

Status CampaignRunner::CheckUpload(const DeviceId& device, const RoundKey& key) const {
  if (!IsCurrent(key)) return UnknownRound(key);
  const DeviceSet* awaited = nullptr;
  bool counted = received_.contains(device);
  if (const auto* s = std::get_if<Collecting>(&round_->state())) {
    awaited = &s->awaited;
    counted = counted || s->counted.contains(device);
  } else if (const auto* e = std::get_if<Evaluating>(&round_->state());
             e != nullptr && SecureStage()) {
    awaited = &e->awaited;
  }
  if (awaited == nullptr || (!work_ && !SecureStage())) return RoundClosed(key);
  if (counted)
    return WithReason(
        FailedPrecondition("the update for round {} is here already", key.round.value()),
        Reason::kALREADY_COUNTED);
  if (!awaited->contains(device)) return NotInCohort(key);
  return Ok();
}

StatusOr<std::shared_ptr<RoundWork>> CampaignRunner::AdmitUpload(const DeviceId& device,
                                                                 const RoundKey& key) const {
  MUSTER_TRY(CheckUpload(device, key));
  if (state_.spec.secure)
    return WithReason(
        InvalidArgument("campaign {} is secure: it takes masked vectors only", name_.value()),
        Reason::kSECURE_NOT_MASKED);
  return work_;
}

bool CampaignRunner::HasReceived(const DeviceId& device, const RoundKey& key) const {
  const HeldState held = StateOfHeld(device, key);
  return held == HeldState::kWait || held == HeldState::kCounted;
}

void CampaignRunner::OnReceived(const DeviceId& device, const RoundKey& key) {
  if (!IsCurrent(key)) return;
  received_.insert(device);
  world_.metrics.updates_received.Add();
  world_.changed(name_);
}

void CampaignRunner::OnRows(const RoundKey& key, const RowTotals& rows) {
  if (!IsCurrent(key) || state_.spec.secure) return;
  rows_.Add(rows);
  world_.metrics.rows_reported.Add(static_cast<double>(rows.rows));
  for (const auto& [rule, count] : rows.by_rule)
    world_.metrics.BadRows(rule).Add(static_cast<double>(count));
}

void CampaignRunner::OnRefused(const DeviceId& device, const RoundKey& key, const Status& why) {
  if (!IsCurrent(key)) return;
  const Reason reason = ReasonOf(why).value_or(Reason::kUPDATE_UNREADABLE);
  world_.log.Warn("update_refused", {{"campaign", name_},
                                     {"round", key.round},
                                     {"device", device},
                                     {"reason", NameOf(reason)},
                                     {"detail", MessageOf(why)}});
  world_.metrics.UpdatesRefused(reason).Add();
  ++refused_[std::string(NameOf(reason))];
  refused_here_.emplace(device, reason);
  world_.fleet.Mark(device, reason, key);
  const Status s = DropDevice(device, reason, std::string(MessageOf(why)));
  if (!s.ok() && ReasonOf(s) != Reason::kROUND_CLOSED) retry_ = true;
}

Status CampaignRunner::OnFailure(const DeviceId& device, const RoundKey& key, Reason reason,
                                 std::string detail) {
  if (!IsCurrent(key)) return UnknownRound(key);
  if (received_.contains(device)) return Ok();  // Its update came after all.
  world_.log.Warn("task_failed", {{"campaign", name_},
                                  {"round", key.round},
                                  {"device", device},
                                  {"reason", NameOf(reason)},
                                  {"detail", detail}});
  MUSTER_TRY(DropDevice(device, reason, std::move(detail)));
  world_.fleet.Mark(device, reason, key);
  return Ok();
}

Status CampaignRunner::DropDevice(const DeviceId& device, Reason reason, std::string detail) {
  if (!SecureStage())
    return HandleRound(Drop{device, reason, std::move(detail)}, Caller::Device(device));
  const bool awaited = std::visit(
      [&](const auto& s) {
        if constexpr (requires { s.awaited; }) return s.awaited.contains(device);
        return false;
      },
      round_->state());
  if (!awaited) return NotInCohort(round_->plan().key);
  dropped_later_.emplace(device, Drop{device, reason, std::move(detail)});
  if (const auto sessions = Sessions()) sessions->Lost(device);
  return Ok();
}

Status CampaignRunner::OnEvaluation(const DeviceId& device, const RoundKey& key,
                                    EvaluationSums sums) {
  if (!IsCurrent(key)) return UnknownRound(key);
  return HandleRound(
      Evaluate{device, std::move(sums), SliceOf(state_.spec.evaluation, MemberOf(device))},
      Caller::Device(device));
}

void CampaignRunner::OnCheckpoint(const RoundKey& key, std::vector<DeviceId> devices,
                                  std::string checkpoint) {
  if (!IsCurrent(key) || !work_) return;
  const std::shared_ptr<RoundWork> work = work_;
  const StatusOr<bool> taken = round_->Handle(Checkpointed{devices, checkpoint}, Caller::System());
  if (!taken.ok() && ReasonOf(taken.status()) != Reason::kROUND_CLOSED) {
    world_.log.Error("checkpoint_not_recorded",
                     {{"campaign", name_}, {"error", MessageOf(taken.status())}});
    return;  // Tick makes the work tell it again.
  }
  work->Acknowledge(std::move(checkpoint));
  if (!taken.ok()) return;
  if (*taken) {
    CountDevices(devices);
  } else {
    for (const DeviceId& device : devices) received_.erase(device);
    world_.wake(devices);
  }
  world_.changed(name_);
  if (round_ && !std::holds_alternative<Collecting>(round_->state())) PerformRound();
}

void CampaignRunner::CountDevices(const std::vector<DeviceId>& devices) {
  world_.metrics.updates_counted.Add(static_cast<double>(devices.size()));
  for (const DeviceId& device : devices) {
    received_.erase(device);
    if (const auto found = world_.fleet.Find(device); found.ok()) ++(*found)->updates_counted;
  }
  world_.wake(devices);
}

void CampaignRunner::OnAggregated(const RoundKey& key, Digest params, Digest optimizer) {
  if (!IsCurrent(key)) return;
  aggregating_ = false;
  DeviceSet evaluators;
  if (state_.spec.EvaluatesAfter(key.round)) evaluators = Evaluators(key);
  const Status s =
      HandleRound(Aggregated{params, optimizer, std::move(evaluators)}, Caller::System());
  if (!s.ok())
    world_.log.Error("aggregate_not_recorded", {{"campaign", name_}, {"error", MessageOf(s)}});
}

void CampaignRunner::OnWorkFailed(const RoundKey& key) {
  if (!IsCurrent(key)) return;
  aggregating_ = false;  // Tick asks again.
  // What is not on its way into the sum has to come again; masked vectors are spooled.
  if (work_ && work_->InFlight() == 0 && !state_.spec.secure) {
    const std::vector<DeviceId> again(received_.begin(), received_.end());
    received_.clear();
    world_.wake(again);
  }
}

}  // namespace muster::coordinator
