// The campaign's current round: who is asked, the tensors' work, its end.
#include <algorithm>

#include "base/safetensors.h"
#include "coordinator/round/round_facts.h"
#include "coordinator/runner/baseline.h"
#include "coordinator/runner/campaign_runner.h"
#include "coordinator/runner/energy.h"
#include "coordinator/runner/lineage.h"
#include "coordinator/runner/metrics.h"
#include "coordinator/runner/replay.h"

namespace muster::coordinator {

// --- Who is asked ---

std::vector<Candidate> CampaignRunner::Eligible() const {
  const SelectionSpec& selection = state_.spec.plan.selection;
  std::vector<Candidate> out = world_.fleet.Matching(selection.labels);
  std::erase_if(out, [&](const Candidate& c) { return !selection.Takes(c.id, c.labels); });
  return out;
}

// Sums over cohorts that change would single devices out; a replay asks whom the other one asked.
bool CampaignRunner::AsksBlocks() const {
  return state_.spec.secure && !state_.spec.statistics && !state_.spec.plan.selection.replay;
}

const std::vector<DeviceId>* CampaignRunner::BlockOf(const RoundKey& key) const {
  if (!AsksBlocks() || state_.blocks.empty()) return nullptr;
  return &state_.blocks[PickBlock(state_.blocks.size(), state_.spec.plan.seed, name_, key.round,
                                  key.attempt)];
}

// Devices that are in no block yet, once there are enough of them for one.
std::vector<std::vector<DeviceId>> CampaignRunner::NewBlocks() {
  const PlanSpec& plan = state_.spec.plan;
  if (!AsksBlocks()) return {};
  DeviceSet known;
  for (const std::vector<DeviceId>& block : state_.blocks) known.insert(block.begin(), block.end());
  std::vector<Candidate> fresh = Readable(Eligible(), {});
  std::erase_if(fresh, [&](const Candidate& c) { return known.contains(c.id); });
  const std::size_t enough = state_.blocks.empty() ? plan.selection.minimum : plan.selection.select;
  if (fresh.size() < enough) return {};
  return DrawBlocks(std::move(fresh), plan.selection.select, plan.seed, name_);
}

StatusOr<std::vector<DeviceId>> CampaignRunner::Draw(const RoundKey& key) {
  const SelectionSpec& selection = state_.spec.plan.selection;
  if (selection.from != SelectionSpec::From::kEnrolled) return std::vector<DeviceId>();
  if (selection.replay) return CountedIn(world_.journal, *selection.replay, key.round);
  if (const std::vector<DeviceId>* block = BlockOf(key)) {
    std::vector<DeviceId> drawn = *block;
    std::erase_if(drawn, [&](const DeviceId& id) {
      const auto device = world_.fleet.Find(id);
      return device.ok() && ((*device)->quarantine || !CheckReads(**device).ok());
    });
    return drawn;
  }
  return DrawCohort(Readable(Eligible(), key), selection.select, state_.spec.plan.seed, name_,
                    key.round);
}

RoundPlan CampaignRunner::PlanOf(const RoundKey& key, std::size_t drawn) const {
  const CampaignSpec& spec = state_.spec;
  RoundPlan plan;
  plan.key = key;
  plan.select = spec.plan.selection.select;
  plan.goal = spec.plan.selection.goal;
  if (const std::vector<DeviceId>* block = BlockOf(key)) {
    plan.select = plan.goal = static_cast<std::uint32_t>(block->size());
  } else if (drawn > 0 && (spec.statistics || spec.plan.selection.replay)) {
    plan.select = plan.goal = static_cast<std::uint32_t>(drawn);
  }
  plan.minimum = std::min(spec.plan.selection.minimum, plan.goal);
  plan.recruit_window = spec.plan.recruit_window;
  plan.report_window = spec.plan.report_window;
  plan.evaluation_window = spec.evaluation.report_window;
  return plan;
}

StatusOr<bool> CampaignRunner::HasBegun(const RoundKey& key) const {
  bool any = false;
  MUSTER_TRY(world_.journal.Read(RoundStream(key), 0, [&](const JournalRow&) {
    any = true;
    return Ok();
  }));
  return any;
}

DeviceSet CampaignRunner::Evaluators(const RoundKey& key) {
  DeviceSet out;
  for (const Candidate& c : Readable(world_.fleet.Matching(state_.spec.evaluation.labels), key))
    out.insert(c.id);
  return out;
}

StatusOr<bool> CampaignRunner::OpenBaseline(const RoundKey& key) {
  RoundDriver driver(PlanOf(key, 0), world_.journal, world_.clock);
  MUSTER_ASSIGN(const bool opened_before, driver.Recover());
  if (!opened_before) MUSTER_TRY(driver.OpenEvaluation(state_.base.params, Evaluators(key)));
  round_.emplace(std::move(driver));
  return opened_before;
}

StatusOr<bool> CampaignRunner::OpenRound(const RoundKey& key) {
  if (key.round == kBaselineRound) return OpenBaseline(key);
  MUSTER_ASSIGN(const std::vector<DeviceId> drawn, Draw(key));
  RoundDriver driver(PlanOf(key, drawn.size()), world_.journal, world_.clock);
  MUSTER_ASSIGN(const bool opened_before, driver.Recover());
  if (!opened_before) MUSTER_TRY(driver.Open(drawn));
  round_.emplace(std::move(driver));
  return opened_before;
}

// --- Its life ---

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
                     if (!state_.spec.statistics && !work_ && !StartWork().ok()) return;
                     StartSessions();
                     world_.wake({e.devices.begin(), e.devices.end()});
                   },
                   [this](const Aggregate& e) {
                     if (state_.spec.statistics) return Summarise(e);
                     if (aggregating_ || (!work_ && !StartWork().ok())) return;
                     aggregating_ = true;
                     work_->Aggregate(e.counted, e.checkpoint, state_.optimizer);
                   },
                   [this](const OfferEvaluation& e) {
                     StartSessions();
                     world_.wake({e.devices.begin(), e.devices.end()});
                   },
                   [this](const Announce&) { RoundIsOver(); },
               },
               effect);
    if (!round_) return;  // The last effect ended it.
  }
  if (round_ && std::holds_alternative<Recruiting>(round_->state())) Recruit();
}

bool CampaignRunner::MayJoin(const Device& device) const {
  if (const std::vector<DeviceId>* block = BlockOf(round_->plan().key))
    return std::find(block->begin(), block->end(), device.record.id) != block->end();
  return state_.spec.plan.selection.Takes(device.record.id, device.record.labels);
}

Status CampaignRunner::CheckHardware(const Device& device) const {
  if (state_.spec.statistics) return Ok();
  MUSTER_ASSIGN(const auto certified,
                world_.registry.CertifiedHardware(state_.spec.model, state_.base.version));
  if (!certified || std::ranges::find(*certified, device.hardware) != certified->end()) return Ok();
  return WithReason(
      FailedPrecondition("version {} of {} is not certified for hardware '{}': certify it (muster "
                         "model certify), or let this device stay away",
                         state_.base.version.value(), state_.spec.model.value(), device.hardware),
      Reason::kHARDWARE_NOT_CERTIFIED);
}

// Asks the devices that wait now, all at once: one fact for many.
void CampaignRunner::Recruit() {
  Join join;
  for (const DeviceId& id : world_.waiting()) {
    const auto device = world_.fleet.Find(id);
    if (device.ok() && !(*device)->unfit && !(*device)->quarantine && MayJoin(**device) &&
        !TurnsAway(**device) && CheckHardware(**device).ok())
      join.devices.push_back(id);
  }
  if (join.devices.empty()) return;
  if (const Status s = HandleRound(join, Caller::System()); !s.ok()) retry_ = true;
}

// Nobody's update is in round 0; when nobody evaluated either, its facts say why.
Status CampaignRunner::ExplainBaseline(RoundPublishedEvent& event) const {
  if (event.evaluated > 0) return Ok();
  MUSTER_ASSIGN(const std::vector<RoundFact> facts,
                PublishedFacts(world_.journal, name_, event.key.round));
  event.why = WhyNobody(facts);
  world_.log.Warn("baseline_missing", {{"campaign", name_}, {"why", event.why}});
  return Ok();
}

Status CampaignRunner::CommitToCohort(RoundPublishedEvent& event) const {
  MUSTER_ASSIGN(std::vector<DeviceId> counted, CountedIn(world_.journal, name_, event.key.round));
  MUSTER_ASSIGN(event.cohort, CommitTo(state_.cohorts.commitment, event.key.round,
                                       std::move(counted), world_.crypto));
  return Ok();
}

Status CampaignRunner::AddTaskTime(CampaignEvent& event) const {
  if (!state_.spec.plan.energy) return Ok();
  MUSTER_ASSIGN(const Duration time, TaskTimeIn(world_.journal, round_->plan().key));
  if (auto* published = std::get_if<RoundPublishedEvent>(&event)) published->task_time = time;
  if (auto* abandoned = std::get_if<RoundAbandonedEvent>(&event)) abandoned->task_time = time;
  return Ok();
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
                                published->sums,
                                {},
                                {},
                                published->slices};
    if (key.round != kBaselineRound) {
      world_.metrics.rounds_published.Add();
      world_.metrics.round_seconds.Observe(
          static_cast<double>((world_.clock.Now() - round_began_).count()) / 1000);
    }
  } else {
    const auto& abandoned = std::get<Abandoned>(round_->state());
    event = RoundAbandonedEvent{key, abandoned.reason, abandoned.why, {}};
    world_.metrics.rounds_abandoned.Add();
  }
  world_.log.Info("round_over", {{"campaign", name_},
                                 {"round", key.round},
                                 {"attempt", key.attempt},
                                 {"phase", PhaseOf(round_->state())}});
  EndSessions();
  if (work_)
    work_->Discard();
  else
    RoundWork::Erase(key, world_.files, world_.log);
  const std::shared_ptr<RoundWork> finished = std::exchange(work_, nullptr);
  Status s = Ok();
  if (auto* published = std::get_if<RoundPublishedEvent>(&event))
    s = key.round == kBaselineRound ? ExplainBaseline(*published) : CommitToCohort(*published);
  if (s.ok()) s = AddTaskTime(event);
  if (s.ok()) s = Handle(event, Caller::System());
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
  if (SecureStage()) {
    if (const auto sessions = Sessions())
      sessions->Tick(world_.uploads.LastProgress(name_));
    else
      PerformRound();  // They could not be opened before.
    return;
  }
  const Status s =
      HandleRound(coordinator::Tick{world_.uploads.LastProgress(name_)}, Caller::System());
  if (!s.ok())
    world_.log.Error("tick_not_recorded", {{"campaign", name_}, {"error", MessageOf(s)}});
}

}  // namespace muster::coordinator
