#include "coordinator/campaign/campaign.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace muster::coordinator {
namespace {

Status Forbidden(const CampaignState& s, std::string_view what) {
  return WithReason(FailedPrecondition("campaign {} is {}; it cannot be {}", s.spec.name.value(),
                                       PhaseOf(s), what),
                    Reason::kCAMPAIGN_STATE);
}

bool IsRunning(const CampaignState& s) { return std::holds_alternative<Running>(s.phase); }

bool InBlock(const CampaignState& s, const DeviceId& device) {
  return std::any_of(s.blocks.begin(), s.blocks.end(), [&](const auto& block) {
    return std::find(block.begin(), block.end(), device) != block.end();
  });
}

// A fact from before commitments were kept breaks the chain: it begins anew with the next one.
Cohorts CohortsAfter(const Cohorts& before, const RoundSucceeded& f) {
  if (f.cohort == Digest()) return {};
  const RoundNumber first = before.commitment == Digest() ? f.key.round : before.first;
  return {f.cohort, first, before.updates + f.counted};
}

void Succeed(CampaignState& s, const RoundSucceeded& f) {
  s.current.reset();
  s.last_round = f.key.round;
  s.next_attempt = 1;
  s.params = f.params;
  s.optimizer = f.optimizer;
  s.cohorts = CohortsAfter(s.cohorts, f);
  s.effort.task_time += f.task_time;
  ++s.effort.rounds;
  const bool last = f.key.round.value() == s.spec.plan.rounds && !s.spec.statistics;
  if (f.evaluated == 0 && !last) return;
  EvaluatedRound& evaluated = s.evaluations.emplace_back();
  evaluated.round = f.key.round;
  evaluated.params = f.params;
  evaluated.cohorts = s.cohorts;
  evaluated.effort = std::exchange(s.effort, Effort{});
  if (f.evaluated == 0) return;
  evaluated.metrics = MetricsOf(f.sums);
  evaluated.devices = f.evaluated;
  evaluated.examples = f.sums.examples;
  for (const auto& [slice, sums] : f.slices) evaluated.slices[slice] = MetricsOf(sums);
}

void KeepBaseline(CampaignState& s, const BaselineEvaluated& f) {
  s.current.reset();
  s.next_attempt = 1;
  BaselineEvaluation& baseline = s.baseline.emplace();
  baseline.metrics = MetricsOf(f.sums);
  for (const auto& [slice, sums] : f.slices) baseline.slices[slice] = MetricsOf(sums);
  baseline.devices = f.evaluated;
  baseline.examples = f.sums.examples;
  baseline.attempt = f.key.attempt;
  baseline.why = f.why;
}

RoundKey NextRound(const CampaignState& s) {
  if (s.spec.evaluation.baseline && !s.baseline)
    return {s.spec.name, kBaselineRound, s.next_attempt};
  return {s.spec.name, RoundNumber(s.last_round.value() + 1), s.next_attempt};
}

// Whether the evaluation that just came, after those before it, means that learning has stopped.
bool StopsEarly(const EarlyStop& rule, const std::vector<EvaluatedRound>& before,
                const std::map<std::string, double>& metrics) {
  if (rule.patience == 0 || !metrics.contains(rule.metric)) return false;
  const double sign = HigherIsBetter(rule.metric) ? -1 : 1;
  std::vector<double> scores;
  for (const EvaluatedRound& e : before)
    if (const auto it = e.metrics.find(rule.metric); it != e.metrics.end())
      scores.push_back(sign * it->second);
  scores.push_back(sign * metrics.at(rule.metric));
  double best = scores.front();
  std::uint32_t stale = 0;
  for (std::size_t i = 1; i < scores.size(); ++i) {
    stale = scores[i] < best - rule.min_delta ? 0 : stale + 1;
    best = std::min(best, scores[i]);
  }
  return stale >= rule.patience;
}

std::optional<std::string> EndAfter(const CampaignState& s, const RoundPublishedEvent& e) {
  if (e.key.round.value() >= s.spec.plan.rounds) return "all rounds done";
  if (e.evaluated > 0 && StopsEarly(s.spec.plan.early_stop, s.evaluations, MetricsOf(e.sums)))
    return fmt::format("{} has not improved in {} evaluations", s.spec.plan.early_stop.metric,
                       s.spec.plan.early_stop.patience);
  return std::nullopt;
}

// The baseline holds nothing up: without one, training begins all the same.
CampaignFacts AfterBaseline(const CampaignState& s, const RoundPublishedEvent& e) {
  BaselineEvaluated fact{e.key, e.evaluated, e.sums, e.slices, {}};
  if (MetricsOf(e.sums).empty())
    fact.why = e.evaluated == 0 && !e.why.empty()
                   ? e.why
                   : fmt::format("{} devices evaluated it, over no rows", e.evaluated);
  CampaignFacts facts{std::move(fact)};
  if (IsRunning(s)) facts.emplace_back(RoundStarted{{s.spec.name, RoundNumber(1), 1}});
  return facts;
}

StatusOr<CampaignFacts> On(const CampaignState& s, const EnoughEnrolled&) {
  if (!std::holds_alternative<Waiting>(s.phase)) return CampaignFacts{};
  return CampaignFacts{RoundStarted{NextRound(s)}};
}
StatusOr<CampaignFacts> On(const CampaignState& s, const DevicesBlocked& e) {
  CampaignFacts facts;
  for (const std::vector<DeviceId>& block : e.blocks) {
    for (const DeviceId& device : block)
      if (InBlock(s, device)) return CampaignFacts{};  // Old news.
    facts.emplace_back(BlockDrawn{block});
  }
  return facts;
}
StatusOr<CampaignFacts> On(const CampaignState& s, const RoundPublishedEvent& e) {
  if (s.current != e.key) return CampaignFacts{};
  if (e.key.round == kBaselineRound) return AfterBaseline(s, e);
  CampaignFacts facts{RoundSucceeded{e.key, e.params, e.optimizer, e.counted, e.evaluated, e.sums,
                                     e.cohort, e.task_time, e.slices}};
  if (const auto why = EndAfter(s, e))
    facts.emplace_back(CampaignCompleted{*why});
  else if (IsRunning(s))
    facts.emplace_back(RoundStarted{{s.spec.name, RoundNumber(e.key.round.value() + 1), 1}});
  return facts;
}
StatusOr<CampaignFacts> On(const CampaignState& s, const RoundAbandonedEvent& e) {
  if (s.current != e.key) return CampaignFacts{};
  CampaignFacts facts{RoundFailed{e.key, e.reason, e.why, e.task_time}};
  if (!IsRunning(s)) return facts;
  if (e.key.attempt >= s.spec.plan.attempts)
    facts.emplace_back(CampaignPaused{fmt::format("round {} failed {} times, last: {}",
                                                  e.key.round.value(), e.key.attempt, e.why)});
  else
    facts.emplace_back(RoundStarted{{s.spec.name, e.key.round, e.key.attempt + 1}});
  return facts;
}
StatusOr<CampaignFacts> On(const CampaignState& s, const VersionPublished& e) {
  for (const EvaluatedRound& evaluated : s.evaluations)
    if (evaluated.round == e.round && !evaluated.version)
      return CampaignFacts{VersionRegistered{e.round, e.version}};
  return CampaignFacts{};
}
StatusOr<CampaignFacts> On(const CampaignState& s, const PauseCampaign& e) {
  if (std::holds_alternative<Paused>(s.phase)) return CampaignFacts{};
  if (IsOver(s)) return Forbidden(s, "paused");
  return CampaignFacts{CampaignPaused{e.why}};
}
StatusOr<CampaignFacts> On(const CampaignState& s, const ResumeCampaign&) {
  if (IsRunning(s)) return CampaignFacts{};
  if (!std::holds_alternative<Paused>(s.phase)) return Forbidden(s, "resumed");
  CampaignFacts facts{CampaignResumed{}};
  // A campaign that was paused before its first round waits for its devices again.
  const bool begun = s.last_round.value() > 0 || s.abandoned > 0 || s.baseline;
  if (!s.current && begun) facts.emplace_back(RoundStarted{NextRound(s)});
  return facts;
}
StatusOr<CampaignFacts> On(const CampaignState& s, const CancelCampaign& e) {
  if (std::holds_alternative<CancelledByPeople>(s.phase)) return CampaignFacts{};
  if (IsOver(s)) return Forbidden(s, "cancelled");
  return CampaignFacts{CampaignCancelled{e.why}};
}
}  // namespace

StatusOr<CampaignFacts> Decide(const CampaignState& state, const CampaignEvent& event) {
  return std::visit([&](const auto& e) { return On(state, e); }, event);
}

void Apply(CampaignState& s, const CampaignFact& fact) {
  std::visit(Overloaded{
                 [&](const CampaignApplied& f) {
                   s.spec = f.spec;
                   s.base = f.base;
                   s.params = f.base.params;
                   s.phase = Waiting{};
                 },
                 [&](const BlockDrawn& f) { s.blocks.push_back(f.devices); },
                 [&](const RoundStarted& f) {
                   s.phase = Running{};
                   s.current = f.key;
                   s.next_attempt = f.key.attempt;
                 },
                 [&](const RoundSucceeded& f) { Succeed(s, f); },
                 [&](const BaselineEvaluated& f) { KeepBaseline(s, f); },
                 [&](const RoundFailed& f) {
                   s.current.reset();
                   ++s.abandoned;
                   s.effort.task_time += f.task_time;
                   s.next_attempt = f.key.attempt + 1;
                 },
                 [&](const VersionRegistered& f) {
                   for (EvaluatedRound& e : s.evaluations)
                     if (e.round == f.round) e.version = f.version;
                 },
                 [&](const CampaignPaused& f) { s.phase = Paused{f.why}; },
                 [&](const CampaignResumed&) {
                   if (s.current)
                     s.phase = Running{};
                   else
                     s.phase = Waiting{};
                 },
                 [&](const CampaignCompleted& f) { s.phase = Completed{f.why}; },
                 [&](const CampaignCancelled& f) { s.phase = CancelledByPeople{f.why}; },
             },
             fact);
}

std::vector<CampaignEffect> Pending(const CampaignState& s) {
  std::vector<CampaignEffect> effects;
  for (const EvaluatedRound& e : s.evaluations)
    if (!e.version) effects.emplace_back(RegisterVersion{e});
  if (std::holds_alternative<Waiting>(s.phase)) effects.emplace_back(AwaitDevices{});
  if (const auto* cancelled = std::get_if<CancelledByPeople>(&s.phase); cancelled && s.current)
    effects.emplace_back(CancelRound{*s.current, cancelled->why});
  else if (s.current)
    effects.emplace_back(RunRound{*s.current});
  return effects;
}

bool IsOver(const CampaignState& s) {
  return std::holds_alternative<Completed>(s.phase) ||
         std::holds_alternative<CancelledByPeople>(s.phase);
}

std::string_view PhaseOf(const CampaignState& s) {
  constexpr std::string_view kNames[] = {"waiting", "running", "paused", "completed", "cancelled"};
  return kNames[s.phase.index()];
}

std::string WhyOf(const CampaignState& s) {
  return std::visit(
      [](const auto& phase) -> std::string {
        if constexpr (requires { phase.why; }) return phase.why;
        return "";
      },
      s.phase);
}

std::map<std::string, double> MetricsOf(const EvaluationSums& sums) {
  std::map<std::string, double> out;
  if (sums.examples == 0) return out;
  const auto mean = [&](const char* name) -> std::optional<double> {
    const auto it = sums.sums_micro.find(name);
    if (it == sums.sums_micro.end()) return std::nullopt;
    return static_cast<double>(it->second) / 1e6 / static_cast<double>(sums.examples);
  };
  if (const auto sse = mean("sse")) out["rmse"] = std::sqrt(*sse);
  if (const auto sae = mean("sae")) out["mae"] = *sae;
  if (const auto loss = mean("loss_sum")) out["loss"] = *loss;
  if (const auto correct = mean("correct")) out["accuracy"] = *correct;
  return out;
}

std::vector<MetricChange> ChangesIn(const CampaignState& s) {
  using Metrics = std::map<std::string, double>;
  std::map<std::string, std::pair<Metrics, Metrics>> slices;  // "" is all devices, and first.
  if (s.baseline) {
    slices[""].first = s.baseline->metrics;
    for (const auto& [slice, metrics] : s.baseline->slices) slices[slice].first = metrics;
  }
  if (!s.evaluations.empty()) {
    slices[""].second = s.evaluations.back().metrics;
    for (const auto& [slice, metrics] : s.evaluations.back().slices) slices[slice].second = metrics;
  }
  const auto find = [](const Metrics& metrics, const std::string& name) {
    const auto it = metrics.find(name);
    return it == metrics.end() ? std::nullopt : std::optional(it->second);
  };
  std::vector<MetricChange> out;
  for (const auto& [slice, both] : slices)
    for (const std::string& metric : s.spec.evaluation.metrics) {
      MetricChange change{slice, metric, find(both.first, metric), find(both.second, metric)};
      if (change.before || change.after) out.push_back(std::move(change));
    }
  return out;
}

bool HigherIsBetter(std::string_view metric) { return metric == "accuracy"; }

}  // namespace muster::coordinator
