#pragma once
// What the tests of aggregation share: repeatable updates, and every vector target in turn.
#include <hwy/highway.h>

#include <functional>
#include <vector>

#include "base/seeded.h"

namespace muster::aggregation {

// Uniform in [-bound, bound), in steps of 2^-23 of the bound; bound is a power of two.
inline std::vector<float> RandomDelta(SeededRng& rng, std::size_t n, float bound = 16) {
  std::vector<float> out(n);
  for (float& x : out) x = (static_cast<float>(rng.Next() >> 40) - 8388608.0f) / 8388608.0f * bound;
  return out;
}

// Runs `body` once with each vector target that this machine has, the slowest included.
inline void OnEveryTarget(const std::function<void(const char* target)>& body) {
  const std::int64_t all = hwy::SupportedTargets() & HWY_TARGETS;
  for (std::int64_t rest = all; rest != 0; rest &= rest - 1) {
    const std::int64_t target = rest & -rest;
    hwy::GetChosenTarget().Update(target);
    body(hwy::TargetName(target));
  }
  hwy::GetChosenTarget().DeInit();
}

}  // namespace muster::aggregation
