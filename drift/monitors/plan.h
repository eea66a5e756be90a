#pragma once
// From declared monitors to what they watch: fields found, references looked up, detectors
// calibrated. Internal to this folder.
#include <span>
#include <vector>

#include "base/status.h"
#include "drift/monitors/monitor.h"

namespace muster::drift {

struct PlanInput {
  std::span<const MonitoredField> fields;  // Of a row.
  const TrainingReference* reference = nullptr;
  std::uint64_t seed = 0;
};

// As MonitorSet::Make says. Fields that are left out since their reference is constant are counted.
StatusOr<std::vector<PlannedMonitor>> PlanMonitors(std::vector<MonitorSpec> specs,
                                                   const PlanInput& input, Tally& tally);

}  // namespace muster::drift
