// The gates that compare what was measured: of all devices, and of slices.
#include "registry/confidence.h"
#include "registry/gate_judge.h"
#include "registry/gate_verdict.h"

namespace muster::registry {
namespace {

const double* Find(const Metrics& metrics, const std::string& name) {
  const auto it = metrics.find(name);
  return it == metrics.end() ? nullptr : &it->second;
}

Verdict NotRecorded(const char* gate, const std::string& metric, const ModelVersion& version) {
  return Refused(gate, "version {} records no {}: add it with 'muster model measure'",
                 NumberOf(version), metric);
}

// What a candidate's metric is held against: what its own campaign measured of the version, on the
// same devices, where it did; else what that version records.
struct Rival {
  const ModelVersion& version;
  const Baseline* paired;  // Null: as recorded.
  const Measurements& measured() const {
    return paired != nullptr ? paired->measured : version.measured;
  }
};

const Metrics* SliceOf(const Measurements& measured, const std::string& slice) {
  const auto it = measured.slices.find(slice);
  return it == measured.slices.end() ? nullptr : &it->second;
}

// A metric that only one of the two has was added by somebody, and is compared as recorded.
Rival RivalOf(const GateView& view, const ModelVersion& version, const std::string& metric) {
  const Baseline* paired = BaselineAgainst(view.candidate, version);
  const bool has = paired != nullptr && paired->measured.metrics.contains(metric);
  return {version, has ? paired : nullptr};
}

// "on the same 30 devices".
std::string DevicesText(const Baseline& baseline, const ModelVersion& candidate) {
  const std::uint32_t now = candidate.lineage->evaluation_devices;
  if (baseline.both == now && baseline.both == baseline.devices)
    return now == 1 ? "on the same device" : fmt::format("on the same {} devices", now);
  return fmt::format("on {} devices, {} of them the same", now, baseline.both);
}

// "9.4 of version 1 on the same 30 devices".
std::string RivalText(const Rival& rival, const ModelVersion& candidate, const std::string& value) {
  std::string out = fmt::format("{} of version {}", value, NumberOf(rival.version));
  if (rival.paired != nullptr) out += " " + DevicesText(*rival.paired, candidate);
  return out;
}

// What is known of a metric's error; nullopt: nothing.
std::optional<Estimate> EstimateOf(const Measurements& measured, const std::string& metric) {
  const double value = measured.metrics.at(metric);
  const auto it = measured.spreads.find(metric);
  if (it == measured.spreads.end()) return std::nullopt;
  const Spread& spread = it->second;
  if (spread.standard_error)
    return Estimate{value, *spread.standard_error, spread.groups > 1 ? spread.groups - 1.0 : 0};
  const bool proportion = metric == "accuracy" && value >= 0 && value <= 1;
  if (!proportion || spread.count == 0) return std::nullopt;
  return Estimate{value, ProportionError(value, static_cast<double>(spread.count)), 0};
}

Estimate Turned(Estimate e, Better better) {
  if (better == Better::kHigher) e.mean = -e.mean;
  return e;
}

// By how much `a` is worse than `b`.
double Worse(Better better, double a, double b) { return better == Better::kLower ? a - b : b - a; }

// "13.42 ± 0.2".
std::string Shown(const Estimate& e) {
  return fmt::format("{:.5g} ± {:.2g}", e.mean, e.standard_error);
}

std::string MarginText(double margin) {
  if (margin == 0) return "it may be no worse";
  return margin > 0 ? fmt::format("it may be {:.4g} worse", margin)
                    : fmt::format("it must be {:.4g} better", -margin);
}

std::string DifferenceText(double worse) {
  return worse > 0 ? fmt::format("{:.4g} worse", worse) : fmt::format("{:.4g} better", -worse);
}

// "equal to", "1.2 better than".
std::string ComparisonText(double worse) {
  return worse == 0 ? "equal to" : DifferenceText(worse) + " than";
}

Verdict ComparePoints(const MetricGate& gate, const ModelVersion& candidate, const Rival& rival) {
  const double a = candidate.measured.metrics.at(gate.name);
  const double b = rival.measured().metrics.at(gate.name);
  const double worse = Worse(gate.better, a, b);
  return {"metric", worse <= gate.margin,
          fmt::format("{} {:.5g} is {} {}, by the values alone; {}", gate.name, a,
                      ComparisonText(worse), RivalText(rival, candidate, fmt::format("{:.5g}", b)),
                      MarginText(gate.margin))};
}

// Device by device, where that is known; a masked sum does not tell it.
std::optional<Estimate> DifferenceFrom(const Rival& rival, const std::string& metric) {
  if (rival.paired == nullptr) return std::nullopt;
  const auto it = rival.paired->differences.find(metric);
  if (it == rival.paired->differences.end()) return std::nullopt;
  return Estimate{it->second.value, it->second.standard_error, it->second.devices - 1.0};
}

std::string BoundText(const MetricGate& gate, double bound) {
  return fmt::format("with confidence {} at {} {}; {}", *gate.confidence,
                     bound > 0 ? "most" : "least", DifferenceText(bound), MarginText(gate.margin));
}

Verdict ComparePaired(const MetricGate& gate, const ModelVersion& candidate, const Rival& rival,
                      const Estimate& difference) {
  const double a = candidate.measured.metrics.at(gate.name);
  const double b = rival.measured().metrics.at(gate.name);
  const Estimate turned = Turned(difference, gate.better);
  const double bound = UpperBound(turned, {}, *gate.confidence);
  return {"metric", bound <= gate.margin,
          fmt::format("{} {:.5g} against {}: device by device {} ± {:.2g}, {}", gate.name, a,
                      RivalText(rival, candidate, fmt::format("{:.5g}", b)),
                      DifferenceText(turned.mean), turned.standard_error, BoundText(gate, bound))};
}

Verdict CompareBounds(const MetricGate& gate, const ModelVersion& candidate, const Rival& rival) {
  if (const auto paired = DifferenceFrom(rival, gate.name))
    return ComparePaired(gate, candidate, rival, *paired);
  const auto a = EstimateOf(candidate.measured, gate.name);
  const auto b = EstimateOf(rival.measured(), gate.name);
  if (!a || !b)
    return Refused("metric",
                   "no spread is known of {} of version {}, so a confidence of {} cannot be had: "
                   "add a standard_error with 'muster model measure', or take confidence out of "
                   "the gate to compare the values alone",
                   gate.name, NumberOf(a ? rival.version : candidate), *gate.confidence);
  const double bound =
      UpperBound(Turned(*a, gate.better), Turned(*b, gate.better), *gate.confidence);
  return {"metric", bound <= gate.margin,
          fmt::format("{} {} against {}: {}", gate.name, Shown(*a),
                      RivalText(rival, candidate, Shown(*b)), BoundText(gate, bound))};
}

Verdict JudgeWorstSlice(const SlicesGate& gate, const GateView& view) {
  double sum = 0, worst = 0;
  std::size_t count = 0;
  const std::string* worst_name = nullptr;
  for (const auto& [name, metrics] : view.candidate.measured.slices) {
    const double* value = Find(metrics, gate.metric);
    if (value == nullptr) continue;
    if (*value < 0)
      return Refused("slices", "{} of slice {} is {:.5g}; a ratio needs values of 0 and more",
                     gate.metric, name, *value);
    sum += *value;
    ++count;
    const bool worse = gate.better == Better::kLower ? *value > worst : *value < worst;
    if (worst_name != nullptr && !worse) continue;
    worst = *value;
    worst_name = &name;
  }
  if (count < 2)
    return Refused("slices",
                   "version {} records {} for {} slice(s), and 2 are the least: add slices with "
                   "'muster model measure'",
                   NumberOf(view.candidate), gate.metric, count);
  const double mean = sum / static_cast<double>(count);
  const double over = gate.better == Better::kLower ? worst : mean;
  const double under = gate.better == Better::kLower ? mean : worst;
  const double ratio = over == under ? 1 : over / under;
  return {"slices", ratio <= gate.worst_over_mean,
          fmt::format("worst {} of {} slices: {:.5g} in {}, {:.4g} times as bad as their mean of "
                      "{:.5g}; {:.4g} times is allowed",
                      gate.metric, count, worst, *worst_name, ratio, mean, gate.worst_over_mean)};
}

// One slice against the same slice of the version in place. What slices there are is a campaign's
// to say, so the first version may come in without.
Verdict JudgeSlice(const SlicesGate& gate, const std::string& slice, double margin,
                   const GateView& view) {
  const std::string what = fmt::format("{} of slice {}", gate.metric, slice);
  if (view.holder == nullptr)
    return Passed("slices", "{}: '{}' points nowhere yet, so there is none to compare with", what,
                  view.asked.alias);
  const Metrics* mine = SliceOf(view.candidate.measured, slice);
  const double* value = mine == nullptr ? nullptr : Find(*mine, gate.metric);
  if (value == nullptr) return NotRecorded("slices", what, view.candidate);
  const Rival rival = RivalOf(view, *view.holder, gate.metric);
  const Metrics* theirs = SliceOf(rival.measured(), slice);
  const double* other = theirs == nullptr ? nullptr : Find(*theirs, gate.metric);
  if (other == nullptr) return NotRecorded("slices", what, *view.holder);
  const double worse = Worse(gate.better, *value, *other);
  const std::string against = fmt::format("{:.5g} of version {}{}", *other, NumberOf(*view.holder),
                                          rival.paired != nullptr ? ", measured beside it" : "");
  return {"slices", worse <= margin,
          fmt::format("{} {:.5g} is {} {}; {}", what, *value, ComparisonText(worse), against,
                      MarginText(margin))};
}
}  // namespace

Verdict JudgeMetric(const MetricGate& gate, const GateView& view) {
  const std::string& alias = gate.alias.empty() ? view.asked.alias : gate.alias;
  const ModelVersion* rival = gate.alias.empty() ? view.holder : view.state.Find(gate.alias);
  const double* value = Find(view.candidate.measured.metrics, gate.name);
  if (value == nullptr) return NotRecorded("metric", gate.name, view.candidate);
  if (rival == nullptr)
    return Passed("metric", "{} {:.5g}; '{}' points nowhere yet, so there is none to compare with",
                  gate.name, *value, alias);
  const Rival held = RivalOf(view, *rival, gate.name);
  if (Find(held.measured().metrics, gate.name) == nullptr)
    return NotRecorded("metric", gate.name, *rival);
  return gate.confidence ? CompareBounds(gate, view.candidate, held)
                         : ComparePoints(gate, view.candidate, held);
}

Verdict JudgeSlices(const SlicesGate& gate, const GateView& view) {
  std::vector<Verdict> parts;
  if (gate.worst_over_mean > 0) parts.push_back(JudgeWorstSlice(gate, view));
  for (const auto& [slice, margin] : gate.margins)
    parts.push_back(JudgeSlice(gate, slice, margin, view));
  Verdict out{"slices", true, ""};
  for (const Verdict& part : parts) {
    out.passed = out.passed && part.passed;
    out.reason += (out.reason.empty() ? "" : "; ") + part.reason;
  }
  return out;
}

}  // namespace muster::registry
