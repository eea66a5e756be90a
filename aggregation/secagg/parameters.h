#pragma once
// How wide the mask graph must be, and how many shares open a secret: arithmetic only, the same on
// the server and on each device, which computes it itself. docs/THREATS.md has the argument.
#include <cstdint>

#include "base/status.h"

namespace muster::aggregation::secagg {

// Whom the session withstands. `active`: a server that lies (signed agreement on the survivors, and
// the degree rule); `curious`: one that follows the protocol and reads everything.
enum class Profile : std::uint8_t { kActive = 1, kCurious = 2 };
// How many holders open a secret. `safe`: no secret of one device can be opened twice, as
// 2t > n + c; `semi-honest`: t = c + 1, enough only against a server that follows the protocol.
enum class ThresholdRule : std::uint8_t { kSafe = 1, kSemiHonest = 2 };

// Fractions are in parts per million, so that they hash alike everywhere.
struct CohortRule {
  Profile profile = Profile::kActive;
  ThresholdRule threshold = ThresholdRule::kSafe;
  std::uint32_t least = 0;             // n_min: fewest devices in any sum.
  std::uint32_t corrupt_ppm = 0;       // gamma: devices that work with the server.
  std::uint32_t dropout_ppm = 0;       // delta: devices that vanish after they dealt shares.
  std::uint32_t privacy_bits = 80;     // sigma: a cohort is unlucky with chance 2^-sigma.
  std::uint32_t complete_up_to = 256;  // Active only: the mask graph is complete for n up to this.
  friend bool operator==(const CohortRule&, const CohortRule&) = default;
};

struct Parameters {
  std::uint32_t devices = 0;    // n
  std::uint32_t corrupt = 0;    // c = floor(gamma n)
  std::uint32_t threshold = 0;  // t: shares that open a secret, of n.
  std::uint32_t degree = 0;     // k: mask neighbours of each device; n - 1 in a complete graph.
  std::uint32_t core = 0;       // h: mask neighbours that each survivor needs among survivors.
  bool complete() const { return degree + 1 == devices; }
  friend bool operator==(const Parameters&, const Parameters&) = default;
};

// A ring mask graph: k even, and the degree rule's h.
struct NarrowGraph {
  std::uint32_t degree = 0;
  std::uint32_t core = 0;
};

// Parameters of a session of n devices.
//
// Shares go to all n, t = floor((n + c) / 2) + 1: Bonawitz et al., CCS 2017, with the thresholds of
// Bell et al., CCS 2020. Masks go to k ring neighbours where that is enough, else to all.
//   errors  FIELD_INVALID with the arithmetic when the cohort is infeasible: fewer than `least`,
//           fewer survivors than t, or sums that may hold fewer than two honest devices.
//   cost    O(n k).
StatusOr<Parameters> FindParameters(const CohortRule& rule, std::uint32_t devices);

// The smallest even k for which the honest survivors of a ring of n are connected but with chance
// 2^-sigma, when gamma n + delta n places, uniform in it, are lost: a union bound over pairs of
// cuts of k / 2 places. k = n - 1 (complete) when no ring does. h = 1: nobody stands alone.
NarrowGraph NarrowForCurious(std::uint32_t devices, std::uint32_t corrupt, std::uint32_t dropped,
                             std::uint32_t privacy_bits);

// The smallest even k with h = k / 2 + c_w + 1 for which every honest device survives the degree
// rule but with chance 2^-7 (a union bound: whoever is pruned is missed by its neighbours, next to
// it on the ring, so that the first mostly take all others with them), where c_w bounds, but with
// chance 2^-sigma, the corrupt devices in any k / 2 places of the ring. With h, honest survivors
// are connected whomever a lying server drops. k = n
// - 1 and h = 0 when no ring does.
NarrowGraph NarrowForActive(std::uint32_t devices, std::uint32_t corrupt, std::uint32_t dropped,
                            std::uint32_t privacy_bits);

// floor(n * ppm / 10^6).
constexpr std::uint32_t PartOf(std::uint32_t devices, std::uint32_t ppm) {
  return static_cast<std::uint32_t>(std::uint64_t{devices} * ppm / 1'000'000);
}

}  // namespace muster::aggregation::secagg
