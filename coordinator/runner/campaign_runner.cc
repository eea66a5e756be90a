#include "coordinator/runner/campaign_runner.h"

#include "coordinator/runner/baseline.h"
#include "coordinator/runner/energy.h"
#include "coordinator/runner/lineage.h"

namespace muster::coordinator {
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
  bool changed = false;
  if (handled.status().code() == absl::StatusCode::kAborted) {
    // The answer to an earlier append was lost: believe what it wrote, then decide again. Perhaps
    // it was this event's, and nothing is left to decide but all of it to do.
    MUSTER_TRY(CatchUp());
    changed = true;
    handled = HandleOnce(event, by);
  }
  MUSTER_TRY(handled.status());
  changed = changed || *handled;
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
  if (Eligible().size() < wanted) return;
  if (!e.labels.empty() && world_.fleet.Matching(e.labels).size() < e.enrolled_at_least) return;
  if (std::vector<std::vector<DeviceId>> blocks = NewBlocks(); !blocks.empty())
    if (const Status drawn = Handle(DevicesBlocked{std::move(blocks)}, Caller::System());
        !drawn.ok())
      retry_ = true;
  if (const Status s2 = Handle(EnoughEnrolled{}, Caller::System()); !s2.ok()) {
    world_.log.Error("campaign_not_started", {{"campaign", name_}, {"error", MessageOf(s2)}});
    retry_ = true;
  }
}

void CampaignRunner::Perform(const RunRound& effect) {
  if (IsCurrent(effect.key)) return PerformRound();
  // Before the round is opened, never after: which block it asks depends on how many there are.
  if (std::vector<std::vector<DeviceId>> blocks = NewBlocks(); !blocks.empty())
    if (const StatusOr<bool> begun = HasBegun(effect.key); begun.ok() && !*begun) {
      if (const Status s = Handle(DevicesBlocked{std::move(blocks)}, Caller::System()); !s.ok())
        retry_ = true;
      return;  // Handling it has opened the round.
    }
  const StatusOr<bool> opened = OpenRound(effect.key);
  if (!opened.ok()) {
    // A replay waits for the campaign that it follows.
    if (!absl::IsUnavailable(opened.status()))
      world_.log.Error("round_not_opened",
                       {{"campaign", name_}, {"error", MessageOf(opened.status())}});
    retry_ = true;
    return;
  }
  round_began_ = world_.clock.Now();
  work_.reset();
  secure_.clear();
  dropped_later_.clear();
  aggregating_ = false;
  received_.clear();
  refused_here_.clear();
  rows_ = {};
  reads_.reset();
  uncertified_.clear();
  if (*opened) {
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

StatusOr<registry::PublishRequest> CampaignRunner::RequestFor(
    const EvaluatedRound& evaluated) const {
  registry::PublishRequest request;
  request.model = state_.spec.model;
  request.params = evaluated.params;
  request.module = state_.base.module;
  request.parent = state_.base.version;
  request.campaign = name_;
  request.round = evaluated.round;
  MUSTER_ASSIGN(request.measured, MeasurementsOf(world_.journal, name_, evaluated));
  request.measured.energy = EnergyOf(state_.spec.plan, evaluated);
  MUSTER_ASSIGN(request.lineage, LineageOf(state_, evaluated, world_.crypto));
  MUSTER_ASSIGN(request.lineage->baseline, BaselineOf(world_.journal, state_, evaluated));
  return request;
}

void CampaignRunner::Perform(const RegisterVersion& effect) {
  const auto request = RequestFor(effect.evaluated);
  const auto version = request.ok() ? world_.registry.PublishVersion(*request, Caller::System())
                                    : StatusOr<registry::ModelVersion>(request.status());
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

}  // namespace muster::coordinator
