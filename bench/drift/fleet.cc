#include "bench/drift/fleet.h"

#include <algorithm>
#include <cmath>

#include "base/seeded.h"
#include "bench/require.h"
#include "bench/timing.h"
#include "drift/fleet/fleet_verdict.h"
#include "drift/fleet/shard_sums.h"
#include "drift/sketches/ddsketch.h"

namespace muster::bench {
namespace {
using namespace drift;

constexpr std::size_t kValues = 20'000'000;
constexpr std::size_t kBatch = 10'000;
constexpr std::size_t kDevices = 100'000;
constexpr std::uint32_t kLeastDevices = 100;  // 1,000 shards.
constexpr std::size_t kFeatures = 50;
constexpr std::size_t kBins = 64;
constexpr std::uint64_t kValuesOfDevice = 100;
constexpr std::size_t kDifferent = 997;  // Devices; their counts are far more than any cache holds.

void BenchSketch(Report& report) {
  SeededRng rng(1);
  std::vector<double> values(1 << 20);
  // Magnitudes over six decades, as latencies have.
  for (double& v : values) v = std::exp(static_cast<double>(rng.Below(1'400'000)) * 1e-5);
  double best = 1e9;
  for (int run = 0; run < 5; ++run) {
    DdSketch sketch = Require(DdSketch::Make());
    best = std::min(
        best, Seconds([&] {
          for (std::size_t i = 0; i < kValues; i += kBatch)
            Require(sketch.Add(std::span(values).subspan(i % (values.size() - kBatch), kBatch)));
        }));
    Require(sketch.count() == kValues, "all values are counted");
  }
  report.Add({"ddsketch", "values_per_s", kValues / best,
              fmt::format("batches of {}, alpha 0.01, one core, best of 5", kBatch), 50e6,
              kAtLeast});
}

std::vector<std::vector<std::uint32_t>> Histograms(std::uint64_t seed) {
  SeededRng rng(seed);
  std::vector<std::vector<std::uint32_t>> out(kDifferent);
  for (auto& counts : out) {
    counts.assign(kFeatures * kBins, 0);
    for (std::size_t f = 0; f < kFeatures; ++f) {
      const std::uint64_t around = rng.Below(kBins - 15);
      for (std::uint64_t i = 0; i < kValuesOfDevice; ++i)
        ++counts[f * kBins + around + rng.Below(16)];
    }
  }
  return out;
}

ShardSums Sum(const ShardPlan& plan, std::span<const DeviceId> roster,
              std::span<const std::vector<std::uint32_t>> histograms) {
  ShardSums sums =
      Require(ShardSums::Make(plan, std::vector<std::size_t>(kFeatures, kBins), kValuesOfDevice));
  for (std::size_t d = 0; d < roster.size(); ++d)
    Require(sums.Add(roster[d], histograms[d % histograms.size()]));
  return sums;
}

void BenchFleetTest(Report& report) {
  // The bench knows no cryptography: any spread of devices over shards costs the same.
  class Mixed final : public Hasher {
   public:
    Digest Sha256(ByteView bytes) const override {
      SeededRng rng(SeedOf({AsText(bytes)}));
      std::array<std::byte, 32> out{};
      for (std::byte& b : out) b = static_cast<std::byte>(rng.Below(256));
      return Digest(out);
    }
  };
  std::vector<DeviceId> roster;
  for (std::size_t d = 0; d < kDevices; ++d) roster.emplace_back(fmt::format("{:032x}", d * 7919));
  const Secret key(Bytes(kShardKeyBytes, std::byte{1}));
  const auto plan = [&](std::uint64_t epoch) {
    return Require(ShardPlan::Make(Mixed(), key, WindowEpoch{epoch}, roster, kLeastDevices));
  };
  const ShardSums reference = Sum(plan(1), roster, Histograms(1));
  const auto histograms = Histograms(2);
  const ShardPlan now_plan = plan(2);
  const auto window = [&] {
    const ShardSums now = Sum(now_plan, roster, histograms);
    std::vector<FeatureWindow> features;
    for (std::size_t f = 0; f < kFeatures; ++f)
      features.push_back({fmt::format("f{}", f), now.Of(f), reference.Of(f)});
    const ShardRule rule{.least_devices = kLeastDevices, .cap = kValuesOfDevice};
    Require(Require(JudgeFleet(features, rule)).tested == kFeatures, "every feature is tested");
  };
  report.Add({"fleet_test", "seconds", MedianSeconds(window, 3),
              fmt::format("{} devices, {} features of {} bins, {} shards, median of 3", kDevices,
                          kFeatures, kBins, now_plan.shards()),
              2, kAtMost});
}
}  // namespace

void BenchFleet(Report& report) {
  BenchSketch(report);
  BenchFleetTest(report);
}

}  // namespace muster::bench
