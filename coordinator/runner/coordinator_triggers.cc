// What a coordinator does about triggers: their runners, and what people ask of them.
#include <algorithm>

#include "base/nearest.h"
#include "coordinator/runner/coordinator.h"

namespace muster::coordinator {

TriggerWorld Coordinator::MakeTriggerWorld() {
  return {.shared = monitor_world_,
          .monitors = [this] { return MonitorStates(); },
          .trigger_changed = [this](const TriggerName& name) { TriggerChanged(name); }};
}

void Coordinator::ApplyTrigger(TriggerSpec spec, bool dry_run, PendingResources pending, Caller by,
                               Done<AppliedTrigger> done) {
  control_.Post([this, spec = std::move(spec), dry_run, pending = std::move(pending),
                 by = std::move(by),
                 done = std::move(done)] { done(ApplyTriggerNow(spec, dry_run, pending, by)); });
}

Status Coordinator::CheckMonitorsOf(const TriggerSpec& spec,
                                    const PendingResources& pending) const {
  std::vector<std::string> names = pending.monitors;
  for (const auto& [name, runner] : monitors_) names.push_back(name.value());
  for (const MonitorName& monitor : MonitorsOf(spec.when)) {
    if (std::find(names.begin(), names.end(), monitor.value()) == names.end())
      return WithField(
          WithReason(FailedPrecondition("when: no monitor is called '{}'{}", monitor.value(),
                                        DidYouMean(monitor.value(), names)),
                     Reason::kRESOURCE_NOT_FOUND),
          "when");
    const auto known = monitors_.find(monitor);
    if (known != monitors_.end() && known->second->state().spec.model != spec.model)
      return InvalidField("when", "monitor {} watches {}, and the trigger is about {}",
                          monitor.value(), known->second->state().spec.model.value(),
                          spec.model.value());
  }
  return Ok();
}

StatusOr<Coordinator::AppliedTrigger> Coordinator::ApplyTriggerNow(const TriggerSpec& spec,
                                                                   bool dry_run,
                                                                   const PendingResources& pending,
                                                                   const Caller& by) {
  MUSTER_TRY(Validate(spec));
  const auto model = ports_.registry.GetModel(spec.model);
  const bool is_pending = std::find(pending.models.begin(), pending.models.end(),
                                    spec.model.value()) != pending.models.end();
  if (!model.ok() && !(dry_run && is_pending))
    return WithField(Prefixed(model.status(), "model"), "model");
  MUSTER_TRY(CheckMonitorsOf(spec, dry_run ? pending : PendingResources()));
  const auto known = triggers_.find(spec.name);
  if (dry_run) {
    if (known != triggers_.end())
      MUSTER_TRY(
          Decide(known->second->state(), coordinator::ApplyTrigger{spec, {}}, ports_.clock.Now())
              .status());
    return AppliedTrigger{{}, known == triggers_.end(), known != triggers_.end()};
  }
  if (known != triggers_.end()) {
    MUSTER_ASSIGN(const bool changed, known->second->ApplySpec(spec, by));
    return AppliedTrigger{SnapshotOf(*known->second), false, changed};
  }
  auto created = std::make_unique<TriggerRunner>(spec.name, trigger_world_);
  MUSTER_TRY(created->ApplySpec(spec, by).status());
  const TriggerRunner& runner = *(triggers_[spec.name] = std::move(created));
  ports_.log.Info("trigger_applied", {{"trigger", spec.name}, {"by", by.Text()}});
  return AppliedTrigger{SnapshotOf(runner), true, false};
}

void Coordinator::GetTrigger(TriggerName name, Done<TriggerSnapshot> done) {
  control_.Post([this, name = std::move(name), done = std::move(done)] {
    const StatusOr<TriggerRunner*> runner = Require(name);
    if (!runner.ok()) return done(runner.status());
    done(SnapshotOf(**runner));
  });
}

void Coordinator::ListTriggers(Done<std::vector<TriggerSnapshot>> done) {
  control_.Post([this, done = std::move(done)] {
    std::vector<TriggerSnapshot> out;
    for (const auto& [name, runner] : triggers_) out.push_back(SnapshotOf(*runner));
    done(std::move(out));
  });
}

void Coordinator::AnswerTrigger(TriggerName name, AnswerFiring answer, Caller by,
                                Done<TriggerSnapshot> done) {
  control_.Post([this, name = std::move(name), answer = std::move(answer), by = std::move(by),
                 done = std::move(done)]() mutable {
    const StatusOr<TriggerRunner*> runner = Require(name);
    if (!runner.ok()) return done(runner.status());
    const auto& ask = (*runner)->state().spec.ask;
    answer.may = !ask || ask->role.empty() || roles_.Holds(by.Text(), ask->role);
    if (const Status s = (*runner)->Answer(answer, by); !s.ok()) return done(s);
    done(SnapshotOf(**runner));
  });
}

std::shared_ptr<void> Coordinator::WatchTrigger(TriggerName name, std::function<void()> watcher) {
  auto token =
      std::make_shared<TriggerWatcher>(TriggerWatcher{std::move(name), std::move(watcher)});
  control_.Post(
      [this, weak = std::weak_ptr<TriggerWatcher>(token)] { trigger_watchers_.push_back(weak); });
  return token;
}

void Coordinator::TriggerChanged(const TriggerName& name) {
  std::erase_if(trigger_watchers_, [](const auto& weak) { return weak.expired(); });
  for (const auto& weak : trigger_watchers_)
    if (const auto watcher = weak.lock(); watcher && watcher->name == name) watcher->call();
}

StatusOr<TriggerRunner*> Coordinator::Require(const TriggerName& name) {
  const auto known = triggers_.find(name);
  if (known != triggers_.end()) return known->second.get();
  std::vector<std::string> names;
  for (const auto& [other, runner] : triggers_) names.push_back(other.value());
  return WithReason(NotFound("no trigger is called '{}'{}", name.value().substr(0, 80),
                             DidYouMean(name.value(), names)),
                    Reason::kRESOURCE_NOT_FOUND);
}

TriggerSnapshot Coordinator::SnapshotOf(const TriggerRunner& runner) const {
  TriggerSnapshot out;
  out.state = runner.state();
  out.phase = PhaseOf(out.state, ports_.clock.Now());
  out.explanation = runner.ExplainNow();
  for (const FiringRecord& firing : out.state.firings) {
    const CampaignState* campaign = runner.CampaignOf(firing);
    if (campaign == nullptr) continue;
    TriggerSnapshot::Progress& progress = out.campaigns[firing.campaign];
    progress.phase = PhaseOf(*campaign);
    progress.rounds_published = static_cast<std::uint32_t>(campaign->last_round.value());
    progress.rounds = campaign->spec.plan.rounds;
    for (const EvaluatedRound& e : campaign->evaluations)
      if (e.version) progress.version = *e.version;
    progress.changes = ChangesIn(*campaign);
  }
  return out;
}

}  // namespace muster::coordinator
