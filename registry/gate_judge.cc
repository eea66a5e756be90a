#include "registry/gate_judge.h"

#include <algorithm>
#include <cmath>

#include "base/time_text.h"
#include "registry/confidence.h"
#include "registry/contract_diff.h"

namespace muster::registry {
namespace {

template <typename... Args>
Verdict Passed(const char* gate, fmt::format_string<Args...> f, Args&&... args) {
  return {gate, true, fmt::format(f, std::forward<Args>(args)...)};
}
template <typename... Args>
Verdict Refused(const char* gate, fmt::format_string<Args...> f, Args&&... args) {
  return {gate, false, fmt::format(f, std::forward<Args>(args)...)};
}

std::uint64_t NumberOf(const ModelVersion& version) { return version.version.value(); }

const double* Find(const Metrics& metrics, const std::string& name) {
  const auto it = metrics.find(name);
  return it == metrics.end() ? nullptr : &it->second;
}

Verdict NotRecorded(const char* gate, const std::string& metric, const ModelVersion& version) {
  return Refused(gate, "version {} records no {}: add it with 'muster model measure'",
                 NumberOf(version), metric);
}

// What is known of a metric's error; nullopt: nothing.
std::optional<Estimate> EstimateOf(const ModelVersion& version, const std::string& metric) {
  const double value = version.measured.metrics.at(metric);
  const auto it = version.measured.spreads.find(metric);
  if (it == version.measured.spreads.end()) return std::nullopt;
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

Verdict ComparePoints(const MetricGate& gate, const ModelVersion& candidate,
                      const ModelVersion& rival) {
  const double a = candidate.measured.metrics.at(gate.name);
  const double b = rival.measured.metrics.at(gate.name);
  const double worse = gate.better == Better::kLower ? a - b : b - a;
  return {"metric", worse <= gate.margin,
          fmt::format("{} {:.5g} is {} {:.5g} of version {}, by the values alone; {}", gate.name, a,
                      worse == 0 ? "equal to" : DifferenceText(worse) + " than", b, NumberOf(rival),
                      MarginText(gate.margin))};
}

Verdict CompareBounds(const MetricGate& gate, const ModelVersion& candidate,
                      const ModelVersion& rival) {
  const auto a = EstimateOf(candidate, gate.name);
  const auto b = EstimateOf(rival, gate.name);
  if (!a || !b)
    return Refused("metric",
                   "no spread is known of {} of version {}, so a confidence of {} cannot be had: "
                   "add a standard_error with 'muster model measure', or take confidence out of "
                   "the gate to compare the values alone",
                   gate.name, NumberOf(a ? rival : candidate), *gate.confidence);
  const double bound =
      UpperBound(Turned(*a, gate.better), Turned(*b, gate.better), *gate.confidence);
  return {
      "metric", bound <= gate.margin,
      fmt::format("{} {} against {} of version {}: with confidence {} at {} {}; {}", gate.name,
                  Shown(*a), Shown(*b), NumberOf(rival), *gate.confidence,
                  bound > 0 ? "most" : "least", DifferenceText(bound), MarginText(gate.margin))};
}

std::string Joined(const std::vector<std::string>& names) {
  return fmt::format("{}", fmt::join(names, ", "));
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
  if (Find(rival->measured.metrics, gate.name) == nullptr)
    return NotRecorded("metric", gate.name, *rival);
  return gate.confidence ? CompareBounds(gate, view.candidate, *rival)
                         : ComparePoints(gate, view.candidate, *rival);
}

Verdict JudgeSlices(const SlicesGate& gate, const GateView& view) {
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

Verdict JudgeContract(const GateView& view) {
  const ModelVersion& mine = view.candidate;
  const ModelVersion& theirs = view.holder == nullptr ? mine : *view.holder;
  const std::string name = mine.contract.value();
  if (mine.contract != theirs.contract)
    return Refused("contract", "version {} reads contract {}, version {} in place reads {}",
                   NumberOf(mine), name, NumberOf(theirs), theirs.contract.value());
  const auto reads = view.asked.contracts.find(mine.contract_version);
  const auto served = view.asked.contracts.find(theirs.contract_version);
  if (reads == view.asked.contracts.end() || served == view.asked.contracts.end())
    return Refused("contract", "versions {} and {} of contract {} are not both known",
                   mine.contract_version.value(), theirs.contract_version.value(), name);
  std::vector<std::string> used = view.state.spec->input.features;
  used.push_back(view.state.spec->label.field);
  const auto missing = CanRead(reads->second.spec, served->second.spec, used);
  if (!missing.empty())
    return Refused("contract",
                   "version {} reads version {} of contract {}, and cannot read data of version "
                   "{}, which version {} in place reads: {}",
                   NumberOf(mine), mine.contract_version.value(), name,
                   theirs.contract_version.value(), NumberOf(theirs), Summary(missing));
  if (mine.contract_version == theirs.contract_version)
    return Passed("contract", "reads {} version {}{}", name, mine.contract_version.value(),
                  view.holder == nullptr ? "" : ", as the version in place does");
  return Passed("contract", "reads {} version {}, and of version {} all that it looks at", name,
                mine.contract_version.value(), theirs.contract_version.value());
}

Verdict JudgePrivacy(double epsilon) {
  return Refused("privacy",
                 "no ledger of privacy losses exists yet, so nothing shows that epsilon is at most "
                 "{:.4g}: take the gate out, or override it",
                 epsilon);
}

Verdict JudgeApprovals(const ApprovalsGate& gate, const GateView& view) {
  std::vector<std::string> counted, others;
  for (const Approval& a : view.state.notes[NumberOf(view.candidate) - 1].approvals) {
    if (IsAuthor(view.candidate, a.by))
      others.push_back(a.by + " made it");
    else if (a.by == view.asked.by)
      others.push_back(a.by + " promotes it");
    else if (!view.asked.roles.Holds(a.by, gate.role))
      others.push_back(fmt::format("{} is no {}", a.by, gate.role));
    else
      counted.push_back(a.by);
  }
  std::string text = fmt::format("{} of {}", counted.size(), gate.count);
  if (!counted.empty()) text += ": " + Joined(counted);
  if (!others.empty()) text += fmt::format("; not counted: {}", Joined(others));
  const bool enough = counted.size() >= gate.count;
  if (!enough)
    text += fmt::format("; a {} who neither made nor promotes it says 'muster model approve {} {}'",
                        gate.role, view.state.spec->name.value(), NumberOf(view.candidate));
  return {"approvals", enough, std::move(text)};
}

Verdict JudgeFreeze(const std::vector<FreezeWindow>& windows, Timestamp now) {
  for (const FreezeWindow& window : windows)
    if (Holds(window, now))
      return Refused("freeze", "{} is inside the window '{}': wait until it is over",
                     FormatTime(now), TextOf(window));
  return Passed("freeze", "{} is outside all {} window(s)", FormatTime(now), windows.size());
}

Verdict JudgeHardware(const HardwareGate& gate, const GateView& view) {
  const auto& certified = view.state.notes[NumberOf(view.candidate) - 1].certified;
  std::vector<std::string> missing;
  for (const std::string& hardware : gate.certified)
    if (!certified.contains(hardware)) missing.push_back(hardware);
  if (missing.empty()) return Passed("hardware", "certified on {}", Joined(gate.certified));
  return Refused("hardware", "not certified on {}: run 'muster model certify {} {} --hardware {}'",
                 Joined(missing), view.state.spec->name.value(), NumberOf(view.candidate),
                 missing.front());
}

std::vector<Verdict> Judge(const Gates& gates, const GateView& view) {
  std::vector<Verdict> out;
  if (gates.metric) out.push_back(JudgeMetric(*gates.metric, view));
  if (gates.slices) out.push_back(JudgeSlices(*gates.slices, view));
  if (gates.contract) out.push_back(JudgeContract(view));
  if (gates.epsilon) out.push_back(JudgePrivacy(*gates.epsilon));
  if (gates.approvals) out.push_back(JudgeApprovals(*gates.approvals, view));
  if (!gates.freeze.empty()) out.push_back(JudgeFreeze(gates.freeze, view.now));
  if (gates.hardware) out.push_back(JudgeHardware(*gates.hardware, view));
  if (view.asked.how != How::kRollback) return out;
  std::erase_if(out, [&](const Verdict& v) {
    return std::find(gates.rollback.gates.begin(), gates.rollback.gates.end(), v.gate) ==
           gates.rollback.gates.end();
  });
  return out;
}

}  // namespace muster::registry
