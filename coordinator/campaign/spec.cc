#include "coordinator/campaign/spec.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <set>

#include "aggregation/fixed_point.h"
#include "aggregation/secagg/update_layout.h"
#include "coordinator/campaign/spec_statistics.h"
#include "registry/names.h"

namespace muster::coordinator {
namespace {

constexpr std::uint32_t kMaxRounds = 1'000'000;
constexpr Duration kMaxWindow{7LL * 86'400'000};
constexpr double kMaxDeviceWatts = 10'000;
constexpr std::size_t kLongestEnergySource = 128;
constexpr std::size_t kMostSlices = 16;
constexpr std::size_t kDeviceIdDigits = 32;

bool IsDeviceId(std::string_view id) {
  return id.size() == kDeviceIdDigits && std::all_of(id.begin(), id.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

template <std::size_t N>
bool OneOf(std::string_view value, const std::array<std::string_view, N>& choices) {
  return std::find(choices.begin(), choices.end(), value) != choices.end();
}
constexpr std::array<std::string_view, 5> kLosses{"mse", "l1", "huber", "cross_entropy", "bce"};
constexpr std::array<std::string_view, 2> kOptimizers{"sgd", "adam"};
constexpr std::array<std::string_view, 4> kMetrics{"rmse", "mae", "loss", "accuracy"};

Status CheckLabels(const LabelMap& labels, std::string_view path) {
  if (labels.size() > 32) return InvalidField(path, "at most 32 labels");
  for (const auto& [key, value] : labels)
    if (key.empty() || key.size() > 63 || value.size() > 255)
      return InvalidField(path,
                          "label '{}' needs a key of 1 to 63 and a value of at most 255 characters",
                          key.substr(0, 63));
  return Ok();
}

Status CheckWindow(Duration window, std::string_view path) {
  if (window.count() <= 0 || window > kMaxWindow)
    return InvalidField(path, "must be more than 0 and at most 7d");
  return Ok();
}

Status CheckDevices(const std::set<DeviceId>& devices, const std::string& path) {
  if (devices.size() > kMostCohort) return InvalidField(path, "at most {} devices", kMostCohort);
  for (const DeviceId& device : devices)
    if (!IsDeviceId(device.value()))
      return InvalidField(path, "'{}' is no id of a device: 32 hexadecimal digits",
                          device.value().substr(0, 40));
  return Ok();
}

Status CheckNewestRows(std::uint64_t rows, std::string_view path) {
  if (rows < 1ULL << 53) return Ok();
  return InvalidField(path, "{} is not below 2^53", rows);
}

Status CheckSelection(const SelectionSpec& s) {
  MUSTER_TRY(CheckLabels(s.labels, "plan.selection.labels"));
  MUSTER_TRY(CheckDevices(s.devices, "plan.selection.devices"));
  if (s.goal == 0 || s.goal > kMostCohort)
    return InvalidField("plan.selection.cohort.goal", "{} is not in 1 to {}", s.goal, kMostCohort);
  if (s.minimum == 0 || s.minimum > s.goal)
    return InvalidField("plan.selection.cohort.minimum", "{} is not in 1 to the goal, {}",
                        s.minimum, s.goal);
  if (s.select < s.goal || s.select > kMostCohort)
    return InvalidField("plan.selection.cohort.select", "{} is not in the goal, {}, to {}",
                        s.select, s.goal, kMostCohort);
  return Ok();
}

Status CheckEnergy(const EnergySpec& e) {
  if (!(e.device_watts > 0 && e.device_watts <= kMaxDeviceWatts))
    return InvalidField("plan.energy.device_watts", "{} is not in (0, {}]", e.device_watts,
                        kMaxDeviceWatts);
  const bool printable =
      std::all_of(e.source.begin(), e.source.end(), [](char c) { return c >= ' ' && c <= '~'; });
  if (e.source.empty() || e.source.size() > kLongestEnergySource || !printable)
    return InvalidField("plan.energy.source",
                        "is not 1 to {} bytes of ASCII that say where the figure is from",
                        kLongestEnergySource);
  return Ok();
}

Status CheckPlan(const PlanSpec& p) {
  if (p.rounds == 0 || p.rounds > kMaxRounds)
    return InvalidField("plan.rounds", "{} is not in 1 to {}", p.rounds, kMaxRounds);
  if (p.seed >= 1ULL << 53) return InvalidField("plan.seed", "must be below 2^53");
  MUSTER_TRY(CheckSelection(p.selection));
  MUSTER_TRY(CheckWindow(p.recruit_window, "plan.recruit_window"));
  MUSTER_TRY(CheckWindow(p.report_window, "plan.report_window"));
  if (p.attempts == 0 || p.attempts > 1000)
    return InvalidField("plan.attempts", "{} is not in 1 to 1000", p.attempts);
  if (p.early_stop.patience > 0 && !OneOf(p.early_stop.metric, kMetrics))
    return InvalidField("plan.early_stop.metric", "'{}' is not one of {}", p.early_stop.metric,
                        fmt::join(kMetrics, ", "));
  if (!(p.early_stop.min_delta >= 0) || !std::isfinite(p.early_stop.min_delta))
    return InvalidField("plan.early_stop.min_delta", "must be 0 or more");
  return p.energy ? CheckEnergy(*p.energy) : Ok();
}

Status CheckRate(const LearningRate& r) {
  if (!(r.initial > 0) || r.initial > 1000)
    return InvalidField("training.learning_rate.initial", "{} is not in (0, 1000]", r.initial);
  if (!(r.floor >= 0 && r.floor <= 1))
    return InvalidField("training.learning_rate.floor", "{} is not in [0, 1]", r.floor);
  if (!(r.decay > 0 && r.decay <= 1))
    return InvalidField("training.learning_rate.decay", "{} is not in (0, 1]", r.decay);
  if (r.every == 0) return InvalidField("training.learning_rate.every", "must be 1 or more");
  return Ok();
}

Status CheckTraining(const TrainingSpec& t) {
  if (!OneOf(t.loss, kLosses))
    return InvalidField("training.loss", "'{}' is not one of {}", t.loss, fmt::join(kLosses, ", "));
  if (!OneOf(t.optimizer, kOptimizers))
    return InvalidField("training.optimizer.name", "'{}' is not one of {}", t.optimizer,
                        fmt::join(kOptimizers, ", "));
  if (!(t.momentum >= 0 && t.momentum < 1))
    return InvalidField("training.optimizer.momentum", "{} is not in [0, 1)", t.momentum);
  if (!(t.weight_decay >= 0 && t.weight_decay <= 10))
    return InvalidField("training.optimizer.weight_decay", "{} is not in [0, 10]", t.weight_decay);
  if (t.batch == 0 || t.batch > 1u << 20)
    return InvalidField("training.batch", "{} is not in 1 to 1048576", t.batch);
  if (t.epochs == 0 || t.epochs > 10'000)
    return InvalidField("training.epochs", "{} is not in 1 to 10000", t.epochs);
  MUSTER_TRY(CheckNewestRows(t.newest_rows, "training.newest_rows"));
  return CheckRate(t.learning_rate);
}

Status CheckAggregation(const AggregationSpec& a, const SelectionSpec& selection) {
  if (!(a.bound > 0) || a.bound > 1e6)
    return InvalidField("aggregation.bound", "{} is not in (0, 1e6]", a.bound);
  if (a.max_norm && (!(*a.max_norm > 0) || !std::isfinite(*a.max_norm)))
    return InvalidField("aggregation.max_norm", "must be more than 0");
  const bool capped = a.weights == aggregation::WeightRule::kCappedExamples;
  if (capped && (a.example_cap == 0 || a.example_cap > 1ULL << 40))
    return InvalidField("aggregation.weights.example_cap", "{} is not in 1 to 2^40", a.example_cap);
  const auto fixed = aggregation::FixedPoint::Make(selection.select, a.bound);
  if (!fixed.ok()) return InvalidField("aggregation.bound", "{}", MessageOf(fixed.status()));
  const Status rule = aggregation::Check(a.rule);
  if (!rule.ok()) return InvalidField("aggregation.rule", "{}", MessageOf(rule));
  return Ok();
}

Status CheckSlices(const EvaluationSpec& e) {
  if (e.slices.size() > kMostSlices)
    return InvalidField("evaluation.slices", "at most {}", kMostSlices);
  if (!e.slices.empty() && e.labels.empty())
    return InvalidField("evaluation.slices", "nothing is evaluated: give evaluation.labels");
  std::set<std::string_view> names = {kOtherSlice};
  for (std::size_t i = 0; i < e.slices.size(); ++i) {
    const SliceSpec& slice = e.slices[i];
    const std::string path = fmt::format("evaluation.slices[{}]", i);
    MUSTER_TRY(registry::CheckName(slice.name, path + ".name"));
    if (!names.insert(slice.name).second)
      return InvalidField(path + ".name", "'{}' is taken", slice.name);
    MUSTER_TRY(CheckLabels(slice.labels, path + ".labels"));
    MUSTER_TRY(CheckDevices(slice.devices, path + ".devices"));
    if (slice.labels.empty() && slice.devices.empty())
      return InvalidField(path, "'{}' has all devices: give labels or devices", slice.name);
  }
  return Ok();
}

Status CheckEvaluation(const EvaluationSpec& e) {
  MUSTER_TRY(CheckLabels(e.labels, "evaluation.labels"));
  MUSTER_TRY(CheckSlices(e));
  MUSTER_TRY(CheckNewestRows(e.newest_rows, "evaluation.newest_rows"));
  if (e.baseline && e.labels.empty())
    return InvalidField("evaluation.baseline", "nothing is evaluated: give evaluation.labels");
  if (e.every == 0) return InvalidField("evaluation.every", "must be 1 or more");
  if (e.metrics.empty() || e.metrics.size() > kMetrics.size())
    return InvalidField("evaluation.metrics", "name 1 to {} metrics", kMetrics.size());
  for (std::size_t i = 0; i < e.metrics.size(); ++i)
    if (!OneOf(e.metrics[i], kMetrics))
      return InvalidField(fmt::format("evaluation.metrics[{}]", i), "'{}' is not one of {}",
                          e.metrics[i], fmt::join(kMetrics, ", "));
  return CheckWindow(e.report_window, "evaluation.report_window");
}

Status CheckReplay(const CampaignSpec& spec) {
  constexpr std::string_view kPath = "plan.selection.replay";
  const SelectionSpec& s = spec.plan.selection;
  if (!s.replay) return Ok();
  MUSTER_TRY(registry::CheckName(s.replay->value(), kPath));
  if (*s.replay == spec.name) return InvalidField(kPath, "a campaign cannot replay itself");
  if (s.from != SelectionSpec::From::kEnrolled)
    return InvalidField(kPath, "needs plan.selection.from: ENROLLED, since its cohorts are given");
  return Ok();
}

// Whether every session of a cohort has enough devices.
Status CheckCut(const SecureSpec& s, std::uint32_t devices, std::string_view path) {
  const SessionCut cut = CutSessions(devices, s.session);
  if (cut.smallest >= s.least) return Ok();
  return InvalidField(path,
                      "{} devices in {} sessions of at most {} are {} in the smallest, and "
                      "secure.least is {}",
                      devices, cut.sessions, s.session, cut.smallest, s.least);
}

// Whether sessions of `cut` can be sound, with the arithmetic when they cannot.
Status CheckSound(const SecureSpec& s, const SessionCut& cut, std::string_view path) {
  for (const std::uint32_t devices : {cut.largest, cut.smallest}) {
    const auto parameters = aggregation::secagg::FindParameters(s.Rule(), devices);
    if (!parameters.ok()) return InvalidField(path, "{}", MessageOf(parameters.status()));
  }
  return Ok();
}

Status CheckSecure(const SecureSpec& s, const SelectionSpec& selection) {
  constexpr std::uint32_t kFewest = 3;
  constexpr std::uint32_t kMost = aggregation::secagg::Segments::kMostDevices;
  for (const auto& [part, path] :
       {std::pair(s.corrupt, "secure.corrupt"), std::pair(s.dropout, "secure.dropout")})
    if (!(part >= 0 && part < 1)) return InvalidField(path, "{} is not in [0, 1)", part);
  if (s.least < 2 || s.least > selection.goal)
    return InvalidField("secure.least", "{} is not in 2 to the goal, {}", s.least, selection.goal);
  if (s.session < kFewest || s.session > kMost)
    return InvalidField("secure.session", "{} is not in {} to {}", s.session, kFewest, kMost);
  MUSTER_TRY(CheckWindow(s.window, "secure.window"));
  MUSTER_TRY(CheckCut(s, selection.select, "secure.session"));
  return CheckSound(s, CutSessions(selection.select, s.session), "secure");
}

// What only training asks of secure sums: that updates fit, and that metrics are sums as well.
Status CheckSecureTraining(const CampaignSpec& spec) {
  const SecureSpec& s = *spec.secure;
  const EvaluationSpec& e = spec.evaluation;
  const SessionCut cut = CutSessions(spec.plan.selection.select, s.session);
  const auto layout =
      aggregation::secagg::UpdateLayout(1, s.bits, spec.aggregation.bound, cut.largest);
  if (!layout.ok()) return InvalidField("secure.bits", "{}", MessageOf(layout.status()));
  if (e.labels.empty()) return Ok();
  constexpr std::string_view kPath = "evaluation.enrolled_at_least";
  if (e.enrolled_at_least < s.least)
    return InvalidField(kPath,
                        "{} devices may be all that evaluate; their metrics are a secure sum too, "
                        "and secure.least is {}",
                        e.enrolled_at_least, s.least);
  MUSTER_TRY(CheckCut(s, e.enrolled_at_least, kPath));
  return CheckSound(s, CutSessions(e.enrolled_at_least, s.session), kPath);
}
}  // namespace

aggregation::secagg::CohortRule SecureSpec::Rule() const {
  // Rounded to the nearest: 0.1 is 100,000, whatever its last bit.
  const auto ppm = [](double part) { return static_cast<std::uint32_t>(std::lround(part * 1e6)); };
  return {
      .profile = profile, .least = least, .corrupt_ppm = ppm(corrupt), .dropout_ppm = ppm(dropout)};
}

SessionCut CutSessions(std::uint32_t devices, std::uint32_t most) {
  const std::uint32_t sessions = std::max(1u, devices / most + (devices % most == 0 ? 0 : 1));
  const std::uint32_t smallest = devices / sessions;
  return {sessions, smallest, smallest + (devices % sessions == 0 ? 0 : 1)};
}

double LearningRate::At(RoundNumber round, std::uint32_t rounds) const {
  const double step = static_cast<double>(std::max<std::uint64_t>(round.value(), 1) - 1);
  switch (schedule) {
    case Schedule::kConstant: return initial;
    case Schedule::kCosine: {
      const double cosine = std::cos(std::numbers::pi * step / static_cast<double>(rounds));
      return initial * (floor + (1 - floor) * (1 + cosine) / 2);
    }
    case Schedule::kExponential: return initial * std::pow(decay, step);
    case Schedule::kStep: return initial * std::pow(decay, std::floor(step / every));
  }
  return initial;
}

Status Validate(const CampaignSpec& spec) {
  MUSTER_TRY(registry::CheckName(spec.name.value(), "name"));
  MUSTER_TRY(registry::CheckDescription(spec.description, "description"));
  MUSTER_TRY(CheckPlan(spec.plan));
  MUSTER_TRY(CheckReplay(spec));
  if (spec.secure) MUSTER_TRY(CheckSecure(*spec.secure, spec.plan.selection));
  if (spec.statistics) return CheckStatistics(spec);
  if (spec.model.value().empty()) return InvalidField("model", "is missing");
  MUSTER_TRY(CheckTraining(spec.training));
  MUSTER_TRY(CheckAggregation(spec.aggregation, spec.plan.selection));
  MUSTER_TRY(CheckEvaluation(spec.evaluation));
  return spec.secure ? CheckSecureTraining(spec) : Ok();
}

}  // namespace muster::coordinator
