#include "coordinator/runner/lineage.h"

#include <algorithm>
#include <cmath>

#include "coordinator/runner/ratios.h"
#include "coordinator/runner/replay.h"

namespace muster::coordinator {
namespace {

EvaluationSums Total(const std::vector<EvaluationSums>& reports) {
  EvaluationSums total;
  for (const EvaluationSums& report : reports) {
    total.examples += report.examples;
    for (const auto& [name, sum] : report.sums_micro) total.sums_micro[name] += sum;
  }
  return total;
}

// The standard error of the ratio of the sums of `name` to those of the examples.
double ErrorOf(const std::vector<EvaluationSums>& reports, const char* name, double ratio) {
  double squares = 0, examples = 0;
  for (const EvaluationSums& report : reports) {
    const double n = static_cast<double>(report.examples);
    const double residual = SumOf(report, name) - ratio * n;
    squares += residual * residual;
    examples += n;
  }
  const double k = static_cast<double>(reports.size());
  return std::sqrt(k / (k - 1) * squares) / examples;
}

// By id, so that the order of arrival does not show.
std::vector<EvaluationSums> InOrder(std::map<DeviceId, EvaluationSums> reports) {
  std::vector<EvaluationSums> out;
  for (auto& [device, sums] : reports) out.push_back(std::move(sums));
  return out;
}
}  // namespace

StatusOr<Digest> CommitTo(const Digest& before, RoundNumber round, std::vector<DeviceId> counted,
                          const Hasher& hasher) {
  std::sort(counted.begin(), counted.end());
  Json devices = Json::array();
  for (const DeviceId& device : counted) devices.push_back(device.value());
  MUSTER_ASSIGN(const std::string text,
                CanonicalJson({{"devices", std::move(devices)}, {"round", round.value()}}));
  Bytes bytes(before.bytes().begin(), before.bytes().end());
  const ByteView tail = AsBytes(text);
  bytes.insert(bytes.end(), tail.begin(), tail.end());
  return hasher.Sha256(bytes);
}

StatusOr<registry::Lineage> LineageOf(const CampaignState& state, const EvaluatedRound& evaluated,
                                      const Hasher& hasher) {
  registry::Lineage out;
  out.first_round = evaluated.cohorts.first;
  out.last_round = evaluated.round;
  out.cohort = evaluated.cohorts.commitment;
  out.updates = evaluated.cohorts.updates;
  const Json spec = ToJson(state.spec);
  MUSTER_ASSIGN(out.aggregation, CanonicalJson(spec.at("aggregation")));
  if (spec.contains("secure")) {
    MUSTER_ASSIGN(out.secure, CanonicalJson(spec.at("secure")));
  }
  MUSTER_ASSIGN(const std::string config, CanonicalJson(spec));
  out.config = hasher.Sha256(AsBytes(config));
  out.code = state.base.module;
  out.evaluation_examples = evaluated.examples;
  out.evaluation_devices = evaluated.devices;
  out.applied_by = state.applied_by;
  return out;
}

std::map<std::string, registry::Spread> SpreadsOf(const std::vector<EvaluationSums>& reports) {
  std::map<std::string, registry::Spread> out;
  const EvaluationSums total = Total(reports);
  const std::map<std::string, double> metrics = MetricsOf(total);
  for (const Ratio& r : kRatios) {
    const auto metric = metrics.find(r.metric);
    if (metric == metrics.end()) continue;
    registry::Spread spread{{}, total.examples, static_cast<std::uint32_t>(reports.size())};
    const double ratio = SumOf(total, r.sum) / static_cast<double>(total.examples);
    if (reports.size() >= 2) {
      const double error = ErrorOf(reports, r.sum, ratio);
      if (!r.root)
        spread.standard_error = error;
      else if (metric->second > 0)
        spread.standard_error = error / (2 * metric->second);
    }
    out[r.metric] = spread;
  }
  return out;
}

std::map<std::string, registry::Spread> SpreadsIn(const std::vector<RoundFact>& facts,
                                                  const registry::Metrics& metrics,
                                                  std::uint64_t examples) {
  std::map<std::string, registry::Spread> out = SpreadsOf(InOrder(ReportsIn(facts)));
  // A masked sum tells how many examples there were, and not how they differ.
  if (out.empty())
    for (const auto& [name, value] : metrics) out[name].count = examples;
  return out;
}

StatusOr<registry::Measurements> MeasurementsOf(Journal& journal, const CampaignName& campaign,
                                                const EvaluatedRound& evaluated) {
  registry::Measurements out;
  out.metrics = evaluated.metrics;
  if (out.metrics.empty()) return out;
  out.slices = evaluated.slices;
  MUSTER_ASSIGN(const std::vector<RoundFact> facts,
                PublishedFacts(journal, campaign, evaluated.round));
  out.spreads = SpreadsIn(facts, out.metrics, evaluated.examples);
  return out;
}

}  // namespace muster::coordinator
