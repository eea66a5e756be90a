// Triggers: wire to domain and back.
#include "coordinator/rpc/convert_trigger.h"

#include "base/time_text.h"
#include "coordinator/rpc/convert.h"

namespace muster::coordinator {
namespace {

StatusOr<Duration> Time(const std::string& text, Duration fallback, const std::string& path) {
  if (text.empty()) return fallback;
  const auto time = ParseDuration(text);
  if (!time.ok()) return InvalidField(path, "{}", MessageOf(time.status()));
  return *time;
}

template <typename List>
std::vector<std::string> Texts(const List& in) {
  return {in.begin(), in.end()};
}

StatusOr<Condition> ConditionFrom(const v1::Trigger::Condition& in, const std::string& path,
                                  std::size_t depth);

StatusOr<std::vector<Condition>> ListFrom(const v1::Trigger::Condition::List& in,
                                          const std::string& path, std::size_t depth) {
  std::vector<Condition> out;
  for (int i = 0; i < in.conditions_size(); ++i) {
    MUSTER_ASSIGN(
        out.emplace_back(),
        ConditionFrom(in.conditions(i), fmt::format("{}.conditions[{}]", path, i), depth + 1));
  }
  return out;
}

StatusOr<Condition> DevicesFrom(const v1::Trigger::Devices& in, const std::string& path) {
  DevicesCondition out;
  out.monitor = MonitorName(in.monitor());
  out.rule = in.rule();
  out.field = in.field();
  if (in.least() != 0) out.least = in.least();
  out.share = in.share();
  MUSTER_ASSIGN(out.within, Time(in.within(), out.within, path + ".devices.within"));
  return Condition{out};
}

Condition PerformanceFrom(const v1::Trigger::Performance& in) {
  PerformanceCondition out;
  out.monitor = MonitorName(in.monitor());
  if (!in.measure().empty()) out.measure = in.measure();
  if (in.has_above()) out.above = in.above();
  if (in.has_above_best()) out.above_best = in.above_best();
  if (in.has_avoidable()) out.avoidable = in.avoidable();
  if (in.windows() != 0) out.windows = in.windows();
  return {out};
}

Condition DriftFrom(const v1::Trigger::Drift& in) {
  DriftCondition out;
  out.monitor = MonitorName(in.monitor());
  if (in.windows() != 0) out.windows = in.windows();
  out.fields = Texts(in.fields());
  if (in.clear() != 0) out.clear = in.clear();
  return {out};
}

Condition FeedbackFrom(const v1::Trigger::FeedbackCount& in) {
  FeedbackCondition out;
  out.monitor = MonitorName(in.monitor());
  if (in.verdicts_size() != 0) out.verdicts = Texts(in.verdicts());
  if (in.count() != 0) out.count = in.count();
  return {out};
}

StatusOr<Condition> ConditionFrom(const v1::Trigger::Condition& in, const std::string& path,
                                  std::size_t depth) {
  using Of = v1::Trigger::Condition;
  if (depth > kDeepestCondition)
    return InvalidField(path, "nested deeper than {}", kDeepestCondition);
  switch (in.of_case()) {
    case Of::kAny: {
      MUSTER_ASSIGN(auto parts, ListFrom(in.any(), path + ".any", depth));
      return Condition{AnyOf{std::move(parts)}};
    }
    case Of::kAll: {
      MUSTER_ASSIGN(auto parts, ListFrom(in.all(), path + ".all", depth));
      return Condition{AllOf{std::move(parts)}};
    }
    case Of::kDrift: return DriftFrom(in.drift());
    case Of::kDevices: return DevicesFrom(in.devices(), path);
    case Of::kPerformance: return PerformanceFrom(in.performance());
    case Of::kSchedule: {
      MUSTER_ASSIGN(const Duration every,
                    Time(in.schedule().every(), Duration(0), path + ".schedule.every"));
      return Condition{ScheduleCondition{every}};
    }
    case Of::kVolume: return Condition{VolumeCondition{in.volume().rows()}};
    case Of::kFeedback: return FeedbackFrom(in.feedback());
    default:
      return InvalidField(path,
                          "name one of any, all, drift, devices, performance, schedule, volume, "
                          "feedback");
  }
}

void Fill(const Condition& in, v1::Trigger::Condition& out);

void Fill(const std::vector<Condition>& in, v1::Trigger::Condition::List& out) {
  for (const Condition& part : in) Fill(part, *out.add_conditions());
}

void Fill(const DevicesCondition& in, v1::Trigger::Devices& out) {
  out.set_monitor(in.monitor.value());
  out.set_rule(in.rule);
  out.set_field(in.field);
  out.set_least(in.least);
  out.set_share(in.share);
  out.set_within(FormatDuration(in.within));
}
void Fill(const PerformanceCondition& in, v1::Trigger::Performance& out) {
  out.set_monitor(in.monitor.value());
  out.set_measure(in.measure);
  if (in.above) out.set_above(*in.above);
  if (in.above_best) out.set_above_best(*in.above_best);
  if (in.avoidable) out.set_avoidable(*in.avoidable);
  out.set_windows(in.windows);
}
void Fill(const DriftCondition& in, v1::Trigger::Drift& out) {
  out.set_monitor(in.monitor.value());
  out.set_windows(in.windows);
  out.mutable_fields()->Assign(in.fields.begin(), in.fields.end());
  out.set_clear(in.clear);
}
void Fill(const FeedbackCondition& in, v1::Trigger::FeedbackCount& out) {
  out.set_monitor(in.monitor.value());
  out.mutable_verdicts()->Assign(in.verdicts.begin(), in.verdicts.end());
  out.set_count(in.count);
}

void Fill(const Condition& in, v1::Trigger::Condition& out) {
  std::visit(Overloaded{
                 [&](const AnyOf& c) { Fill(c.parts, *out.mutable_any()); },
                 [&](const AllOf& c) { Fill(c.parts, *out.mutable_all()); },
                 [&](const DriftCondition& c) { Fill(c, *out.mutable_drift()); },
                 [&](const DevicesCondition& c) { Fill(c, *out.mutable_devices()); },
                 [&](const PerformanceCondition& c) { Fill(c, *out.mutable_performance()); },
                 [&](const ScheduleCondition& c) {
                   out.mutable_schedule()->set_every(FormatDuration(c.every));
                 },
                 [&](const VolumeCondition& c) { out.mutable_volume()->set_rows(c.rows); },
                 [&](const FeedbackCondition& c) { Fill(c, *out.mutable_feedback()); },
             },
             in.of);
}

StatusOr<ActionSpec> ActionFrom(const v1::Trigger& in) {
  ActionSpec out;
  const v1::Campaign& given = in.do_().campaign();
  for (const auto& [set, field] :
       {std::pair(!given.name().empty(), "name"),
        std::pair(!given.model().empty() && given.model() != in.model(), "model"),
        std::pair(given.base_version() != 0, "base_version")})
    if (set) return InvalidField(fmt::format("do.campaign.{}", field), "is the trigger's to give");
  v1::Campaign campaign = given;
  campaign.set_name(in.name());
  campaign.set_model(in.model());
  auto spec = FromProto(campaign);
  if (!spec.ok())
    return WithField(Prefixed(spec.status(), "do.campaign"),
                     "do.campaign." + FieldOf(spec.status()));
  out.campaign = *std::move(spec);
  // What it makes is to be compared with what is in service, after a drift.
  if (!given.evaluation().has_baseline())
    out.campaign.evaluation.baseline = !out.campaign.evaluation.labels.empty();
  out.cohort.drifted = in.do_().cohort().drifted();
  out.cohort.others = in.do_().cohort().others();
  if (in.do_().cohort().least() != 0) out.cohort.least = in.do_().cohort().least();
  if (in.do_().has_promote())
    out.promote = in.do_().promote().alias().empty() ? "champion" : in.do_().promote().alias();
  return out;
}

void Fill(const ActionSpec& in, v1::Trigger::Action& out) {
  *out.mutable_campaign() = ToProto(in.campaign);
  out.mutable_campaign()->clear_name();
  out.mutable_campaign()->clear_model();
  out.mutable_campaign()->clear_base_version();
  if (!in.campaign.evaluation.labels.empty())
    out.mutable_campaign()->mutable_evaluation()->set_baseline(in.campaign.evaluation.baseline);
  out.mutable_cohort()->set_drifted(in.cohort.drifted);
  out.mutable_cohort()->set_others(in.cohort.others);
  out.mutable_cohort()->set_least(in.cohort.least);
  if (in.promote) out.mutable_promote()->set_alias(*in.promote);
}

void Fill(const Explanation& in, v1::Explanation& out) {
  out.set_what(in.what);
  out.set_met(in.met);
  out.set_why(in.why);
  for (const Explanation& part : in.parts) Fill(part, *out.add_parts());
  out.mutable_facts()->Assign(in.facts.begin(), in.facts.end());
}

void Fill(const FiringRecord& in, const TriggerSnapshot& snapshot, v1::Firing& out) {
  out.set_number(in.number);
  out.set_fired_unix_ms(UnixMillis(in.fired_at));
  Fill(in.evidence, *out.mutable_evidence());
  out.set_state(std::string(NameOf(in.phase)));
  out.set_why(in.why);
  out.set_answered_by(in.answered_by);
  out.set_campaign(in.campaign.value());
  out.set_drifted_devices(in.drifted);
  out.set_other_devices(in.others);
  out.set_base_version(in.base.value());
  out.set_version(in.version.value());
  for (const registry::Verdict& verdict : in.verdicts) {
    v1::Verdict& wire = *out.add_verdicts();
    wire.set_gate(verdict.gate);
    wire.set_passed(verdict.passed);
    wire.set_reason(verdict.reason);
  }
  if (in.ended_at) out.set_ended_unix_ms(UnixMillis(*in.ended_at));
  out.set_fact(fmt::format("{}#{}", TriggerStream(snapshot.state.spec.name), in.seq));
  const auto known = snapshot.campaigns.find(in.campaign);
  if (known == snapshot.campaigns.end()) return;
  out.set_campaign_phase(known->second.phase);
  out.set_rounds_published(known->second.rounds_published);
  out.set_rounds(known->second.rounds);
  if (in.version.value() == 0) out.set_version(known->second.version.value());
  for (const MetricChange& change : known->second.changes) {
    v1::Firing::Change& wire = *out.add_changes();
    wire.set_slice(change.slice);
    wire.set_metric(change.metric);
    if (change.before) wire.set_before(*change.before);
    if (change.after) wire.set_after(*change.after);
  }
}
}  // namespace

StatusOr<TriggerSpec> FromProto(const v1::Trigger& in) {
  TriggerSpec out;
  out.name = TriggerName(in.name());
  out.description = in.description();
  out.model = ModelName(in.model());
  MUSTER_ASSIGN(out.when, ConditionFrom(in.when(), "when", 1));
  MUSTER_ASSIGN(out.cool_down, Time(in.cool_down(), out.cool_down, "cool_down"));
  out.budget.campaigns = in.budget().campaigns();
  out.budget.kwh = in.budget().kwh();
  out.budget.device_hours = in.budget().device_hours();
  MUSTER_ASSIGN(out.budget.per, Time(in.budget().per(), out.budget.per, "budget.per"));
  if (in.has_ask()) {
    out.ask.emplace();
    out.ask->role = in.ask().role();
    MUSTER_ASSIGN(out.ask->expires, Time(in.ask().expires(), out.ask->expires, "ask.expires"));
  }
  MUSTER_ASSIGN(out.action, ActionFrom(in));
  out.suspended = in.suspended();
  return out;
}

v1::Trigger ToProto(const TriggerSpec& in) {
  v1::Trigger out;
  out.set_name(in.name.value());
  out.set_description(in.description);
  out.set_model(in.model.value());
  Fill(in.when, *out.mutable_when());
  out.set_cool_down(FormatDuration(in.cool_down));
  out.mutable_budget()->set_campaigns(in.budget.campaigns);
  out.mutable_budget()->set_kwh(in.budget.kwh);
  out.mutable_budget()->set_device_hours(in.budget.device_hours);
  out.mutable_budget()->set_per(FormatDuration(in.budget.per));
  if (in.ask) {
    out.mutable_ask()->set_role(in.ask->role);
    out.mutable_ask()->set_expires(FormatDuration(in.ask->expires));
  }
  Fill(in.action, *out.mutable_do_());
  out.set_suspended(in.suspended);
  return out;
}

v1::TriggerView ToProto(const TriggerSnapshot& in) {
  const TriggerState& state = in.state;
  v1::TriggerView out;
  *out.mutable_trigger() = ToProto(state.spec);
  out.set_phase(in.phase);
  out.set_why(in.explanation.why);
  Fill(in.explanation, *out.mutable_explanation());
  for (const FiringRecord& firing : state.firings) Fill(firing, in, *out.add_firings());
  out.set_updated_unix_ms(UnixMillis(state.updated_at));
  out.set_applied_by(state.applied_by);
  return out;
}

AnswerFiring FromProto(const v1::AnswerTriggerRequest& in) {
  return {in.firing(), in.approve(), in.comment(), true};
}

}  // namespace muster::coordinator
