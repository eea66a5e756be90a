#include "base/time_text.h"
#include "coordinator/rpc/convert.h"

namespace muster::coordinator {
namespace {

constexpr const char* kSchedules[] = {"constant", "cosine", "exponential", "step"};

StatusOr<Duration> Window(const std::string& text, Duration fallback, const char* path) {
  if (text.empty()) return fallback;
  const StatusOr<Duration> window = ParseDuration(text);
  if (!window.ok()) return InvalidField(path, "{}", MessageOf(window.status()));
  return *window;
}

LabelMap LabelsFrom(const google::protobuf::Map<std::string, std::string>& in) {
  return {in.begin(), in.end()};
}

SelectionSpec SelectionFrom(const v1::Campaign::Selection& in) {
  SelectionSpec out;
  out.from = in.from() == v1::Campaign::ENROLLED ? SelectionSpec::From::kEnrolled
                                                 : SelectionSpec::From::kAvailable;
  out.labels = LabelsFrom(in.labels());
  out.goal = in.cohort().goal();
  out.minimum = in.cohort().minimum() == 0 ? out.goal : in.cohort().minimum();
  out.select = in.cohort().select() == 0 ? out.goal : in.cohort().select();
  out.enrolled_at_least = in.enrolled_at_least();
  return out;
}

StatusOr<PlanSpec> PlanFrom(const v1::Campaign::Plan& in) {
  PlanSpec out;
  out.rounds = in.rounds();
  out.seed = in.seed();
  out.selection = SelectionFrom(in.selection());
  MUSTER_ASSIGN(out.recruit_window,
                Window(in.recruit_window(), out.recruit_window, "plan.recruit_window"));
  MUSTER_ASSIGN(out.report_window,
                Window(in.report_window(), out.report_window, "plan.report_window"));
  if (in.has_early_stop()) {
    out.early_stop.metric = in.early_stop().metric().empty() ? "rmse" : in.early_stop().metric();
    out.early_stop.patience = in.early_stop().patience();
    out.early_stop.min_delta = in.early_stop().min_delta();
  }
  if (in.has_attempts()) out.attempts = in.attempts();
  return out;
}

StatusOr<LearningRate> RateFrom(const v1::Campaign::LearningRate& in) {
  LearningRate out;
  if (in.initial() != 0) out.initial = in.initial();
  out.floor = in.floor();
  if (in.decay() != 0) out.decay = in.decay();
  if (in.every() != 0) out.every = in.every();
  if (in.schedule().empty()) return out;
  for (int i = 0; i < 4; ++i)
    if (in.schedule() == kSchedules[i]) {
      out.schedule = static_cast<LearningRate::Schedule>(i);
      return out;
    }
  return InvalidField("training.learning_rate.schedule", "'{}' is not one of {}",
                      in.schedule().substr(0, 40), fmt::join(kSchedules, ", "));
}

StatusOr<TrainingSpec> TrainingFrom(const v1::Campaign::Training& in) {
  TrainingSpec out;
  if (!in.loss().empty()) out.loss = in.loss();
  if (!in.optimizer().name().empty()) out.optimizer = in.optimizer().name();
  out.momentum = in.optimizer().momentum();
  out.weight_decay = in.optimizer().weight_decay();
  if (in.batch() != 0) out.batch = in.batch();
  if (in.epochs() != 0) out.epochs = in.epochs();
  MUSTER_ASSIGN(out.learning_rate, RateFrom(in.learning_rate()));
  return out;
}

aggregation::ServerRule RuleFrom(const v1::Campaign::Aggregation& in) {
  const auto or_default = [](double value, double fallback) {
    return value == 0 ? fallback : value;
  };
  switch (in.rule_case()) {
    case v1::Campaign::Aggregation::kFedavgm: {
      aggregation::FedAvgM rule;
      rule.server_lr = or_default(in.fedavgm().learning_rate(), rule.server_lr);
      if (in.fedavgm().has_momentum()) rule.momentum = in.fedavgm().momentum();
      return rule;
    }
    case v1::Campaign::Aggregation::kFedadam: {
      aggregation::FedAdam rule;
      rule.server_lr = or_default(in.fedadam().learning_rate(), rule.server_lr);
      if (in.fedadam().has_beta1()) rule.beta1 = in.fedadam().beta1();
      if (in.fedadam().has_beta2()) rule.beta2 = in.fedadam().beta2();
      if (in.fedadam().has_tau()) rule.tau = in.fedadam().tau();
      return rule;
    }
    default: {
      aggregation::FedAvg rule;
      rule.server_lr = or_default(in.fedavg().learning_rate(), rule.server_lr);
      return rule;
    }
  }
}

StatusOr<AggregationSpec> AggregationFrom(const v1::Campaign::Aggregation& in) {
  AggregationSpec out;
  out.rule = RuleFrom(in);
  if (in.weights().uniform() && in.weights().example_cap() != 0)
    return InvalidField("aggregation.weights", "give uniform or example_cap, not both");
  out.example_cap = in.weights().example_cap();
  if (out.example_cap != 0) out.weights = aggregation::WeightRule::kCappedExamples;
  if (in.bound() != 0) out.bound = in.bound();
  if (in.has_max_norm()) out.max_norm = in.max_norm();
  return out;
}

StatusOr<EvaluationSpec> EvaluationFrom(const v1::Campaign::Evaluation& in) {
  EvaluationSpec out;
  out.labels = LabelsFrom(in.labels());
  if (in.every() != 0) out.every = in.every();
  if (in.metrics_size() != 0) out.metrics = {in.metrics().begin(), in.metrics().end()};
  out.enrolled_at_least = in.enrolled_at_least();
  MUSTER_ASSIGN(out.report_window,
                Window(in.report_window(), out.report_window, "evaluation.report_window"));
  return out;
}

StatusOr<SecureSpec> SecureFrom(const v1::Campaign::Secure& in, const PlanSpec& plan) {
  namespace secagg = aggregation::secagg;
  SecureSpec out;
  if (in.bits() != 0) {
    const auto bits = secagg::ParseLaneBits(in.bits());
    if (!bits.ok()) return InvalidField("secure.bits", "{}", MessageOf(bits.status()));
    out.bits = *bits;
  }
  out.least = in.least() == 0 ? plan.selection.minimum : in.least();
  if (in.has_corrupt()) out.corrupt = in.corrupt();
  if (in.has_dropout()) out.dropout = in.dropout();
  if (in.profile() == "curious")
    out.profile = secagg::Profile::kCurious;
  else if (!in.profile().empty() && in.profile() != "active")
    return InvalidField("secure.profile", "'{}' is not one of active, curious",
                        in.profile().substr(0, 40));
  MUSTER_ASSIGN(out.window, Window(in.window(), plan.report_window, "secure.window"));
  return out;
}

void Fill(const SelectionSpec& in, v1::Campaign::Selection& out) {
  out.set_from(in.from == SelectionSpec::From::kEnrolled ? v1::Campaign::ENROLLED
                                                         : v1::Campaign::AVAILABLE);
  out.mutable_labels()->insert(in.labels.begin(), in.labels.end());
  out.mutable_cohort()->set_goal(in.goal);
  out.mutable_cohort()->set_minimum(in.minimum);
  out.mutable_cohort()->set_select(in.select);
  out.set_enrolled_at_least(in.enrolled_at_least);
}

void Fill(const PlanSpec& in, v1::Campaign::Plan& out) {
  out.set_rounds(in.rounds);
  out.set_seed(in.seed);
  Fill(in.selection, *out.mutable_selection());
  out.set_recruit_window(FormatDuration(in.recruit_window));
  out.set_report_window(FormatDuration(in.report_window));
  out.set_attempts(in.attempts);
  if (in.early_stop.patience == 0) return;
  out.mutable_early_stop()->set_metric(in.early_stop.metric);
  out.mutable_early_stop()->set_patience(in.early_stop.patience);
  out.mutable_early_stop()->set_min_delta(in.early_stop.min_delta);
}

void Fill(const TrainingSpec& in, v1::Campaign::Training& out) {
  out.set_loss(in.loss);
  out.mutable_optimizer()->set_name(in.optimizer);
  out.mutable_optimizer()->set_momentum(in.momentum);
  out.mutable_optimizer()->set_weight_decay(in.weight_decay);
  v1::Campaign::LearningRate& rate = *out.mutable_learning_rate();
  rate.set_initial(in.learning_rate.initial);
  rate.set_schedule(kSchedules[static_cast<int>(in.learning_rate.schedule)]);
  rate.set_floor(in.learning_rate.floor);
  rate.set_decay(in.learning_rate.decay);
  rate.set_every(in.learning_rate.every);
  out.set_batch(in.batch);
  out.set_epochs(in.epochs);
}

void Fill(const AggregationSpec& in, v1::Campaign::Aggregation& out) {
  std::visit(Overloaded{
                 [&](const aggregation::FedAvg& r) {
                   out.mutable_fedavg()->set_learning_rate(r.server_lr);
                 },
                 [&](const aggregation::FedAvgM& r) {
                   out.mutable_fedavgm()->set_learning_rate(r.server_lr);
                   out.mutable_fedavgm()->set_momentum(r.momentum);
                 },
                 [&](const aggregation::FedAdam& r) {
                   out.mutable_fedadam()->set_learning_rate(r.server_lr);
                   out.mutable_fedadam()->set_beta1(r.beta1);
                   out.mutable_fedadam()->set_beta2(r.beta2);
                   out.mutable_fedadam()->set_tau(r.tau);
                 },
             },
             in.rule);
  out.mutable_weights()->set_uniform(in.example_cap == 0);
  out.mutable_weights()->set_example_cap(in.example_cap);
  out.set_bound(in.bound);
  if (in.max_norm) out.set_max_norm(*in.max_norm);
}

void Fill(const EvaluationSpec& in, v1::Campaign::Evaluation& out) {
  out.mutable_labels()->insert(in.labels.begin(), in.labels.end());
  out.set_every(in.every);
  for (const std::string& metric : in.metrics) out.add_metrics(metric);
  out.set_enrolled_at_least(in.enrolled_at_least);
  out.set_report_window(FormatDuration(in.report_window));
}

void Fill(const SecureSpec& in, v1::Campaign::Secure& out) {
  const bool curious = in.profile == aggregation::secagg::Profile::kCurious;
  out.set_bits(static_cast<std::uint32_t>(aggregation::secagg::BitsOf(in.bits)));
  out.set_least(in.least);
  out.set_corrupt(in.corrupt);
  out.set_dropout(in.dropout);
  out.set_profile(curious ? "curious" : "active");
  out.set_window(FormatDuration(in.window));
}

void Fill(const RoundPlan& plan, const CampaignSnapshot& in, v1::RoundView& out) {
  const RoundState& state = in.round;
  out.set_round(plan.key.round.value());
  out.set_attempt(plan.key.attempt);
  out.set_phase(std::string(PhaseOf(state)));
  out.set_goal(plan.goal);
  out.set_received(in.received);
  out.set_learning_rate(
      in.state.spec.training.learning_rate.At(plan.key.round, in.state.spec.plan.rounds));
  std::visit(
      [&](const auto& s) {
        if constexpr (requires { s.deadline; }) out.set_deadline_unix_ms(UnixMillis(s.deadline));
        if constexpr (requires { s.joined; })
          out.set_joined(static_cast<std::uint32_t>(s.joined.size()));
        if constexpr (requires { s.counted.size(); })
          out.set_counted(static_cast<std::uint32_t>(s.counted.size()));
        if constexpr (requires { s.why; }) out.set_why(s.why);
      },
      state);
  if (const auto* s = std::get_if<Collecting>(&state)) {
    out.set_dropped(static_cast<std::uint32_t>(s->dropped.size()));
    out.set_joined(
        static_cast<std::uint32_t>(s->awaited.size() + s->counted.size() + s->dropped.size()));
  }
  if (const auto* s = std::get_if<Evaluating>(&state)) {
    out.set_evaluators(static_cast<std::uint32_t>(s->awaited.size() + s->reported.size()));
    out.set_evaluated(static_cast<std::uint32_t>(s->reported.size()));
  }
}
}  // namespace

StatusOr<CampaignSpec> FromProto(const v1::Campaign& in) {
  CampaignSpec out;
  out.name = CampaignName(in.name());
  out.description = in.description();
  out.model = ModelName(in.model());
  out.base_version = VersionNumber(in.base_version());
  MUSTER_ASSIGN(out.plan, PlanFrom(in.plan()));
  MUSTER_ASSIGN(out.training, TrainingFrom(in.training()));
  MUSTER_ASSIGN(out.aggregation, AggregationFrom(in.aggregation()));
  MUSTER_ASSIGN(out.evaluation, EvaluationFrom(in.evaluation()));
  if (in.has_secure()) {
    MUSTER_ASSIGN(out.secure, SecureFrom(in.secure(), out.plan));
  }
  return out;
}

v1::Campaign ToProto(const CampaignSpec& in) {
  v1::Campaign out;
  out.set_name(in.name.value());
  out.set_description(in.description);
  out.set_model(in.model.value());
  out.set_base_version(in.base_version.value());
  Fill(in.plan, *out.mutable_plan());
  Fill(in.training, *out.mutable_training());
  Fill(in.aggregation, *out.mutable_aggregation());
  Fill(in.evaluation, *out.mutable_evaluation());
  if (in.secure) Fill(*in.secure, *out.mutable_secure());
  return out;
}

v1::CampaignView ToProto(const CampaignSnapshot& in) {
  const CampaignState& state = in.state;
  v1::CampaignView out;
  *out.mutable_campaign() = ToProto(state.spec);
  out.set_phase(std::string(PhaseOf(state)));
  out.set_why(WhyOf(state));
  if (in.plan) Fill(*in.plan, in, *out.mutable_round());
  for (const EvaluatedRound& e : state.evaluations) {
    v1::Evaluated& evaluated = *out.add_evaluations();
    evaluated.set_round(e.round.value());
    evaluated.mutable_metrics()->insert(e.metrics.begin(), e.metrics.end());
    evaluated.set_devices(e.devices);
    if (e.version) {
      evaluated.set_version(e.version->value());
      out.set_latest_version(e.version->value());
    }
  }
  out.set_rounds_published(static_cast<std::uint32_t>(state.last_round.value()));
  out.set_rounds_abandoned(state.abandoned);
  out.set_latest_digest(state.params.ToString());
  out.set_started_unix_ms(UnixMillis(state.applied_at));
  out.set_updated_unix_ms(UnixMillis(state.updated_at));
  out.set_applied_by(state.applied_by);
  out.mutable_refused_updates()->insert(in.refused.begin(), in.refused.end());
  return out;
}

}  // namespace muster::coordinator
