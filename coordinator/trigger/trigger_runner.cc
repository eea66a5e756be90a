#include "coordinator/trigger/trigger_runner.h"

namespace muster::coordinator {
namespace {
// Between looks at what only time changes.
constexpr Duration kLook{1'000};
}  // namespace

TriggerRunner::TriggerRunner(TriggerName name, TriggerWorld& world)
    : name_(std::move(name)), world_(world) {}

// --- Facts ---

StatusOr<bool> TriggerRunner::ApplySpec(const TriggerSpec& spec, const Caller& by) {
  const std::uint64_t before = state_.next_seq;
  MUSTER_TRY(Handle(ApplyTrigger{spec, SeenNow()}, by));
  return state_.next_seq != before;
}

Status TriggerRunner::Believe(const JournalRow& row) {
  MUSTER_ASSIGN(const Recorded<TriggerFact> fact, DecodeTriggerFact(name_, row.seq, row.fact));
  Apply(state_, fact);
  return Ok();
}

Status TriggerRunner::Handle(const TriggerEvent& event, const Caller& by) {
  StatusOr<bool> handled = HandleOnce(event, by);
  if (handled.status().code() == absl::StatusCode::kAborted) {
    // The answer to an earlier append was lost: believe what it wrote, then decide again.
    MUSTER_TRY(CatchUp());
    handled = HandleOnce(event, by);
  }
  MUSTER_TRY(handled.status());
  if (*handled) world_.trigger_changed(name_);
  return Ok();
}

StatusOr<bool> TriggerRunner::HandleOnce(const TriggerEvent& event, const Caller& by) {
  MUSTER_ASSIGN(const TriggerFacts facts, Decide(state_, event, world_.shared.clock.Now()));
  if (facts.empty()) return false;
  MUSTER_TRY(Record(facts, by));
  Count(facts);
  return true;
}

void TriggerRunner::Count(const TriggerFacts& facts) {
  MonitorMetrics& metrics = world_.shared.metrics;
  for (const TriggerFact& fact : facts) {
    if (std::holds_alternative<TriggerFired>(fact)) metrics.Firings(name_.value()).Add();
    const auto* judged = std::get_if<CandidateJudged>(&fact);
    if (judged != nullptr && judged->outcome == FiringPhase::kHeld)
      metrics.CandidatesHeld(name_.value()).Add();
  }
}

Status TriggerRunner::CatchUp() {
  return world_.shared.journal.Read(TriggerStream(name_), state_.next_seq,
                                    [this](const JournalRow& row) { return Believe(row); });
}

Status TriggerRunner::Record(const TriggerFacts& facts, const Caller& by) {
  const Timestamp now = world_.shared.clock.Now();
  std::vector<std::string> rows;
  for (const TriggerFact& fact : facts) {
    MUSTER_ASSIGN(rows.emplace_back(), EncodeTriggerFact(fact, by.Text(), now));
  }
  MUSTER_TRY(world_.shared.journal.Append(TriggerStream(name_), state_.next_seq, rows));
  for (const TriggerFact& fact : facts) Apply(state_, {fact, state_.next_seq, now, by.Text()});
  return Ok();
}

void TriggerRunner::Tell(const TriggerEvent& event) {
  if (const Status s = Handle(event, Caller::System()); !s.ok())
    world_.shared.log.Error("trigger_not_recorded", {{"trigger", name_}, {"error", MessageOf(s)}});
}

Status TriggerRunner::Answer(const AnswerFiring& answer, const Caller& by) {
  return Handle(answer, by);
}

// --- Evidence ---

Evidence TriggerRunner::EvidenceNow() const {
  return EvidenceFor(state_, world_.shared.clock.Now(), world_.monitors());
}

SeenMap TriggerRunner::SeenNow() const {
  SeenMap out;
  for (const auto& [name, monitor] : world_.monitors()) out[name] = SeenOf(*monitor);
  return out;
}

Explanation TriggerRunner::ExplainNow() const {
  const Evidence evidence = EvidenceNow();
  return ExplainTrigger(state_, evidence, SpentBy(state_, evidence.now, world_.shared.campaign));
}

void TriggerRunner::Tick(bool news) {
  const Timestamp now = world_.shared.clock.Now();
  for (const TriggerEffect& effect : Pending(state_))
    std::visit([this](const auto& e) { Perform(e); }, effect);
  if (!news && now < looked_at_ + kLook) return;
  looked_at_ = now;
  Tell(TimePassed{});
  if (state_.Open() == nullptr && !state_.spec.suspended) Consider();
  const FiringRecord* open = state_.Open();
  world_.shared.metrics.Asking(name_.value())
      .Set(open != nullptr && open->phase == FiringPhase::kAsked ? 1 : 0);
}

void TriggerRunner::Consider() {
  const Evidence evidence = EvidenceNow();
  Explanation explanation =
      ExplainTrigger(state_, evidence, SpentBy(state_, evidence.now, world_.shared.campaign));
  const bool over_budget = IsKeptByBudget(explanation);
  if (over_budget && !over_budget_) world_.shared.metrics.OverBudget(name_.value()).Add();
  over_budget_ = over_budget;
  if (!explanation.met) return;
  Fire fire;
  fire.seen = SeenNow();
  fire.cohort = ChooseCohort(state_.spec, state_.last_number + 1, PoolFor(evidence));
  auto base = world_.shared.registry.Resolve(state_.spec.model, state_.spec.BaseAlias());
  if (!base.ok()) base = world_.shared.registry.Resolve(state_.spec.model, VersionNumber());
  if (base.ok()) fire.base = base->version;
  world_.shared.log.Info("trigger_fired", {{"trigger", name_},
                                           {"why", explanation.why},
                                           {"drifted", fire.cohort.drifted.size()},
                                           {"others", fire.cohort.others.size()}});
  fire.evidence = std::move(explanation);
  Tell(fire);
}

CohortPool TriggerRunner::PoolFor(const Evidence& evidence) const {
  CohortPool pool;
  const CampaignSpec& campaign = state_.spec.action.campaign;
  pool.train = world_.shared.fleet.Matching(campaign.plan.selection.labels);
  if (!campaign.evaluation.labels.empty())
    pool.evaluate = world_.shared.fleet.Matching(campaign.evaluation.labels);
  pool.drifted = DriftedDevices(state_.spec.when, evidence);
  for (const MonitorName& name : MonitorsOf(state_.spec.when)) {
    const auto known = evidence.monitors.find(name);
    if (known == evidence.monitors.end()) continue;
    const MonitorState& m = *known->second;
    for (const Finding& f : m.findings)
      if (f.alarm && f.version == m.version) pool.alarmed.insert(f.device);
    for (const auto& [id, device] : m.devices)
      if (m.Serves(device, evidence.now)) pool.serving.insert(id);
  }
  return pool;
}

// --- Campaigns ---

const CampaignState* TriggerRunner::CampaignOf(const FiringRecord& firing) const {
  return firing.campaign.value().empty() ? nullptr : world_.shared.campaign(firing.campaign);
}

void TriggerRunner::Perform(const RunCampaign&) {
  const FiringRecord* firing = state_.Open();
  if (firing == nullptr) return;
  if (firing->campaign.value().empty()) return StartCampaign(*firing);
  const CampaignState* campaign = CampaignOf(*firing);
  if (campaign != nullptr) Finish(*firing, *campaign);
}

void TriggerRunner::StartCampaign(const FiringRecord& firing) {
  const CampaignSpec spec = CampaignFor(state_.spec, firing.number, firing.cohort, firing.base);
  const Status applied = world_.shared.apply_campaign(spec, Caller::System());
  if (applied.ok()) return Tell(CampaignBegan{firing.number});
  if (MayPass(applied)) return;  // The next tick tries again.
  Tell(FiringBroke{firing.number, fmt::format("campaign {} was refused: {}", spec.name.value(),
                                              MessageOf(applied))});
}

void TriggerRunner::Finish(const FiringRecord& firing, const CampaignState& campaign) {
  const std::uint64_t number = firing.number;
  if (std::holds_alternative<Paused>(campaign.phase) ||
      std::holds_alternative<CancelledByPeople>(campaign.phase))
    return Tell(FiringBroke{number, fmt::format("campaign {} is {}: {}", firing.campaign.value(),
                                                coordinator::PhaseOf(campaign), WhyOf(campaign))});
  if (!std::holds_alternative<Completed>(campaign.phase)) return;
  VersionNumber version;
  for (const EvaluatedRound& e : campaign.evaluations) {
    if (!e.version) return;  // The registry does not have it yet.
    version = *e.version;
  }
  if (version.value() == 0)
    return Tell(
        FiringBroke{number, fmt::format("campaign {} made no version", firing.campaign.value())});
  const StatusOr<CandidateFound> found = Offer(number, version);
  if (found.ok()) return Tell(*found);
  if (MayPass(found.status())) return;
  Tell(FiringBroke{number, fmt::format("version {} could not be offered: {}", version.value(),
                                       MessageOf(found.status()))});
}

// As the system, which holds no role and overrides no gate.
StatusOr<CandidateFound> TriggerRunner::Offer(std::uint64_t number, VersionNumber version) {
  CandidateFound out{number, version, FiringPhase::kEvaluated, {}, ""};
  if (!state_.spec.action.promote) {
    out.why = "it is left as a candidate";
    return out;
  }
  registry::MoveRequest move;
  move.model = state_.spec.model;
  move.alias = *state_.spec.action.promote;
  move.version = version;
  MUSTER_ASSIGN(const registry::Promotion promotion,
                world_.shared.registry.Promote(move, Caller::System()));
  out.verdicts = promotion.verdicts;
  if (promotion.outcome != registry::Promotion::Outcome::kRefused) {
    out.outcome = FiringPhase::kPromoted;
    out.why = fmt::format("'{}' points at version {}", move.alias, version.value());
    return out;
  }
  out.outcome = FiringPhase::kHeld;
  for (const registry::Verdict& verdict : promotion.verdicts)
    if (!verdict.passed && out.why.empty())
      out.why = fmt::format("gate {}: {}", verdict.gate, verdict.reason);
  return out;
}

}  // namespace muster::coordinator
