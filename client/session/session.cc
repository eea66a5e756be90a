#include "client/session/session.h"

#include <algorithm>
#include <utility>

#include "client/secure/terms.h"
#include "client/session/rules.h"

namespace muster::client {
namespace {
// A coordinator that says "at once" for ever must not be asked as fast as the line allows.
constexpr Duration kLeastRest = std::chrono::milliseconds(10);

// Counts of rows are data: where only sums may be seen, one node's stay in its own log.
std::string ToldDetail(const Assignment& assignment, const Status& error) {
  if (assignment.secure_task.empty() || ReasonOf(error) != Reason::kDATA_BAD_ROWS)
    return Detail(error);
  return "more rows break the contract than it allows; the node's log and quarantine say which";
}
}  // namespace

void NodeSession::CheckInAfter(Duration wait) {
  After(wait, [](NodeSession& self) { self.CheckIn(); });
}

std::shared_ptr<NodeSession> NodeSession::Make(const SessionConfig& config,
                                               const SessionWorld& world,
                                               std::shared_ptr<CoordinatorLink> link,
                                               std::shared_ptr<Worker> worker) {
  return std::shared_ptr<NodeSession>(
      new NodeSession(config, world, std::move(link), std::move(worker)));
}

NodeSession::NodeSession(const SessionConfig& config, const SessionWorld& world,
                         std::shared_ptr<CoordinatorLink> link, std::shared_ptr<Worker> worker)
    : Stepwise(world.clock, world.strand),
      config_(config),
      world_(world),
      link_(std::move(link)),
      worker_(std::move(worker)),
      store_(std::make_shared<HeldStore>(world.files,
                                         fmt::format("nodes/{}/held", config.name.value()))),
      ledger_(config.secure ? std::make_shared<ContributionLedger>(
                                  world.files, config.secure->crypto, config.name)
                            : nullptr),
      contact_(world.rng),
      again_(world.rng),
      transfer_(world.rng) {}

void NodeSession::Start() {
  const StatusOr<std::optional<HeldUpdate>> found = store_->Load();
  if (!found.ok()) {
    world_.log.Error("held_update_unreadable",
                     {{"node", config_.name}, {"error", MessageOf(found.status())}});
    if (!absl::IsDataLoss(found.status()))  // The disk may come to itself.
      return After(transfer_.Next(), [](NodeSession& self) { self.Start(); });
    DropHeldFile();
  } else if (const std::optional<HeldUpdate>& held = *found) {
    held_ = Held{.round = held->round, .examples = held->examples, .loss = held->loss, .file = {}};
    world_.log.Info("held_update_found", {{"node", config_.name}, {"round", Text(held_->round)}});
  }
  CheckIn();
}

void NodeSession::Stop() {
  StopSteps();
  secure_.reset();
}

// The coordinator's log, before anything else.

// Whether a look at the log is on its way, or over for good; else the caller may go on.
bool NodeSession::LooksFirst(const Step& then) {
  if (!config_.witness) return false;
  if (!config_.witness->verdict().ok()) {
    End(config_.witness->verdict());
    return true;
  }
  if (std::exchange(looked_, false)) return false;
  if (!link_->IsConnected()) Doubt();  // A coordinator that ends in good order fails no call.
  if (!config_.witness->Due(world_.clock.Now())) return false;
  const std::uint64_t since = config_.witness->remembered();
  link_->GetLogHead(since, Then([since, then](NodeSession& self, const StatusOr<LogHead>& head) {
                      self.OnLogHead(since, head, then);
                    }));
  return true;
}

void NodeSession::OnLogHead(std::uint64_t since, const StatusOr<LogHead>& head, const Step& then) {
  const Status seen =
      head.ok() ? config_.witness->See(since, *head, world_.clock.Now()) : head.status();
  if (!config_.witness->verdict().ok()) return End(config_.witness->verdict());
  looked_ = seen.ok();
  if (seen.ok() || absl::IsAborted(seen)) return then(*this);
  const Duration wait = contact_.Next();
  world_.log.Warn("log_not_seen",
                  {{"node", config_.name}, {"error", MessageOf(seen)}, {"retry_ms", wait.count()}});
  After(wait, then);
}

void NodeSession::End(const Status& verdict) {
  world_.log.Error("log_refused", {{"node", config_.name},
                                   {"reason", NameOf(FailureReason(verdict))},
                                   {"error", MessageOf(verdict)}});
  Stop();
  if (config_.ended) config_.ended(verdict);
}

void NodeSession::Doubt() {
  if (config_.witness) config_.witness->Doubt();
}

// Checking in.

void NodeSession::CheckIn() {
  if (LooksFirst([](NodeSession& self) { self.CheckIn(); })) return;
  CheckInRequest request;
  request.unfit = WhyUnfit();
  request.hold = sick_ ? std::min(config_.hold, config_.unfit_hold) : config_.hold;
  request.ready = !held_ && !request.unfit;
  request.hardware = config_.hardware;
  if (held_) request.held = held_->round;
  request.produces = config_.produces;
  // After an offer that came to nothing others get their turn: it must not keep it from training.
  if (config_.serving && !std::exchange(offer_failed_, false))
    request.serving = config_.serving->State();
  link_->CheckIn(request, Then([](NodeSession& self, StatusOr<CheckInReply> reply) {
                   self.OnCheckIn(std::move(reply));
                 }));
}

std::optional<Unfit> NodeSession::WhyUnfit() {
  const Timestamp now = world_.clock.Now();
  if (sick_ &&
      (worker_->DataStamp() != sick_->stamp || now - sick_->since >= config_.unfit_retry)) {
    world_.log.Info("node_tries_again", {{"node", config_.name}});
    sick_.reset();
  }
  if (sick_) return sick_->unfit;
  if (const Status hours = world_.policy.CheckHours(world_.local_time(now)); !hours.ok())
    return Unfit{FailureReason(hours), std::string(MessageOf(hours))};
  return std::nullopt;
}

void NodeSession::OnCheckIn(StatusOr<CheckInReply> reply) {
  if (!reply.ok()) {
    Doubt();
    const Duration wait = contact_.Next();
    world_.log.Warn(
        "check_in_failed",
        {{"node", config_.name}, {"error", MessageOf(reply.status())}, {"retry_ms", wait.count()}});
    return CheckInAfter(wait);
  }
  contact_.Reset();
  Hear(reply->refusals);
  Follow(*reply);
}

// Said once: the coordinator repeats it as long as it is so.
void NodeSession::Hear(std::vector<Refusal> refusals) {
  std::sort(refusals.begin(), refusals.end());
  for (const Refusal& refusal : refusals)
    if (!std::binary_search(refusals_.begin(), refusals_.end(), refusal))
      world_.log.Warn("campaign_refuses", {{"node", config_.name},
                                           {"campaign", refusal.campaign},
                                           {"reason", NameOf(refusal.reason)},
                                           {"error", refusal.detail}});
  if (refusals.empty() && !refusals_.empty())
    world_.log.Info("no_campaign_refuses", {{"node", config_.name}});
  refusals_ = std::move(refusals);
}

void NodeSession::Follow(const CheckInReply& reply) {
  if (held_) {
    switch (JudgeHeld(reply.held)) {
      case HeldVerdict::kSendAgain: return SendAgain();
      case HeldVerdict::kKeep: return CheckInAfter(std::max(reply.next, kLeastRest));
      case HeldVerdict::kLetGo:
        LetGo(reply.held == HeldState::kCounted  ? "counted"
              : reply.held == HeldState::kClosed ? "closed"
                                                 : "refused");
        if (!reply.assignment) return CheckIn();
    }
  }
  // An assignment that came beside it comes again.
  if (reply.serve && config_.serving) return Serve(reply.serve);
  if (reply.assignment) return Accept(reply.assignment);
  CheckInAfter(std::max(reply.next, kLeastRest));
}

// The next check-in says what became of it.
void NodeSession::Serve(const std::shared_ptr<const ServingOffer>& offer) {
  world_.log.Info("serving_offered",
                  {{"node", config_.name}, {"model", offer->model}, {"version", offer->version}});
  config_.serving->Offered(
      offer, link_, Then([](NodeSession& self, const Status& done) {
        self.offer_failed_ = !done.ok();
        if (done.ok()) return self.CheckInAfter(kLeastRest);
        const Duration wait = self.transfer_.Next();
        self.world_.log.Warn(
            "serving_not_changed",
            {{"node", self.config_.name}, {"error", MessageOf(done)}, {"retry_ms", wait.count()}});
        self.CheckInAfter(wait);
      }));
}

// From the assignment to the task.

void NodeSession::Accept(const Assigned& assignment) {
  world_.log.Info("assigned", {{"node", config_.name},
                               {"round", Text(assignment->round)},
                               {"kind", NameOf(assignment->kind)}});
  if (FailedBefore(*assignment)) return SendFailure(Failure(*failed_));
  if (const Status allowed = Permits(*assignment); !allowed.ok())
    return OnTaskError(*assignment, allowed);
  Fetch(assignment);
}

// What it has learned of the others in a session that it left is no reason to enter it again.
bool NodeSession::FailedBefore(const Assignment& assignment) const {
  return !assignment.secure_task.empty() && failed_ && failed_->round == assignment.round &&
         failed_->kind == assignment.kind;
}

// A coordinator that knows what this node produces does not ask; an older one may.
Status NodeSession::CheckReads(const Assignment& assignment) const {
  if (!config_.produces || config_.produces->contract == assignment.contract.name) return Ok();
  return WithReason(FailedPrecondition("the task reads contract {} and this node produces {} "
                                       "version {}",
                                       assignment.contract.name, config_.produces->contract,
                                       config_.produces->version),
                    Reason::kCONTRACT_INCOMPATIBLE);
}

Status NodeSession::Permits(const Assignment& assignment) {
  const bool secure = !assignment.secure_task.empty();
  MUSTER_TRY(CheckReads(assignment));
  MUSTER_TRY(world_.policy.Check({.campaign = assignment.round.campaign,
                                  .cohort = assignment.cohort,
                                  .bytes = Cost(assignment),
                                  .bytes_today = world_.budget.Used(),
                                  .local_time = world_.local_time(world_.clock.Now()),
                                  .secure = secure,
                                  .statistics = assignment.kind == TaskKind::kStatistics}));
  MUSTER_TRY(Trusts(assignment));
  return secure ? PermitsSecure(assignment) : Ok();
}

// Whether what it would load is certified for this machine, and signed by whom it pinned.
Status NodeSession::Trusts(const Assignment& assignment) const {
  if (assignment.kind == TaskKind::kStatistics) return Ok();
  if (const auto& certified = assignment.certified;
      certified && std::ranges::find(*certified, config_.hardware) == certified->end())
    return WithReason(
        FailedPrecondition("model {} is not certified for this agent's hardware '{}': have it "
                           "certified, or correct `hardware` in the agent's file",
                           assignment.model.value(), config_.hardware),
        Reason::kHARDWARE_NOT_CERTIFIED);
  if (!config_.witness) return Ok();
  std::vector<Digest> files{assignment.params.digest};
  if (assignment.module) files.push_back(assignment.module->digest);
  return config_.witness->CheckSigned(assignment.signed_artefacts, files);
}

// An update is about as long as the parameters it changes, and sums as what they are laid out as.
std::uint64_t NodeSession::Cost(const Assignment& assignment) {
  std::uint64_t bytes = 0;
  if (assignment.kind != TaskKind::kStatistics)
    bytes += world_.artefacts.Missing(assignment.params);
  if (assignment.module && worker_->NeedsModule())
    bytes += world_.artefacts.Missing(*assignment.module);
  return bytes +
         (assignment.kind == TaskKind::kTrain ? assignment.params.bytes : SumsBytes(assignment));
}

void NodeSession::Fetch(const Assigned& assignment) {
  if (assignment->kind == TaskKind::kStatistics) return Work(assignment);
  world_.artefacts.Fetch(link_, assignment->params,
                         Then([assignment](NodeSession& self, const Status& status) {
                           if (!status.ok()) return self.OnFetchError(*assignment, status);
                           self.FetchModule(assignment);
                         }));
}

void NodeSession::FetchModule(const Assigned& assignment) {
  if (!assignment->module || !worker_->NeedsModule()) return Work(assignment);
  world_.artefacts.Fetch(link_, *assignment->module,
                         Then([assignment](NodeSession& self, const Status& status) {
                           if (!status.ok()) return self.OnFetchError(*assignment, status);
                           self.Work(assignment);
                         }));
}

// The next check-in brings the assignment again, if the round still wants this node.
void NodeSession::OnFetchError(const Assignment& assignment, const Status& error) {
  if (JudgeFetchError(error) == ErrorVerdict::kGiveUp) return OnTaskError(assignment, error);
  Doubt();
  const Duration wait = transfer_.Next();
  world_.log.Warn("fetch_failed", {{"node", config_.name},
                                   {"round", Text(assignment.round)},
                                   {"error", MessageOf(error)},
                                   {"retry_ms", wait.count()}});
  CheckInAfter(wait);
}

void NodeSession::Work(const Assigned& assignment) {
  transfer_.Reset();
  const auto done = Then([assignment](NodeSession& self, StatusOr<TaskOutcome> outcome) {
    self.OnWorked(assignment, std::move(outcome));
  });
  world_.tasks.Post([weak = weak_from_this(), assignment, worker = worker_, store = store_,
                     name = config_.name, done] {
    if (weak.expired()) return;
    StatusOr<TaskOutcome> outcome = RunTask(*worker, *assignment, name);
    if (weak.expired()) return;  // A session that is gone must not leave an update behind.
    if (outcome.ok() && std::holds_alternative<HeldUpdate>(*outcome))
      if (const Status saved = store->Save(std::get<HeldUpdate>(*outcome)); !saved.ok())
        outcome = saved;
    done(std::move(outcome));
  });
}

void NodeSession::OnWorked(const Assigned& assignment, StatusOr<TaskOutcome> outcome) {
  if (!outcome.ok()) return OnTaskError(*assignment, outcome.status());
  if (auto* const report = std::get_if<EvaluationReport>(&*outcome))
    return ReportEvaluation(assignment->round, *report);
  if (auto* const offer = std::get_if<SecureOffer>(&*outcome))
    return GiveSecurely(assignment, std::move(*offer));
  HeldUpdate& update = std::get<HeldUpdate>(*outcome);
  world_.log.Info("update_held", {{"node", config_.name},
                                  {"round", Text(update.round)},
                                  {"examples", update.examples},
                                  {"loss", update.loss}});
  held_ = Held{.round = update.round,
               .examples = update.examples,
               .loss = update.loss,
               .file = std::make_shared<const Bytes>(std::move(update.file)),
               .fresh = true,
               .quality = update.quality};
  Upload();
}

void NodeSession::OnTaskError(const Assignment& assignment, const Status& error) {
  const std::string detail = ToldDetail(assignment, error);
  // A column that only statistics ask for is none that training misses.
  if (IsDataError(error) && assignment.kind != TaskKind::kStatistics) {
    sick_ = Sick{{FailureReason(error), detail}, worker_->DataStamp(), world_.clock.Now()};
    world_.log.Warn(
        "node_unfit",
        {{"node", config_.name}, {"reason", NameOf(FailureReason(error))}, {"error", detail}});
  }
  ReportFailure({assignment.round, assignment.kind, FailureReason(error), detail});
}

}  // namespace muster::client
