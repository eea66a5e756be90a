#include "coordinator/runner/baseline.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "coordinator/runner/lineage.h"
#include "coordinator/runner/ratios.h"
#include "coordinator/runner/replay.h"

namespace muster::coordinator {
namespace {

using Reports = std::map<DeviceId, EvaluationSums>;

EvaluationSums Total(const Reports& reports) {
  EvaluationSums total;
  for (const auto& [device, report] : reports) {
    total.examples += report.examples;
    for (const auto& [name, sum] : report.sums_micro) total.sums_micro[name] += sum;
  }
  return total;
}

// The residuals of one metric: what each device moves it by.
struct Linearised {
  double value = 0;
  double slope = 1;  // Of the metric in its ratio.
  double ratio = 0;
  double examples = 0;
  double Of(const EvaluationSums& report, const char* sum) const {
    return slope * (SumOf(report, sum) - ratio * static_cast<double>(report.examples)) / examples;
  }
};

std::optional<Linearised> Linearise(const EvaluationSums& total, const Ratio& r) {
  if (total.examples == 0 || !total.sums_micro.contains(r.sum)) return std::nullopt;
  Linearised out;
  out.examples = static_cast<double>(total.examples);
  out.ratio = out.value = SumOf(total, r.sum) / out.examples;
  if (!r.root) return out;
  if (!(out.ratio > 0)) return std::nullopt;
  out.value = std::sqrt(out.ratio);
  out.slope = 1 / (2 * out.value);
  return out;
}

Reports Only(const Reports& reports, const Reports& others) {
  Reports out;
  for (const auto& [device, sums] : reports)
    if (others.contains(device)) out.emplace(device, sums);
  return out;
}
}  // namespace

std::map<std::string, registry::PairedDifference> DifferencesOf(const Reports& before,
                                                                const Reports& after) {
  const Reports old = Only(before, after), now = Only(after, before);
  std::map<std::string, registry::PairedDifference> out;
  if (now.size() < 2) return out;
  const EvaluationSums total_old = Total(old), total_now = Total(now);
  const double k = static_cast<double>(now.size());
  for (const Ratio& r : kRatios) {
    const auto a = Linearise(total_now, r), b = Linearise(total_old, r);
    if (!a || !b) continue;
    double squares = 0;
    for (const auto& [device, report] : now) {
      const double residual = a->Of(report, r.sum) - b->Of(old.at(device), r.sum);
      squares += residual * residual;
    }
    out[r.metric] = {a->value - b->value, std::sqrt(k / (k - 1) * squares),
                     static_cast<std::uint32_t>(now.size())};
  }
  return out;
}

StatusOr<std::optional<registry::Baseline>> BaselineOf(Journal& journal, const CampaignState& state,
                                                       const EvaluatedRound& evaluated) {
  if (!state.baseline || state.baseline->metrics.empty())
    return std::optional<registry::Baseline>();
  const BaselineEvaluation& measured = *state.baseline;
  MUSTER_ASSIGN(const std::vector<RoundFact> before,
                PublishedFacts(journal, state.spec.name, kBaselineRound));
  registry::Baseline out;
  out.version = state.base.version;
  out.measured.metrics = measured.metrics;
  out.measured.slices = measured.slices;
  out.measured.spreads = SpreadsIn(before, measured.metrics, measured.examples);
  out.examples = measured.examples;
  out.devices = measured.devices;
  if (evaluated.devices == 0) return std::optional(std::move(out));
  MUSTER_ASSIGN(const std::vector<RoundFact> after,
                PublishedFacts(journal, state.spec.name, evaluated.round));
  const DeviceSet then = EvaluatorsIn(before);
  for (const DeviceId& device : EvaluatorsIn(after)) out.both += then.contains(device) ? 1 : 0;
  out.differences = DifferencesOf(ReportsIn(before), ReportsIn(after));
  return std::optional(std::move(out));
}

std::string WhyNobody(const std::vector<RoundFact>& facts) {
  std::size_t asked = 0;
  std::set<std::string> reasons;
  for (const RoundFact& fact : facts) {
    if (const auto* f = std::get_if<ModelAggregated>(&fact)) asked = f->evaluators.size();
    if (const auto* f = std::get_if<DeviceDropped>(&fact)) reasons.emplace(NameOf(f->reason));
  }
  if (asked == 0) return "no device that could evaluate it is here";
  if (reasons.empty()) reasons.emplace(NameOf(Reason::kDEVICE_SILENT));
  return fmt::format("none of {} devices evaluated it: {}", asked, fmt::join(reasons, ", "));
}

}  // namespace muster::coordinator
