#pragma once
// One verdict over all features of a fleet.
//
// With 50 features at 5 % each, nine windows of ten without drift would alarm. The verdict is
// corrected by Holm, not by Benjamini and Hochberg: an alarm starts a training round, which costs
// every device energy, so it is the chance of any false alarm that is to be held, not their part of
// all alarms; and Holm holds it however features depend on each other, as those of one machine do.
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "drift/fleet/rao_scott.h"

namespace muster::drift {

struct FeatureWindow {
  std::string name;
  Replicates now;
  Replicates reference;
};

struct FeatureVerdict {
  std::string name;
  // An error is why this feature was not tested: constant, empty, of other bins. Its `drifted` is
  // of this feature alone.
  StatusOr<ShardVerdict> alone;
  double p = 1;          // Adjusted over all features that were tested; 1 when it was not.
  bool drifted = false;  // p < level.
};

struct FleetVerdict {
  bool drifted = false;  // Any feature has.
  std::uint32_t tested = 0;
  std::vector<FeatureVerdict> features;  // In the order given.
};

// FIELD_INVALID (rule, or not 1 to kMostFeatures of them); where no feature could be tested, the
// first one's reason. Cost: that of JudgeShards for each.
StatusOr<FleetVerdict> JudgeFleet(std::span<const FeatureWindow> features, const ShardRule& rule);

}  // namespace muster::drift
