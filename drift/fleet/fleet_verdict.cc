#include "drift/fleet/fleet_verdict.h"

#include "drift/fleet/holm.h"

namespace muster::drift {

StatusOr<FleetVerdict> JudgeFleet(std::span<const FeatureWindow> features, const ShardRule& rule) {
  MUSTER_TRY(CheckRule(rule));
  if (features.empty() || features.size() > kMostFeatures)
    return InvalidField("features", "{} of them, 1 to {} are allowed", features.size(),
                        kMostFeatures);
  FleetVerdict out;
  std::vector<double> p;
  for (const FeatureWindow& feature : features) {
    out.features.push_back(
        {.name = feature.name, .alone = JudgeShards(feature.now, feature.reference, rule)});
    if (out.features.back().alone.ok()) p.push_back(out.features.back().alone->p);
  }
  if (p.empty()) return Prefixed(out.features.front().alone.status(), features.front().name);
  p = HolmAdjusted(p);
  for (FeatureVerdict& feature : out.features) {
    if (!feature.alone.ok()) continue;
    feature.p = p[out.tested++];
    feature.drifted = feature.p < rule.level;
    out.drifted |= feature.drifted;
  }
  return out;
}

}  // namespace muster::drift
