#pragma once
// Has the fleet drifted? Judged from sums over shards of devices, with the false-alarm rate that
// was asked for.
//
// Values of one device resemble each other, so that a fleet of D devices with v values each says
// far less than D v independent values, and chi-square on them alarms in up to 80 % of the windows
// in which nothing happened. The shards know better: they are groups of whole devices, drawn
// without regard to what those hold (shard_plan.h), so how much their proportions differ is how
// uncertain the fleet's proportions are. Rao and Scott, "On chi-squared tests for multiway
// contingency tables with cell proportions estimated from survey data", Ann. Stat. 12(1), 1984.
//
// With p, q the pooled proportions of window and reference, V_p, V_q their covariances between
// shards (of a ratio estimator), w the pooled proportions of both, and V = W^-1/2 (V_p + V_q)
// W^-1/2 with eigenvalues l:
//
//   X = sum (p - q)^2 / w   the effect size, whatever the number of values
//   t = tr V = sum l        what X is on average without drift
//   X / t                   is then sum l z^2 over its own estimate from d degrees of freedom:
//                           shards less one of either, joined by Welch's rule (quadratic_form.h)
//
// The second-order correction that is customary here, F with nu = t^2 / ||V||^2 degrees, holds the
// rate at 5 % but not at the thousandth that one feature of fifty has: devices that differ in their
// means give one l that outweighs the others.
#include <cstdint>
#include <vector>

#include "base/status.h"
#include "drift/fleet/contribution.h"
#include "drift/fleet/shard_plan.h"

namespace muster::drift {

inline constexpr std::size_t kMostFeatures = 256;  // Of one fleet.

// Sums of one feature's histogram over each shard of a window, or of a reference: earlier windows
// of the fleet in shards of their own, as many as they were.
struct Replicates {
  std::size_t bins = 0;
  std::vector<std::uint32_t> devices;  // How many are in the sum; one a shard.
  std::vector<std::uint64_t> counts;   // Shard after shard, `bins` each.
};

struct ShardRule {
  std::uint32_t least_devices = 10;           // K; shards of fewer are left out.
  std::uint32_t least_shards = kLeastShards;  // In either; at least kLeastShards.
  std::uint64_t cap = 1000;                   // Values of one device in a window.
  double level = 0.05;                        // The rate of false alarms.
};
// FIELD_INVALID with the path of what is out of range.
Status CheckRule(const ShardRule& rule);

struct MovedBin {
  std::size_t bin = 0;
  double change = 0;  // p - q.
  double p = 1;       // Of Student's t on shards, adjusted by Holm over all bins.
};

struct ShardVerdict {
  bool drifted = false;  // p < level.
  double p = 1;
  double distance = 0;          // X, the chi-square distance.
  double psi = 0;               // Of the pooled proportions, smoothed as Psi says.
  double design_effect = 1;     // How many times fewer independent values say as much; 1: all are.
  double degrees = 0;           // nu, effective: 1 .. used bins - 1.
  double shard_degrees = 0;     // d.
  double device_sway = 0;       // cap / n: the most that one device moves a proportion.
  std::uint32_t shards = 0;     // Of the window, judged.
  std::uint32_t left_out = 0;   // Of the window and the reference, for too few devices.
  std::vector<MovedBin> moved;  // With p < level, by ascending bin.
};

//   errors  FIELD_INVALID (rule); CONTRACT_MISMATCH when bins differ, or counts are not one a bin
//           and shard; TOO_FEW_DEVICES with fewer than least_shards shards of K devices;
//           DATA_OUT_OF_RANGE when a shard has more than cap values a device, or when all values
//           of both are in one bin; DATA_EMPTY; DATA_NO_WINDOW with fewer than kLeastForTest.
//   cost    O(shards bins^2).
StatusOr<ShardVerdict> JudgeShards(const Replicates& now, const Replicates& reference,
                                   const ShardRule& rule);

}  // namespace muster::drift
