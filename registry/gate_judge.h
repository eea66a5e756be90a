#pragma once
// What the gates of a model say about one move of an alias. Pure; each verdict names what was
// looked at, the values and the limit, and where it refuses, what would help.
#include <vector>

#include "registry/model.h"

namespace muster::registry {

struct GateView {
  const ModelState& state;
  const PromoteVersion& asked;
  const ModelVersion& candidate;
  const ModelVersion* holder;  // What the alias points at; null: nowhere.
  Timestamp now;
};

// A verdict of each gate that is declared, in the order of gate.h; of a rollback, of those that its
// rule names. O(slices + approvals).
std::vector<Verdict> Judge(const Gates& gates, const GateView& view);

// One gate each.
Verdict JudgeMetric(const MetricGate& gate, const GateView& view);
Verdict JudgeSlices(const SlicesGate& gate, const GateView& view);
Verdict JudgeContract(const GateView& view);
Verdict JudgePrivacy(double epsilon);
Verdict JudgeApprovals(const ApprovalsGate& gate, const GateView& view);
Verdict JudgeFreeze(const std::vector<FreezeWindow>& windows, Timestamp now);
Verdict JudgeHardware(const HardwareGate& gate, const GateView& view);

}  // namespace muster::registry
