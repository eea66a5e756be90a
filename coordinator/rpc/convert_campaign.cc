#include <algorithm>

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

std::set<DeviceId> DevicesFrom(const google::protobuf::RepeatedPtrField<std::string>& in) {
  return {in.begin(), in.end()};
}
void Fill(const std::set<DeviceId>& in, google::protobuf::RepeatedPtrField<std::string>& out) {
  for (const DeviceId& device : in) *out.Add() = device.value();
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
  if (!in.replay().empty()) out.replay = CampaignName(in.replay());
  out.devices = DevicesFrom(in.devices());
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
  if (in.has_energy()) out.energy = {in.energy().device_watts(), in.energy().source()};
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
  out.newest_rows = in.newest_rows();
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
  for (const v1::Campaign::Slice& slice : in.slices())
    out.slices.push_back({slice.name(), LabelsFrom(slice.labels()), DevicesFrom(slice.devices())});
  out.newest_rows = in.newest_rows();
  out.baseline = in.baseline();
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
  if (in.session() != 0) out.session = in.session();
  return out;
}

WindowSpec WindowFrom(const v1::Campaign::Window& in) {
  WindowSpec out;
  out.monitor = MonitorName(in.monitor());
  out.epoch = in.epoch();
  out.model = ModelName(in.model());
  out.version = VersionNumber(in.version());
  out.reference = in.reference();
  if (in.rows() != 0) out.rows = in.rows();
  if (in.shard() != 0) out.shard = in.shard();
  out.prediction = in.prediction();
  out.error = in.error();
  out.expected_error = in.expected_error();
  out.drill = {in.drill().begin(), in.drill().end()};
  return out;
}

StatisticsSpec StatisticsFrom(const v1::Campaign::Statistics& in) {
  StatisticsSpec out;
  out.contract = ContractName(in.contract());
  out.contract_version = VersionNumber(in.contract_version());
  out.fields = {in.fields().begin(), in.fields().end()};
  if (in.bins() != 0) out.bins = in.bins();
  if (in.quantiles_size() != 0) out.quantiles = {in.quantiles().begin(), in.quantiles().end()};
  if (in.has_window()) out.window = WindowFrom(in.window());
  if (in.least() != 0)
    out.least = in.least();
  else if (out.window)
    out.least = out.window->shard;
  return out;
}

// A campaign of statistics leaves out what only training needs; the rest has other defaults.
StatusOr<CampaignSpec> CountingFrom(const v1::Campaign& in, CampaignSpec out) {
  for (const auto& [set, path] :
       {std::pair(!in.model().empty(), "model"), std::pair(in.base_version() != 0, "base_version"),
        std::pair(in.has_training(), "training"), std::pair(in.has_aggregation(), "aggregation"),
        std::pair(in.has_evaluation(), "evaluation")})
    if (set) return InvalidField(path, "a campaign of statistics has none");
  out.statistics = StatisticsFrom(in.statistics());
  SelectionSpec& selection = out.plan.selection;
  selection.from = SelectionSpec::From::kEnrolled;
  if (out.plan.rounds == 0) out.plan.rounds = out.statistics->passes();
  if (selection.goal == 0) {  // All that match, and enough for a bin that is shown.
    selection.goal = kMostCohort;
    selection.select = kMostCohort;
  }
  if (in.plan().selection().cohort().minimum() == 0) selection.minimum = out.statistics->least;
  MUSTER_ASSIGN(SecureSpec secure, SecureFrom(in.secure(), out.plan));
  // So that any number of devices can be cut into sessions of enough.
  if (in.secure().least() == 0) secure.least = std::min(secure.least, (secure.session + 1) / 2);
  out.secure = secure;
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
  if (in.replay) out.set_replay(in.replay->value());
  Fill(in.devices, *out.mutable_devices());
}

void Fill(const PlanSpec& in, v1::Campaign::Plan& out) {
  out.set_rounds(in.rounds);
  out.set_seed(in.seed);
  Fill(in.selection, *out.mutable_selection());
  out.set_recruit_window(FormatDuration(in.recruit_window));
  out.set_report_window(FormatDuration(in.report_window));
  out.set_attempts(in.attempts);
  if (in.energy) {
    out.mutable_energy()->set_device_watts(in.energy->device_watts);
    out.mutable_energy()->set_source(in.energy->source);
  }
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
  out.set_newest_rows(in.newest_rows);
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
  for (const SliceSpec& slice : in.slices) {
    v1::Campaign::Slice& to = *out.add_slices();
    to.set_name(slice.name);
    to.mutable_labels()->insert(slice.labels.begin(), slice.labels.end());
    Fill(slice.devices, *to.mutable_devices());
  }
  out.set_newest_rows(in.newest_rows);
  if (in.baseline) out.set_baseline(true);
}

void Fill(const SecureSpec& in, v1::Campaign::Secure& out) {
  const bool curious = in.profile == aggregation::secagg::Profile::kCurious;
  out.set_bits(static_cast<std::uint32_t>(aggregation::secagg::BitsOf(in.bits)));
  out.set_least(in.least);
  out.set_corrupt(in.corrupt);
  out.set_dropout(in.dropout);
  out.set_profile(curious ? "curious" : "active");
  out.set_window(FormatDuration(in.window));
  out.set_session(in.session);
}

void Fill(const WindowSpec& in, v1::Campaign::Window& out) {
  out.set_monitor(in.monitor.value());
  out.set_epoch(in.epoch);
  out.set_model(in.model.value());
  out.set_version(in.version.value());
  out.set_reference(in.reference);
  out.set_rows(in.rows);
  out.set_shard(in.shard);
  out.set_prediction(in.prediction);
  out.set_error(in.error);
  out.set_expected_error(in.expected_error);
  out.mutable_drill()->Assign(in.drill.begin(), in.drill.end());
}

void Fill(const StatisticsSpec& in, v1::Campaign::Statistics& out) {
  out.set_contract(in.contract.value());
  out.set_contract_version(in.contract_version.value());
  out.mutable_fields()->Assign(in.fields.begin(), in.fields.end());
  out.set_bins(in.bins);
  out.mutable_quantiles()->Assign(in.quantiles.begin(), in.quantiles.end());
  out.set_least(in.least);
  if (in.window) Fill(*in.window, *out.mutable_window());
}
}  // namespace

StatusOr<CampaignSpec> FromProto(const v1::Campaign& in) {
  CampaignSpec out;
  out.name = CampaignName(in.name());
  out.description = in.description();
  MUSTER_ASSIGN(out.plan, PlanFrom(in.plan()));
  if (in.has_statistics()) return CountingFrom(in, std::move(out));
  out.model = ModelName(in.model());
  out.base_version = VersionNumber(in.base_version());
  MUSTER_ASSIGN(out.training, TrainingFrom(in.training()));
  MUSTER_ASSIGN(out.aggregation, AggregationFrom(in.aggregation()));
  MUSTER_ASSIGN(out.evaluation, EvaluationFrom(in.evaluation()));
  if (!in.has_secure()) return out;
  MUSTER_ASSIGN(out.secure, SecureFrom(in.secure(), out.plan));
  // Metrics are a secure sum too, of at least as many devices.
  if (!out.evaluation.labels.empty() && out.evaluation.enrolled_at_least == 0)
    out.evaluation.enrolled_at_least = out.secure->least;
  return out;
}

v1::Campaign ToProto(const CampaignSpec& in) {
  v1::Campaign out;
  out.set_name(in.name.value());
  out.set_description(in.description);
  Fill(in.plan, *out.mutable_plan());
  if (in.secure) Fill(*in.secure, *out.mutable_secure());
  if (in.statistics) {
    Fill(*in.statistics, *out.mutable_statistics());
    v1::Campaign::Cohort& cohort = *out.mutable_plan()->mutable_selection()->mutable_cohort();
    if (cohort.goal() == kMostCohort) {  // All that match.
      cohort.clear_goal();
      cohort.clear_select();
    }
    return out;
  }
  out.set_model(in.model.value());
  out.set_base_version(in.base_version.value());
  Fill(in.training, *out.mutable_training());
  Fill(in.aggregation, *out.mutable_aggregation());
  Fill(in.evaluation, *out.mutable_evaluation());
  return out;
}

}  // namespace muster::coordinator
