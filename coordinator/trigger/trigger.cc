#include "coordinator/trigger/trigger.h"

#include <algorithm>

#include "base/time_text.h"

namespace muster::coordinator {
namespace {
constexpr double kMsPerHour = 3'600'000;
constexpr std::size_t kLongestComment = 1024;

template <typename... Args>
Status Forbidden(fmt::format_string<Args...> f, Args&&... args) {
  return WithReason(FailedPrecondition(f, std::forward<Args>(args)...), Reason::kTRIGGER_STATE);
}

FiringRecord* Find(TriggerState& s, std::uint64_t number) {
  for (FiringRecord& firing : s.firings)
    if (firing.number == number) return &firing;
  return nullptr;
}

// The firing `number`, while it trains.
const FiringRecord* Training(const TriggerState& s, std::uint64_t number) {
  const FiringRecord* open = s.Open();
  return open && open->number == number && open->phase == FiringPhase::kTraining ? open : nullptr;
}

CampaignName CampaignOf(const TriggerSpec& spec, std::uint64_t number) {
  return CampaignName(fmt::format("{}-{}", spec.name.value(), number));
}

// --- Events ---

StatusOr<TriggerFacts> On(const TriggerState& s, const ApplyTrigger& e, Timestamp) {
  MUSTER_TRY(Validate(e.spec));
  if (s.next_seq != 0 && e.spec.model != s.spec.model)
    return InvalidField("model", "trigger {} is about {}; give the new one another name",
                        s.spec.name.value(), s.spec.model.value());
  if (s.next_seq != 0 && ToJson(e.spec) == ToJson(s.spec)) return TriggerFacts{};
  // What was seen stays so: a change of the trigger makes no old evidence new.
  return TriggerFacts{TriggerApplied{e.spec, s.next_seq == 0 ? e.seen : s.seen}};
}
StatusOr<TriggerFacts> On(const TriggerState& s, const Fire& e, Timestamp now) {
  if (s.spec.suspended || s.Open() != nullptr) return TriggerFacts{};
  const std::uint64_t number = s.last_number + 1;
  TriggerFacts facts{TriggerFired{number, e.evidence, e.seen, e.cohort, e.base}};
  if (s.spec.ask)
    facts.emplace_back(TriggerAsked{number, s.spec.ask->role, now + s.spec.ask->expires});
  return facts;
}
StatusOr<TriggerFacts> On(const TriggerState& s, const AnswerFiring& e, Timestamp) {
  if (e.comment.size() > kLongestComment)
    return InvalidField("comment", "more than {} characters", kLongestComment);
  const FiringRecord* open = s.Open();
  if (open == nullptr || open->phase != FiringPhase::kAsked)
    return Forbidden("trigger {} asks nothing: it is {}", s.spec.name.value(),
                     open == nullptr ? "not firing" : NameOf(open->phase));
  if (e.number != 0 && e.number != open->number)
    return Forbidden("firing {} of trigger {} asks nothing; firing {} does", e.number,
                     s.spec.name.value(), open->number);
  if (!e.may)
    return WithReason(PermissionDenied("trigger {} asks whoever holds the role {}",
                                       s.spec.name.value(), s.spec.ask ? s.spec.ask->role : ""),
                      Reason::kROLE_MISSING);
  return TriggerFacts{TriggerAnswered{open->number, e.approve, e.comment}};
}
StatusOr<TriggerFacts> On(const TriggerState& s, const TimePassed&, Timestamp now) {
  const FiringRecord* open = s.Open();
  if (open == nullptr || open->phase != FiringPhase::kAsked || now < open->expires)
    return TriggerFacts{};
  return TriggerFacts{TriggerExpired{open->number}};
}
StatusOr<TriggerFacts> On(const TriggerState& s, const CampaignBegan& e, Timestamp) {
  const FiringRecord* firing = Training(s, e.number);
  if (firing == nullptr || !firing->campaign.value().empty()) return TriggerFacts{};
  return TriggerFacts{CampaignStarted{e.number, CampaignOf(s.spec, e.number)}};
}
StatusOr<TriggerFacts> On(const TriggerState& s, const CandidateFound& e, Timestamp) {
  if (Training(s, e.number) == nullptr) return TriggerFacts{};
  return TriggerFacts{CandidateJudged{e.number, e.version, e.outcome, e.verdicts, e.why}};
}
StatusOr<TriggerFacts> On(const TriggerState& s, const FiringBroke& e, Timestamp) {
  if (Training(s, e.number) == nullptr) return TriggerFacts{};
  return TriggerFacts{FiringEnded{e.number, e.why}};
}

// --- Facts ---

using Row = Recorded<TriggerFact>;

void End(FiringRecord& firing, FiringPhase phase, std::string why, Timestamp at) {
  firing.phase = phase;
  firing.why = std::move(why);
  firing.ended_at = at;
  firing.cohort = {};
}

void Believe(TriggerState& s, const TriggerApplied& f, const Row& row) {
  s.spec = f.spec;
  s.applied_by = row.by;
  if (row.seq != 0) return;
  s.applied_at = row.at;
  s.seen = f.seen;
  s.seen_at = row.at;
}
void Believe(TriggerState& s, const TriggerFired& f, const Row& row) {
  FiringRecord& firing = s.firings.emplace_back();
  firing.number = f.number;
  firing.fired_at = row.at;
  firing.seq = row.seq;
  firing.evidence = f.evidence;
  firing.cohort = f.cohort;
  firing.drifted = static_cast<std::uint32_t>(f.cohort.drifted.size());
  firing.others = static_cast<std::uint32_t>(f.cohort.others.size());
  firing.base = f.base;
  s.last_number = f.number;
  s.seen = f.seen;
  s.seen_at = row.at;
  if (s.firings.size() > kMostFirings) s.firings.pop_front();
}
void Believe(TriggerState& s, const TriggerAsked& f, const Row&) {
  FiringRecord* firing = Find(s, f.number);
  if (firing == nullptr) return;
  firing->phase = FiringPhase::kAsked;
  firing->expires = f.expires;
  if (!f.role.empty()) firing->why = fmt::format("whoever holds the role {} is asked", f.role);
}
void Believe(TriggerState& s, const TriggerAnswered& f, const Row& row) {
  FiringRecord* firing = Find(s, f.number);
  if (firing == nullptr) return;
  firing->answered_by = row.by;
  firing->why = f.comment;
  if (f.approve)
    firing->phase = FiringPhase::kTraining;
  else
    End(*firing, FiringPhase::kDeclined, f.comment, row.at);
}
void Believe(TriggerState& s, const TriggerExpired& f, const Row& row) {
  if (FiringRecord* firing = Find(s, f.number))
    End(*firing, FiringPhase::kExpired, "nobody answered in time", row.at);
}
void Believe(TriggerState& s, const CampaignStarted& f, const Row& row) {
  if (FiringRecord* firing = Find(s, f.number)) firing->campaign = f.campaign;
  s.started.emplace_back(row.at, f.campaign);
  if (s.started.size() > kMostStarted) s.started.pop_front();
}
void Believe(TriggerState& s, const CandidateJudged& f, const Row& row) {
  FiringRecord* firing = Find(s, f.number);
  if (firing == nullptr) return;
  firing->version = f.version;
  firing->verdicts = f.verdicts;
  End(*firing, f.outcome, f.why, row.at);
}
void Believe(TriggerState& s, const FiringEnded& f, const Row& row) {
  if (FiringRecord* firing = Find(s, f.number)) End(*firing, FiringPhase::kFailed, f.why, row.at);
}

// --- Whether it would fire ---

Explanation Bar(std::string what, bool met, std::string why) {
  return {std::move(what), met, std::move(why), {}, {}};
}

constexpr char kBudget[] = "the budget is not spent";

Explanation BudgetOf(const TriggerSpec& spec, const Spending& spent) {
  const BudgetSpec& b = spec.budget;
  std::vector<std::string> texts;
  bool spare = true;
  const auto look = [&](double used, double limit, std::string_view unit) {
    if (limit == 0) return;
    spare = spare && used < limit;
    texts.push_back(fmt::format("{:.4g} of {:.4g} {}", used, limit, unit));
  };
  look(spent.campaigns, b.campaigns, "campaigns");
  look(spent.kwh, b.kwh, "kWh");
  look(spent.device_hours, b.device_hours, "device-hours");
  const std::string used = fmt::format("{} in {}", fmt::join(texts, ", "), FormatDuration(b.per));
  return Bar(kBudget, spare, spare ? used : "BUDGET_SPENT: " + used);
}

// What keeps a trigger from firing beside its conditions.
void AddBars(const TriggerState& s, Timestamp now, const Spending& spent, Explanation& out) {
  const TriggerSpec& spec = s.spec;
  if (spec.suspended)
    out.parts.push_back(Bar("it is not suspended", false, "the trigger says suspended: true"));
  if (const FiringRecord* open = s.Open())
    out.parts.push_back(Bar("no firing goes on", false,
                            fmt::format("firing {} is {}", open->number, NameOf(open->phase))));
  if (const FiringRecord* last = s.Last(); last && now < last->fired_at + spec.cool_down)
    out.parts.push_back(
        Bar("it has cooled down", false,
            fmt::format("it fired at {} and cools for {}", FormatTime(last->fired_at),
                        FormatDuration(spec.cool_down))));
  const BudgetSpec& b = spec.budget;
  if (b.campaigns != 0 || b.kwh != 0 || b.device_hours != 0)
    out.parts.push_back(BudgetOf(spec, spent));
}

// --- Whom it asks ---

bool ByName(const Candidate& a, const Candidate& b) { return a.name < b.name; }

// Whether sums over these devices can be as the template wants them.
bool IsSound(const TriggerSpec& spec, std::uint64_t number, const Cohort& cohort) {
  return Validate(CampaignFor(spec, number, cohort, VersionNumber())).ok();
}

void ChooseEvaluators(const TriggerSpec& spec, const CohortPool& pool, Cohort& out) {
  for (const Candidate& device : pool.evaluate) {
    if (pool.alarmed.contains(device.id))
      out.evaluate_drifted.push_back(device.id);
    else if (pool.serving.contains(device.id))
      out.evaluate_undrifted.push_back(device.id);
  }
  const auto& secure = spec.action.campaign.secure;
  const std::size_t least = secure ? secure->least : 1;
  if (out.evaluate_drifted.size() >= least && out.evaluate_undrifted.size() >= least &&
      pool.evaluate.size() <= kMostChosen)
    return;
  out.evaluate_drifted.clear();
  out.evaluate_undrifted.clear();
}
}  // namespace

std::string_view NameOf(FiringPhase phase) {
  constexpr std::string_view kNames[] = {"asked",     "declined", "expired", "training",
                                         "evaluated", "promoted", "held",    "failed"};
  return kNames[static_cast<std::size_t>(phase)];
}

bool IsOver(FiringPhase phase) {
  return phase != FiringPhase::kAsked && phase != FiringPhase::kTraining;
}

const FiringRecord* TriggerState::Open() const {
  return !firings.empty() && !IsOver(firings.back().phase) ? &firings.back() : nullptr;
}

StatusOr<TriggerFacts> Decide(const TriggerState& state, const TriggerEvent& event, Timestamp now) {
  return std::visit([&](const auto& e) { return On(state, e, now); }, event);
}

void Apply(TriggerState& s, const Recorded<TriggerFact>& row) {
  std::visit([&](const auto& f) { Believe(s, f, row); }, row.fact);
  s.updated_at = row.at;
  s.next_seq = row.seq + 1;
}

std::vector<TriggerEffect> Pending(const TriggerState& s) {
  const FiringRecord* open = s.Open();
  if (open == nullptr || open->phase != FiringPhase::kTraining) return {};
  return {RunCampaign{open->number}};
}

Spending SpentBy(const TriggerState& s, Timestamp now, const CampaignLookup& campaigns) {
  Spending out;
  for (const auto& [at, name] : s.started) {
    if (at + s.spec.budget.per <= now) continue;
    ++out.campaigns;
    const CampaignState* campaign = campaigns(name);
    if (campaign == nullptr) continue;
    Duration time = campaign->effort.task_time;
    for (const EvaluatedRound& e : campaign->evaluations) time += e.effort.task_time;
    const double hours = static_cast<double>(time.count()) / kMsPerHour;
    out.device_hours += hours;
    if (campaign->spec.plan.energy)
      out.kwh += campaign->spec.plan.energy->device_watts * hours / 1000;
  }
  return out;
}

Evidence EvidenceFor(const TriggerState& s, Timestamp now,
                     std::map<MonitorName, const MonitorState*> monitors) {
  Evidence out;
  out.now = now;
  out.model = s.spec.model;
  out.monitors = std::move(monitors);
  out.since = s.seen;
  out.since_at = s.seen_at;
  out.fired = s.last_number > 0;
  return out;
}

Explanation ExplainTrigger(const TriggerState& s, const Evidence& evidence, const Spending& spent) {
  Explanation out;
  out.what = fmt::format("trigger {} fires", s.spec.name.value());
  out.parts.push_back(Explain(s.spec.when, evidence));
  AddBars(s, evidence.now, spent, out);
  out.met = true;
  for (const Explanation& part : out.parts) {
    if (!part.met && out.met) out.why = part.why;  // The first that does not hold.
    out.met = out.met && part.met;
  }
  if (out.met) out.why = out.parts.front().why;
  return out;
}

bool IsKeptByBudget(const Explanation& explanation) {
  const auto& parts = explanation.parts;
  const auto bars =
      std::count_if(parts.begin(), parts.end(), [](const Explanation& part) { return !part.met; });
  return bars == 1 && !parts.back().met && parts.back().what == kBudget;
}

std::string_view PhaseOf(const TriggerState& s, Timestamp now) {
  if (const FiringRecord* open = s.Open())
    return open->phase == FiringPhase::kAsked ? "asking" : "training";
  if (s.spec.suspended) return "suspended";
  const FiringRecord* last = s.Last();
  return last && now < last->fired_at + s.spec.cool_down ? "cooling" : "armed";
}

Cohort ChooseCohort(const TriggerSpec& spec, std::uint64_t number, const CohortPool& pool) {
  Cohort out;
  std::vector<Candidate> others;
  std::vector<Candidate> train = pool.train;
  std::sort(train.begin(), train.end(), ByName);
  for (Candidate& device : train) {
    if (pool.drifted.contains(device.id))
      out.drifted.push_back(device.id);
    else
      others.push_back(std::move(device));
  }
  ChooseEvaluators(spec, pool, out);
  const CohortSpec& cohort = spec.action.cohort;
  out.all = !cohort.drifted || out.drifted.size() < std::max<std::size_t>(cohort.least, 1) ||
            out.drifted.size() > kMostChosen;
  if (!out.all) {
    const double wanted = cohort.others * static_cast<double>(out.drifted.size());
    const auto count =
        static_cast<std::size_t>(std::min<double>(wanted, static_cast<double>(others.size())));
    out.others = DrawCohort(others, count, spec.action.campaign.plan.seed, CampaignOf(spec, number),
                            RoundNumber(number));
    out.all = !IsSound(spec, number, out);
  }
  if (out.all) {
    out.others.clear();
    if (out.drifted.size() > kMostChosen) out.drifted.clear();
  }
  return out;
}

CampaignSpec CampaignFor(const TriggerSpec& spec, std::uint64_t number, const Cohort& cohort,
                         VersionNumber base) {
  constexpr std::uint64_t kSeeds = std::uint64_t{1} << 53;
  CampaignSpec out = spec.action.campaign;
  out.name = CampaignOf(spec, number);
  out.model = spec.model;
  out.base_version = base;
  if (out.description.empty())
    out.description = fmt::format("firing {} of trigger {}", number, spec.name.value());
  out.plan.seed = (out.plan.seed + number) % kSeeds;
  if (!cohort.all) {
    SelectionSpec& s = out.plan.selection;
    s.devices = {cohort.drifted.begin(), cohort.drifted.end()};
    s.devices.insert(cohort.others.begin(), cohort.others.end());
    const auto devices = static_cast<std::uint32_t>(s.devices.size());
    s.select = std::min(s.select, devices);
    s.goal = std::min(s.goal, s.select);
    s.minimum = std::min(s.minimum, s.goal);
    s.enrolled_at_least = std::min(s.enrolled_at_least, devices);
  }
  if (cohort.evaluate_drifted.empty()) return out;
  const auto slice = [&](const char* name, const std::vector<DeviceId>& devices) {
    out.evaluation.slices.push_back({name, {}, {devices.begin(), devices.end()}});
  };
  slice("drifted", cohort.evaluate_drifted);
  slice("undrifted", cohort.evaluate_undrifted);
  return out;
}

}  // namespace muster::coordinator
