#pragma once
// Which groups of a fleet may be looked at, when devices carry labels such as region, site, line.
// Decided before anything is summed, from labels alone: what is not shown here is never opened.
// Pure.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"

namespace muster::drift {

inline constexpr std::size_t kMostDepth = 8;
inline constexpr std::size_t kMostLabelBytes = 64;

struct DrillNode {
  std::vector<std::string> path;       // Labels from the root down; the root has none.
  std::vector<std::uint32_t> devices;  // Their places in what was given, ascending; at least K.
  std::uint32_t hidden_children = 0;
  std::uint32_t hidden_devices = 0;  // In no child that is shown: none, or at least K.
};

// The nodes of the tree of labels that may be shown, parents first, then by label.
//
// A node is shown when at least K devices are in it and, if any are not, at least K are outside it;
// and so that no difference of shown nodes is a smaller group: what a node's shown children leave
// of it is nothing or at least K devices. Where it would be fewer, the smallest of them are hidden
// too (ties: the earlier label), with all below them. Any group that sums and differences of shown
// nodes single out is then made of whole groups of at least K.
//
//   paths   of each device, its labels from the root down; a device may have fewer than others.
//   least   K, in 2 .. kMostLeastDevices.
//   errors  TOO_FEW_DEVICES with fewer than K devices; FIELD_INVALID on another K, more than
//           kMostDepth labels, an empty or too long one, or more than kMostRoster devices.
//   cost    O(devices depth log devices).
StatusOr<std::vector<DrillNode>> PlanDrillDown(std::span<const std::vector<std::string>> paths,
                                               std::uint32_t least);

}  // namespace muster::drift
