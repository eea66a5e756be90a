#include "drift/monitors/plan.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "base/nearest.h"
#include "base/seeded.h"
#include "drift/detectors/calibration.h"
#include "drift/detectors/reference.h"

namespace muster::drift {
namespace {
// The first failure of a field is told at `path`; fields that nobody named are left out instead.
enum class Fit { kYes, kNo, kConstant };

bool TakesAnyNumber(const DetectorSpec& spec) {
  return std::holds_alternative<PageHinkleyConfig>(spec) ||
         std::holds_alternative<AdwinConfig>(spec) || std::holds_alternative<KswinConfig>(spec);
}

bool IsConstant(const FieldReference& reference) {
  return reference.sample.empty() || reference.sample.front() == reference.sample.back();
}

// The sample's deciles as bin edges, and what of the sample is in each; null when they are one.
std::shared_ptr<const Histogram> DecilesOf(const std::vector<double>& sample) {
  std::vector<double> edges;
  for (std::size_t i = 1; i < 10; ++i) {
    const double edge = sample[i * (sample.size() - 1) / 10];
    if (edges.empty() || edge > edges.back()) edges.push_back(edge);
  }
  auto bins = Bins::At(std::move(edges));
  if (!bins.ok()) return nullptr;
  auto out = std::make_shared<Histogram>(*std::move(bins));
  return out->Add(sample).ok() ? out : nullptr;
}

Status Calibrate(const ChangeRule& rule, std::uint64_t seed, WatchedField& out) {
  std::vector<double> values = out.reference->sample;
  if (TakesAnyNumber(rule.detector)) {
    MUSTER_ASSIGN(const Reference raw, Reference::Make(values));
    out.offset = raw.mean();
    out.scale = raw.deviation();
    for (double& x : values) x = (x - out.offset) / out.scale;
  }
  MUSTER_ASSIGN(const Reference reference, Reference::Make(std::move(values)));
  SeededRng rng(seed);
  MUSTER_ASSIGN(const Calibration calibrated,
                CalibrateForFalseAlarms(rule.detector, rule.one_false_alarm_in, reference, rng));
  out.detector = calibrated.spec;
  return Ok();
}

class Planner {
 public:
  Planner(const MonitorSpec& spec, std::string path, const PlanInput& input, Tally& tally)
      : spec_(spec), path_(std::move(path)), input_(input), tally_(tally) {}

  StatusOr<std::vector<WatchedField>> Fields() {
    std::vector<WatchedField> out;
    if (IsOfRows(spec_.rule)) return out;
    if (NeedsReference(spec_.rule) && input_.reference == nullptr)
      return InvalidField(path_ + ".kind", "this {} needs a reference", NameOf(spec_.rule));
    const bool all = spec_.fields.empty();
    for (std::size_t i = 0; i < (all ? input_.fields.size() : spec_.fields.size()); ++i) {
      const std::string& name = all ? input_.fields[i].name : spec_.fields[i];
      const std::string path = all ? path_ : fmt::format("{}.fields[{}]", path_, i);
      MUSTER_ASSIGN(WatchedField field, Find(name, path));
      StatusOr<Fit> fit = Settle(field, path);
      if (!fit.ok() && !all) return fit.status();
      if (fit.ok() && *fit == Fit::kYes) out.push_back(std::move(field));
      if (fit.ok() && *fit == Fit::kConstant) tally_.Count(Skip::kConstant);
    }
    if (out.empty())
      return InvalidField(path_ + ".fields",
                          "none is left that a {} could watch: see its reference "
                          "and its declared range",
                          NameOf(spec_.rule));
    return out;
  }

 private:
  StatusOr<WatchedField> Find(const std::string& name, const std::string& path) const {
    std::vector<std::string> known;
    for (std::size_t i = 0; i < input_.fields.size(); ++i) {
      if (input_.fields[i].name == name)
        return WatchedField{
            .index = i,
            .field = input_.fields[i],
            .reference = input_.reference == nullptr ? nullptr : input_.reference->Find(name)};
      known.push_back(input_.fields[i].name);
    }
    return InvalidField(path, "there is no number '{}' in the contract{}", name,
                        DidYouMean(name, known));
  }

  StatusOr<Fit> Settle(WatchedField& field, const std::string& path) const {
    if (NeedsReference(spec_.rule)) {
      const std::size_t have = field.reference == nullptr ? 0 : field.reference->sample.size();
      if (have < kLeastWindow)
        return InvalidField(path, "the reference has {} values of '{}', {} are needed", have,
                            field.field.name, kLeastWindow);
    }
    return std::visit([&](const auto& rule) { return SettleFor(rule, field, path); }, spec_.rule);
  }

  StatusOr<Fit> SettleFor(const ChangeRule& rule, WatchedField& field,
                          const std::string& path) const {
    field.detector = rule.detector;
    if (rule.one_false_alarm_in == 0) return Fit::kYes;
    if (IsConstant(*field.reference)) return Fit::kConstant;
    const std::uint64_t seed = SeedOf({std::to_string(input_.seed), spec_.name, field.field.name});
    if (const Status status = Calibrate(rule, seed, field); !status.ok())
      return WithField(Prefixed(status, path), path);
    return Fit::kYes;
  }
  StatusOr<Fit> SettleFor(const InputRule& rule, WatchedField& field, const std::string&) const {
    if (rule.test == InputTest::kKs) return Fit::kYes;
    field.deciles = DecilesOf(field.reference->sample);
    return field.deciles == nullptr ? Fit::kConstant : Fit::kYes;
  }
  StatusOr<Fit> SettleFor(const StuckRule&, WatchedField& field, const std::string&) const {
    return field.reference != nullptr && IsConstant(*field.reference) ? Fit::kConstant : Fit::kYes;
  }
  StatusOr<Fit> SettleFor(const RangeRule& rule, WatchedField& field,
                          const std::string& path) const {
    if (rule.min || rule.max) return Fit::kYes;
    if (std::isfinite(field.field.lo) || std::isfinite(field.field.hi)) return Fit::kYes;
    return InvalidField(path, "neither the contract nor the rule declares a range of '{}'",
                        field.field.name);
  }
  template <typename Rule>
  StatusOr<Fit> SettleFor(const Rule&, WatchedField&, const std::string&) const {
    return Fit::kYes;
  }

  const MonitorSpec& spec_;
  const std::string path_;
  const PlanInput& input_;
  Tally& tally_;
};
}  // namespace

StatusOr<std::vector<PlannedMonitor>> PlanMonitors(std::vector<MonitorSpec> specs,
                                                   const PlanInput& input, Tally& tally) {
  if (specs.empty() || specs.size() > kMostMonitors)
    return InvalidField("monitors", "{} of them, 1 to {} are allowed", specs.size(), kMostMonitors);
  std::vector<PlannedMonitor> out;
  std::set<std::string> names;
  for (std::size_t i = 0; i < specs.size(); ++i) {
    const std::string path = fmt::format("monitors[{}]", i);
    if (const Status status = Validate(specs[i]); !status.ok())
      return WithField(Prefixed(status, path), fmt::format("{}.{}", path, FieldOf(status)));
    if (!names.insert(specs[i].name).second)
      return InvalidField(path + ".name", "'{}' stands twice", specs[i].name);
    MUSTER_ASSIGN(auto fields, Planner(specs[i], path, input, tally).Fields());
    out.push_back({std::move(specs[i]), std::move(fields)});
  }
  return out;
}

}  // namespace muster::drift
