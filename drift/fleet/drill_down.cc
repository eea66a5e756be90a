#include "drift/fleet/drill_down.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <string_view>

#include "drift/fleet/shard_plan.h"

namespace muster::drift {
namespace {
using Paths = std::span<const std::vector<std::string>>;
using Children = std::map<std::string_view, std::vector<std::uint32_t>>;

Status Check(Paths paths, std::uint32_t least) {
  if (least < 2 || least > kMostLeastDevices)
    return InvalidField("least", "{} is not in 2..{}", least, kMostLeastDevices);
  if (paths.size() > kMostRoster)
    return InvalidField("paths", "{} devices, at most {} are allowed", paths.size(), kMostRoster);
  for (const auto& path : paths) {
    if (path.size() > kMostDepth)
      return InvalidField("paths", "{} labels, at most {} are allowed", path.size(), kMostDepth);
    for (const std::string& label : path)
      if (label.empty() || label.size() > kMostLabelBytes)
        return InvalidField("paths", "a label has {} bytes, 1 to {} are allowed", label.size(),
                            kMostLabelBytes);
  }
  if (paths.size() < least)
    return WithReason(FailedPrecondition("{} devices are fewer than {}", paths.size(), least),
                      Reason::kTOO_FEW_DEVICES);
  return Ok();
}

// Takes from `children` those that are not to be shown, and notes them in the node.
void Hide(Children& children, std::uint32_t least, DrillNode& node) {
  const auto hide = [&](Children::iterator child) {
    ++node.hidden_children;
    node.hidden_devices += static_cast<std::uint32_t>(child->second.size());
    return children.erase(child);
  };
  for (auto it = children.begin(); it != children.end();)
    it = it->second.size() < least ? hide(it) : std::next(it);
  while (node.hidden_devices > 0 && node.hidden_devices < least && !children.empty())
    hide(std::ranges::min_element(children, {}, [](const auto& c) { return c.second.size(); }));
}

void Descend(Paths paths, std::uint32_t least, DrillNode node, std::vector<DrillNode>& out) {
  const std::size_t depth = node.path.size();
  Children children;
  for (const std::uint32_t device : node.devices) {
    if (paths[device].size() > depth)
      children[paths[device][depth]].push_back(device);
    else
      ++node.hidden_devices;
  }
  Hide(children, least, node);
  const std::vector<std::string> path = node.path;
  out.push_back(std::move(node));
  for (auto& [label, devices] : children) {
    DrillNode child{.path = path, .devices = std::move(devices)};
    child.path.emplace_back(label);
    Descend(paths, least, std::move(child), out);
  }
}
}  // namespace

StatusOr<std::vector<DrillNode>> PlanDrillDown(Paths paths, std::uint32_t least) {
  MUSTER_TRY(Check(paths, least));
  DrillNode root;
  root.devices.resize(paths.size());
  std::iota(root.devices.begin(), root.devices.end(), 0u);
  std::vector<DrillNode> out;
  Descend(paths, least, std::move(root), out);
  return out;
}

}  // namespace muster::drift
