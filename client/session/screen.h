#pragma once
// What a device does to its own update before it leaves: makes it one that the round's screening
// accepts, or refuses to send it. It never looks at the data behind the update.
#include <cstdint>
#include <span>

#include "base/status.h"

namespace muster::client {

struct ScreenRule {
  double bound = 0;               // On |coordinate|.
  double max_norm = 0;            // On the L2 norm; 0: none.
  std::uint64_t example_cap = 0;  // On the weight; 0: uniform weights, nothing to clamp.
};
struct ScreenReport {
  std::uint64_t clipped = 0;  // Coordinates cut to the bound.
  double norm = 0;            // As it was after clipping, before scaling.
};

// Clips each coordinate to [-bound, bound], then scales the whole down to `max_norm`.
//   errors  INVALID_ARGUMENT with UPDATE_NON_FINITE when a coordinate is NaN or infinite; `delta`
//           is not to be used then.
//   cost    two passes; the norm is summed in binary64, in order, so equal updates stay equal.
StatusOr<ScreenReport> ScreenDelta(std::span<float> delta, const ScreenRule& rule);

inline std::uint64_t ClampWeight(std::uint64_t examples, const ScreenRule& rule) {
  return rule.example_cap > 0 && examples > rule.example_cap ? rule.example_cap : examples;
}

}  // namespace muster::client
