#pragma once
// Sums of a window over the shards of its plan, where devices' histograms come in the clear. Under
// secure aggregation each shard's session gives the sums instead, and none of this sees a device.
#include <cstdint>
#include <span>
#include <vector>

#include "base/status.h"
#include "drift/fleet/rao_scott.h"
#include "drift/fleet/shard_plan.h"

namespace muster::drift {

class ShardSums {
 public:
  // Of `bins` cells for each feature. FIELD_INVALID unless there are 1 to kMostFeatures of 1 to
  // kMostCells, and the cap is in 1 .. kMostCap.
  static StatusOr<ShardSums> Make(ShardPlan plan, std::vector<std::size_t> bins, std::uint64_t cap);

  // Adds one device's counts, feature after feature. Refused without change:
  //   NOT_IN_COHORT      a device that was not on the roster;
  //   ALREADY_COUNTED    its second contribution to this window;
  //   CONTRACT_MISMATCH  not one count a cell;
  //   DATA_OUT_OF_RANGE  more than `cap` values of a feature: LimitContribution is the device's
  //   work.
  Status Add(const DeviceId& device, std::span<const std::uint32_t> counts);

  // What rao_scott.h judges. `feature` < features().
  Replicates Of(std::size_t feature) const;
  std::size_t features() const { return bins_.size(); }

 private:
  ShardSums(ShardPlan plan, std::vector<std::size_t> bins, std::size_t cells, std::uint64_t cap);
  bool WithinCap(std::span<const std::uint32_t> counts) const;

  ShardPlan plan_;
  std::vector<std::size_t> bins_;
  std::size_t cells_;  // Of all features.
  std::uint64_t cap_;
  std::vector<bool> counted_;           // By member.
  std::vector<std::uint32_t> devices_;  // By shard.
  std::vector<std::uint64_t> sums_;     // Shard after shard.
};                                      // Used from one thread at a time.

}  // namespace muster::drift
