#pragma once
// A fleet whose devices differ from each other: each has a mean of its own, so that two values of
// one device are correlated by `icc` and those of two devices not at all. Every value is N(0, 1)
// over the fleet, counted in ten bins.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <utility>
#include <vector>

#include "base/seeded.h"
#include "drift/fleet/rao_scott.h"

namespace muster::drift::testing {

inline int Times(int in_suite, int in_soak) {
  return std::getenv("MUSTER_SOAK") ? in_soak : in_suite;
}

// Standard normal, by Box and Muller (Ann. Math. Stat. 29, 1958).
class Normal {
 public:
  explicit Normal(std::uint64_t seed) : rng_(seed) {}
  double Uniform() { return static_cast<double>((rng_.Next() >> 11) + 1) * 0x1p-53; }
  double operator()() {
    if (std::exchange(has_other_, !has_other_)) return other_;
    const double radius = std::sqrt(-2 * std::log(Uniform()));
    const double angle = 6.283185307179586 * Uniform();
    other_ = radius * std::sin(angle);
    return radius * std::cos(angle);
  }

 private:
  SeededRng rng_;
  bool has_other_ = false;
  double other_ = 0;
};

constexpr std::size_t kTenBins = 10;
using Edges = std::array<double, kTenBins - 1>;
constexpr Edges kDeciles{
    -1.2815515655446004, -0.8416212335729143, -0.5244005127080407, -0.2533471031357997, 0.0,
    0.2533471031357997,  0.5244005127080407,  0.8416212335729143,  1.2815515655446004};
// The outer two hold a thousandth of the values each, and those are of a few devices.
constexpr Edges kRare{-3, -2.5, -2, -1, 0, 1, 2, 2.5, 3};

struct Fleet {
  std::uint32_t devices = 200;
  std::uint32_t shards = 20;
  int values = 50;      // Of each device.
  double icc = 0;       // Intra-device correlation.
  double shift = 0;     // Of the mean, in standard deviations,
  double moved = 1.0;   // on this part of the devices.
  bool uneven = false;  // Devices have from 1 to 2 `values` - 1 values.
  Edges edges = kDeciles;
};

inline Replicates Window(const Fleet& fleet, Normal& normal) {
  Replicates out{.bins = kTenBins,
                 .devices = std::vector<std::uint32_t>(fleet.shards, 0),
                 .counts = std::vector<std::uint64_t>(fleet.shards * kTenBins, 0)};
  const double within = std::sqrt(1 - fleet.icc);
  for (std::uint32_t d = 0; d < fleet.devices; ++d) {
    const std::uint32_t shard = d % fleet.shards;
    const double mean =
        normal() * std::sqrt(fleet.icc) + (normal.Uniform() < fleet.moved ? fleet.shift : 0);
    const int values = fleet.uneven
                           ? 1 + static_cast<int>(normal.Uniform() * (2 * fleet.values - 1))
                           : fleet.values;
    for (int i = 0; i < values; ++i) {
      const double x = mean + within * normal();
      const auto bin = std::ranges::upper_bound(fleet.edges, x) - fleet.edges.begin();
      ++out.counts[shard * kTenBins + static_cast<std::size_t>(bin)];
    }
    ++out.devices[shard];
  }
  return out;
}

inline std::vector<std::uint64_t> Totals(const Replicates& in) {
  std::vector<std::uint64_t> out(in.bins, 0);
  for (std::size_t i = 0; i < in.counts.size(); ++i) out[i % in.bins] += in.counts[i];
  return out;
}

}  // namespace muster::drift::testing
