#include "registry/gate_judge.h"

#include <algorithm>

#include "base/time_text.h"
#include "registry/contract_diff.h"
#include "registry/gate_verdict.h"

namespace muster::registry {
namespace {

std::string Joined(const std::vector<std::string>& names) {
  return fmt::format("{}", fmt::join(names, ", "));
}
}  // namespace

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
