#include "coordinator/runner/campaign_runner.h"

#include "base/safetensors.h"
#include "coordinator/runner/metrics.h"
#include "coordinator/secure/secure_task.h"

namespace muster::coordinator {
namespace {
Status UnknownRound(const RoundKey& key) {
  return WithReason(NotFound("campaign {} is not at round {} (attempt {})", key.campaign.value(),
                             key.round.value(), key.attempt),
                    Reason::kUNKNOWN_ROUND);
}
Status RoundClosed(const RoundKey& key) {
  return WithReason(FailedPrecondition("round {} of {} collects no updates now", key.round.value(),
                                       key.campaign.value()),
                    Reason::kROUND_CLOSED);
}
Status NotSecure(const CampaignName& name) {
  return WithReason(InvalidArgument("campaign {} is plain: it has no secure rounds", name.value()),
                    Reason::kSECURE_NOT_ASKED);
}
}  // namespace

CampaignRunner::CampaignRunner(CampaignName name, RunnerWorld& world)
    : name_(std::move(name)), world_(world) {}

// --- The campaign's own facts ---

Status CampaignRunner::Create(CampaignApplied applied, const Caller& by) {
  Status recorded = Record({std::move(applied)}, by);
  if (recorded.code() == absl::StatusCode::kAborted) recorded = CatchUp();
  MUSTER_TRY(recorded);
  Perform();
  return Ok();
}

Status CampaignRunner::Believe(const JournalRow& row) {
  MUSTER_ASSIGN(const Json json, ParseJson(row.fact));
  MUSTER_ASSIGN(const FactHeader header, HeaderOf(json));
  MUSTER_ASSIGN(const CampaignFact fact, DecodeCampaignFact(name_, row.fact));
  Apply(state_, fact);
  if (row.seq == 0) {
    state_.applied_at = header.at;
    state_.applied_by = header.by;
  }
  state_.updated_at = header.at;
  next_seq_ = row.seq + 1;
  return Ok();
}

void CampaignRunner::Resume() { Perform(); }

Status CampaignRunner::Control(const CampaignEvent& event, const Caller& by) {
  return Handle(event, by);
}

Status CampaignRunner::Handle(const CampaignEvent& event, const Caller& by) {
  const Digest params = state_.params, optimizer = state_.optimizer;
  StatusOr<bool> handled = HandleOnce(event, by);
  if (handled.status().code() == absl::StatusCode::kAborted) {
    // The answer to an earlier append was lost: believe what it wrote, then decide again.
    MUSTER_TRY(CatchUp());
    handled = HandleOnce(event, by);
  }
  MUSTER_ASSIGN(const bool changed, std::move(handled));
  if (params != state_.params) Forget(params);
  if (optimizer != state_.optimizer) Forget(optimizer);
  if (!changed) return Ok();
  Perform();
  world_.changed(name_);
  return Ok();
}

Status CampaignRunner::CatchUp() {
  return world_.journal.Read(CampaignStream(name_), next_seq_,
                             [this](const JournalRow& row) { return Believe(row); });
}

StatusOr<bool> CampaignRunner::HandleOnce(const CampaignEvent& event, const Caller& by) {
  MUSTER_ASSIGN(const CampaignFacts facts, Decide(state_, event));
  if (facts.empty()) return false;
  MUSTER_TRY(Record(facts, by));
  return true;
}

Status CampaignRunner::Record(const CampaignFacts& facts, const Caller& by) {
  const Timestamp now = world_.clock.Now();
  std::vector<std::string> rows;
  for (const CampaignFact& fact : facts) {
    MUSTER_ASSIGN(rows.emplace_back(), EncodeCampaignFact(fact, by.Text(), now));
  }
  MUSTER_TRY(world_.journal.Append(CampaignStream(name_), next_seq_, rows));
  if (next_seq_ == 0) {
    state_.applied_at = now;
    state_.applied_by = by.Text();
  }
  next_seq_ += rows.size();
  state_.updated_at = now;
  for (const CampaignFact& fact : facts) Apply(state_, fact);
  return Ok();
}

void CampaignRunner::Perform() {
  for (const CampaignEffect& effect : Pending(state_))
    std::visit([this](const auto& e) { Perform(e); }, effect);
}

void CampaignRunner::Perform(const AwaitDevices&) {
  const SelectionSpec& s = state_.spec.plan.selection;
  const EvaluationSpec& e = state_.spec.evaluation;
  const std::size_t wanted = std::max<std::size_t>(
      s.enrolled_at_least, s.from == SelectionSpec::From::kEnrolled ? s.minimum : 0);
  if (world_.fleet.Matching(s.labels).size() < wanted) return;
  if (!e.labels.empty() && world_.fleet.Matching(e.labels).size() < e.enrolled_at_least) return;
  if (const Status s2 = Handle(EnoughEnrolled{}, Caller::System()); !s2.ok()) {
    world_.log.Error("campaign_not_started", {{"campaign", name_}, {"error", MessageOf(s2)}});
    retry_ = true;
  }
}

void CampaignRunner::Perform(const RunRound& effect) {
  if (IsCurrent(effect.key)) return PerformRound();
  RoundDriver driver(PlanOf(effect.key), world_.journal, world_.clock);
  const StatusOr<bool> found = driver.Recover();
  Status ready = found.status();
  const bool opened_before = found.ok() && *found;
  if (ready.ok() && !opened_before) ready = driver.Open(Draw(effect.key));
  if (!ready.ok()) {
    world_.log.Error("round_not_opened", {{"campaign", name_}, {"error", MessageOf(ready)}});
    retry_ = true;
    return;
  }
  round_.emplace(std::move(driver));
  round_began_ = world_.clock.Now();
  work_.reset();
  secure_.reset();
  dropped_later_.clear();
  aggregating_ = false;
  received_.clear();
  refused_here_.clear();
  if (opened_before) {
    const StatusOr<bool> extended = round_->Handle(Restart{}, Caller::System());
    if (!extended.ok()) retry_ = true;
    world_.log.Info(
        "round_resumed",
        {{"campaign", name_}, {"round", effect.key.round}, {"phase", PhaseOf(round_->state())}});
  }
  PerformRound();
}

void CampaignRunner::Perform(const CancelRound& effect) {
  if (!IsCurrent(effect.key)) Perform(RunRound{effect.key});
  if (!IsCurrent(effect.key)) return;
  if (const Status s = HandleRound(Cancel{effect.why}, Caller::System()); !s.ok()) retry_ = true;
}

void CampaignRunner::Perform(const RegisterVersion& effect) {
  registry::PublishRequest request;
  request.model = state_.spec.model;
  request.params = effect.evaluated.params;
  request.module = state_.base.module;
  request.parent = state_.base.version;
  request.campaign = name_;
  request.round = effect.evaluated.round;
  request.metrics = effect.evaluated.metrics;
  const auto version = world_.registry.PublishVersion(request, Caller::System());
  Status s = version.status();
  if (s.ok())
    s = Handle(VersionPublished{effect.evaluated.round, version->version}, Caller::System());
  if (!s.ok()) {
    world_.log.Error("version_not_registered", {{"campaign", name_}, {"error", MessageOf(s)}});
    retry_ = true;
  }
}

// A round's parameters and rule state are of no further use once the next round has its own,
// unless a version or another campaign names them.
void CampaignRunner::Forget(const Digest& blob) {
  if (blob == Digest() || world_.in_use(blob)) return;
  if (const Status s = world_.blobs.Remove(blob); !s.ok())
    world_.log.Warn("blob_not_removed", {{"digest", blob.ToString()}, {"error", MessageOf(s)}});
}

bool CampaignRunner::Names(const Digest& blob) const {
  if (blob == state_.params || blob == state_.optimizer || blob == state_.base.params ||
      state_.base.module == blob)
    return true;
  for (const EvaluatedRound& e : state_.evaluations)
    if (e.params == blob) return true;
  return false;
}

// --- The current round ---

RoundPlan CampaignRunner::PlanOf(const RoundKey& key) const {
  const CampaignSpec& spec = state_.spec;
  RoundPlan plan;
  plan.key = key;
  plan.select = spec.plan.selection.select;
  plan.goal = spec.plan.selection.goal;
  plan.minimum = spec.plan.selection.minimum;
  plan.recruit_window = spec.plan.recruit_window;
  plan.report_window = spec.plan.report_window;
  plan.evaluation_window = spec.evaluation.report_window;
  return plan;
}

std::vector<DeviceId> CampaignRunner::Draw(const RoundKey& key) const {
  const PlanSpec& plan = state_.spec.plan;
  if (plan.selection.from != SelectionSpec::From::kEnrolled) return {};
  return DrawCohort(world_.fleet.Matching(plan.selection.labels), plan.selection.select, plan.seed,
                    name_, key.round);
}

Status CampaignRunner::HandleRound(const RoundEvent& event, const Caller& by) {
  MUSTER_ASSIGN(const bool changed, round_->Handle(event, by));
  if (!changed) return Ok();
  PerformRound();
  world_.changed(name_);
  return Ok();
}

void CampaignRunner::PerformRound() {
  for (const RoundEffect& effect : Pending(round_->state())) {
    std::visit(Overloaded{
                   [this](const OfferTraining& e) {
                     if (!work_ && !StartWork().ok()) return;
                     if (state_.spec.secure && !secure_)
                       StartSecure(std::get<Collecting>(round_->state()));
                     world_.wake({e.devices.begin(), e.devices.end()});
                   },
                   [this](const Aggregate& e) {
                     if (aggregating_ || (!work_ && !StartWork().ok())) return;
                     aggregating_ = true;
                     work_->Aggregate(e.counted, e.checkpoint, state_.optimizer);
                   },
                   [this](const OfferEvaluation& e) {
                     world_.wake({e.devices.begin(), e.devices.end()});
                   },
                   [this](const Announce&) { RoundIsOver(); },
               },
               effect);
    if (!round_) return;  // The last effect ended it.
  }
  if (round_ && std::holds_alternative<Recruiting>(round_->state())) Recruit();
}

// Asks the devices that wait now, all at once: one fact for many.
void CampaignRunner::Recruit() {
  Join join;
  for (const DeviceId& id : world_.waiting()) {
    const auto device = world_.fleet.Find(id);
    if (device.ok() && !(*device)->unfit &&
        Matches((*device)->record.labels, state_.spec.plan.selection.labels))
      join.devices.push_back(id);
  }
  if (join.devices.empty()) return;
  if (const Status s = HandleRound(join, Caller::System()); !s.ok()) retry_ = true;
}

void CampaignRunner::RoundIsOver() {
  const RoundKey key = round_->plan().key;
  CampaignEvent event;
  std::vector<DeviceId> holders(received_.begin(), received_.end());
  if (const auto* published = std::get_if<Published>(&round_->state())) {
    event = RoundPublishedEvent{key,
                                published->params,
                                published->optimizer,
                                published->counted,
                                published->evaluated,
                                published->sums};
    world_.metrics.rounds_published.Add();
    world_.metrics.round_seconds.Observe(
        static_cast<double>((world_.clock.Now() - round_began_).count()) / 1000);
  } else {
    const auto& abandoned = std::get<Abandoned>(round_->state());
    event = RoundAbandonedEvent{key, abandoned.reason, abandoned.why};
    world_.metrics.rounds_abandoned.Add();
  }
  world_.log.Info("round_over", {{"campaign", name_},
                                 {"round", key.round},
                                 {"attempt", key.attempt},
                                 {"phase", PhaseOf(round_->state())}});
  if (secure_)
    secure_->Abandon(Reason::kROUND_CLOSED, "the round is over");
  else if (state_.spec.secure)
    SecureRound::Erase(key, world_.files, world_.log);  // Left by a process before this one.
  if (secure_) finished_ = std::exchange(secure_, nullptr);
  if (work_) work_->Discard();
  const std::shared_ptr<RoundWork> finished = std::exchange(work_, nullptr);
  const Status s = Handle(event, Caller::System());
  if (!s.ok()) {
    world_.log.Error("round_end_not_recorded", {{"campaign", name_}, {"error", MessageOf(s)}});
    retry_ = true;
    return;
  }
  if (IsCurrent(key)) round_.reset();
  world_.wake(holders);
}

StatusOr<std::shared_ptr<const Params>> CampaignRunner::BaseParams() {
  if (!params_ || params_->first != state_.params) {
    MUSTER_ASSIGN(const Bytes file, world_.blobs.Get(state_.params));
    MUSTER_ASSIGN(Params params, ParseParams(file));
    params_.emplace(state_.params, std::make_shared<const Params>(std::move(params)));
  }
  return params_->second;
}

Status CampaignRunner::StartWork() {
  const StatusOr<std::shared_ptr<const Params>> base = BaseParams();
  if (!base.ok()) {
    world_.log.Error("base_not_loaded", {{"campaign", name_}, {"error", MessageOf(base.status())}});
    retry_ = true;
    return base.status();
  }
  DeviceSet counted;
  std::string checkpoint;
  std::visit(
      [&](const auto& s) {
        if constexpr (requires { s.checkpoint; }) {
          counted = s.counted;
          checkpoint = s.checkpoint;
        }
      },
      round_->state());
  work_ = RoundWork::Make(
      round_->plan().key, *base, state_.spec.aggregation, round_->plan().select, counted,
      checkpoint,
      {world_.blobs, world_.files, world_.pool, world_.control, world_.log, world_.clock},
      world_.events);
  return Ok();
}

void CampaignRunner::StartSecure(const Collecting& round) {
  const RoundKey key = round_->plan().key;
  const auto devices = static_cast<std::uint32_t>(round.awaited.size() + round.counted.size() +
                                                  round.dropped.size());
  const auto fixed =
      aggregation::FixedPoint::Make(round_->plan().select, state_.spec.aggregation.bound);
  const auto task = DrawTask(state_.spec, key, state_.params, work_->layout().size(), devices,
                             world_.rng, world_.clock.Now());
  const auto open = [&]() -> StatusOr<std::shared_ptr<SecureRound>> {
    MUSTER_TRY(task.status());
    return SecureRound::Open(key, {*task, devices, state_.spec.secure->window}, *fixed,
                             {world_.journal, world_.files, world_.pool, world_.control,
                              world_.clock, world_.log, world_.crypto, world_.check_statement},
                             world_.secure_events);
  };
  StatusOr<std::shared_ptr<SecureRound>> opened = open();
  if (opened.ok()) {
    secure_ = *std::move(opened);
    return;
  }
  world_.log.Error("session_not_opened",
                   {{"campaign", name_}, {"error", MessageOf(opened.status())}});
  retry_ = true;
  // Fewer devices came than a session needs: another attempt may find more.
  if (ReasonOf(opened.status()) == Reason::kFIELD_INVALID)
    world_.control.Post(
        [&events = world_.secure_events, key, why = std::string(MessageOf(opened.status()))] {
          events.OnSecureAbandoned(key, Reason::kTOO_FEW_DEVICES, why);
        });
}

void CampaignRunner::Tick() {
  if (std::exchange(retry_, false)) Perform();
  if (std::holds_alternative<Waiting>(state_.phase)) Perform();
  if (!round_) return;
  if (IsOver(round_->state())) return PerformRound();  // Its end could not be recorded before.
  if (work_ && work_->InFlight() > 0) {
    work_->RepeatCheckpoint();  // Folding is progress; nothing closes under it.
    return;
  }
  if (std::holds_alternative<Aggregating>(round_->state())) return PerformRound();
  // The session has windows of its own, and ends the round when it ends.
  if (IsInSession()) return secure_->Tick(world_.uploads.LastProgress(name_));
  const Status s =
      HandleRound(coordinator::Tick{world_.uploads.LastProgress(name_)}, Caller::System());
  if (!s.ok())
    world_.log.Error("tick_not_recorded", {{"campaign", name_}, {"error", MessageOf(s)}});
}

// --- Devices ---

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
  task_ = task;
  return task;
}

std::optional<Assignment> CampaignRunner::WorkFor(const Device& device) {
  if (!round_) return std::nullopt;
  const DeviceId& id = device.record.id;
  if (std::holds_alternative<Recruiting>(round_->state()) &&
      Matches(device.record.labels, state_.spec.plan.selection.labels)) {
    if (const Status s = HandleRound(Join{{id}}, Caller::Device(id)); !s.ok()) retry_ = true;
    if (!round_) return std::nullopt;
  }
  StatusOr<Assignment> task = NotFound("nothing to do");
  if (const auto* s = std::get_if<Collecting>(&round_->state()))
    if (s->awaited.contains(id) && !received_.contains(id) &&
        (!state_.spec.secure || (secure_ && secure_->Invites(id))))
      task = Task(TaskKind::kTrain, state_.params);
  if (task.ok() && secure_ && task->kind == TaskKind::kTrain) task->secure_task = secure_->task();
  if (const auto* s = std::get_if<Evaluating>(&round_->state()))
    if (s->awaited.contains(id)) task = Task(TaskKind::kEvaluate, s->params);
  if (task.ok()) return *std::move(task);
  if (task.status().code() != absl::StatusCode::kNotFound)
    world_.log.Error("task_not_made", {{"campaign", name_}, {"error", MessageOf(task.status())}});
  return std::nullopt;
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
  const auto* collecting = std::get_if<Collecting>(&round_->state());
  if (!collecting || !work_) return RoundClosed(key);
  if (collecting->counted.contains(device) || received_.contains(device))
    return WithReason(
        FailedPrecondition("the update for round {} is here already", key.round.value()),
        Reason::kALREADY_COUNTED);
  if (!collecting->awaited.contains(device))
    return WithReason(PermissionDenied("this device is not awaited in round {} of {}",
                                       key.round.value(), name_.value()),
                      Reason::kNOT_IN_COHORT);
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

StatusOr<std::shared_ptr<SecureRound>> CampaignRunner::AdmitMasked(const DeviceId& device,
                                                                   const RoundKey& key) const {
  MUSTER_TRY(CheckUpload(device, key));
  if (!state_.spec.secure) return NotSecure(name_);
  if (!secure_) return RoundClosed(key);
  return secure_;
}

void CampaignRunner::Secure(const DeviceId& device, SecureAsk ask, Done<SecureAnswer> done) const {
  if (!state_.spec.secure) return done(NotSecure(name_));
  SecureAnswer over{{}, true, std::string(NameOf(Reason::kROUND_CLOSED))};
  if (!IsCurrent(ask.round)) {
    if (finished_ && finished_->key() == ask.round)
      return finished_->Exchange(device, std::move(ask), std::move(done));
    return done(std::move(over));
  }
  bool member = false, counted = false;
  std::visit(
      [&](const auto& s) {
        if constexpr (requires { s.counted.contains(device); })
          member = counted = s.counted.contains(device);
        if constexpr (std::is_same_v<std::decay_t<decltype(s)>, Collecting>)
          member = counted || s.awaited.contains(device) || s.dropped.contains(device);
      },
      round_->state());
  if (secure_ && member) return secure_->Exchange(device, std::move(ask), std::move(done));
  if (std::holds_alternative<Collecting>(round_->state()) && !member)
    return done(WithReason(PermissionDenied("this device is not in the cohort of round {} of {}",
                                            ask.round.round.value(), name_.value()),
                           Reason::kNOT_IN_COHORT));
  if (std::holds_alternative<Collecting>(round_->state()))
    return done(Unavailable("the session is not open yet"));
  if (counted) over.why.clear();
  done(std::move(over));
}

void CampaignRunner::SendHome() {
  if (secure_) secure_->SendHome();
  if (finished_) finished_->SendHome();
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
  if (!IsInSession())
    return HandleRound(Drop{device, reason, std::move(detail)}, Caller::Device(device));
  if (!std::get<Collecting>(round_->state()).awaited.contains(device))
    return WithReason(PermissionDenied("this device is not awaited in the round"),
                      Reason::kNOT_IN_COHORT);
  dropped_later_.emplace(device, Drop{device, reason, std::move(detail)});
  return Ok();
}

void CampaignRunner::DropRest(Reason reason, const std::string& detail) {
  const RoundKey key = round_->plan().key;
  const DeviceSet awaited = std::get<Collecting>(round_->state()).awaited;
  for (const DeviceId& device : awaited) {
    const auto known = dropped_later_.find(device);
    const Drop drop = known == dropped_later_.end() ? Drop{device, reason, detail} : known->second;
    if (const Status s = HandleRound(drop, Caller::System()); !s.ok()) {
      world_.log.Error("drop_not_recorded", {{"campaign", name_}, {"error", MessageOf(s)}});
      return;  // The session tells its end again.
    }
    if (!IsCurrent(key)) return;  // The last drop ended the round.
  }
}

Status CampaignRunner::OnEvaluation(const DeviceId& device, const RoundKey& key,
                                    EvaluationSums sums) {
  if (!IsCurrent(key)) return UnknownRound(key);
  return HandleRound(Evaluate{device, std::move(sums)}, Caller::Device(device));
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
  if (*taken) world_.metrics.updates_counted.Add(static_cast<double>(devices.size()));
  for (const DeviceId& device : devices) {
    received_.erase(device);
    if (const auto found = world_.fleet.Find(device); *taken && found.ok())
      ++(*found)->updates_counted;
  }
  world_.wake(devices);
  world_.changed(name_);
  if (round_ && !std::holds_alternative<Collecting>(round_->state())) PerformRound();
}

void CampaignRunner::OnAggregated(const RoundKey& key, Digest params, Digest optimizer) {
  if (!IsCurrent(key)) return;
  aggregating_ = false;
  DeviceSet evaluators;
  if (state_.spec.EvaluatesAfter(key.round))
    for (const Candidate& c : world_.fleet.Matching(state_.spec.evaluation.labels))
      evaluators.insert(c.id);
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

void CampaignRunner::OnSecureLiar(const RoundKey& key, const DeviceId& device,
                                  std::string violation) {
  world_.log.Warn(
      "secure_liar",
      {{"campaign", name_}, {"round", key.round}, {"device", device}, {"violation", violation}});
  world_.fleet.Mark(device, Reason::kSECURE_REFUSED, key);
}

void CampaignRunner::OnSecureSum(const RoundKey& key, std::vector<DeviceId> survivors,
                                 std::string checkpoint) {
  if (!IsCurrent(key) || !IsInSession()) return;
  OnCheckpoint(key, std::move(survivors), std::move(checkpoint));
  if (IsCurrent(key) && IsInSession() && !std::get<Collecting>(round_->state()).counted.empty())
    DropRest(Reason::kDEVICE_SILENT, "");
}

void CampaignRunner::OnSecureAbandoned(const RoundKey& key, Reason reason, std::string why) {
  if (!IsCurrent(key) || !std::holds_alternative<Collecting>(round_->state())) return;
  DropRest(reason, why);
}

}  // namespace muster::coordinator
