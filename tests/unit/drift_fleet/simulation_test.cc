// What the fleet's test promises, on simulated fleets: false alarms as often as asked for, and
// drift found. MUSTER_SOAK=1 takes more windows and narrower bounds of chance.
#include <gtest/gtest.h>

#include "drift/distances/two_sample.h"
#include "drift/fleet/fleet_verdict.h"
#include "tests/unit/drift_fleet/simulated_fleet.h"

namespace muster::drift {
namespace {
using testing::Fleet;
using testing::Normal;
using testing::Times;
using testing::Totals;
using testing::Window;

struct Rates {
  double naive = 0;  // Of chi-square on all values, as if independent.
  double fleet = 0;
};

Rates AlarmRates(const Fleet& now, const Fleet& reference, int windows, std::uint64_t seed) {
  Normal normal(seed);
  Rates out;
  for (int i = 0; i < windows; ++i) {
    const Replicates a = Window(now, normal), b = Window(reference, normal);
    out.naive += ChiSquareTest(*BinnedPair::Of(Totals(a), Totals(b)))->p < 0.05;
    out.fleet += JudgeShards(a, b, {})->drifted;
  }
  out.naive /= windows;
  out.fleet /= windows;
  return out;
}

// 200 devices of 50 values, 20 shards; the independent test alarms 5, 28, 53 and 81 % of the time.
TEST(FleetSimulation, AlarmsFalselyAsOftenAsAskedWhereTheNaiveTestDoesAllTheTime) {
  const struct { double icc, naive; } cases[] = {{0, 0.05}, {0.1, 0.28}, {0.25, 0.53}, {0.5, 0.81}};
  constexpr std::uint64_t kSeed = 7;
  for (const auto& c : cases) {
    SCOPED_TRACE(::testing::Message() << "icc=" << c.icc << " seed=" << kSeed);
    const Fleet fleet{.icc = c.icc};
    const Rates rates = AlarmRates(fleet, fleet, Times(400, 6000), kSeed);
    RecordProperty(fmt::format("icc_{}", c.icc), fmt::format("{} {}", rates.naive, rates.fleet));
    EXPECT_NEAR(rates.naive, c.naive, 0.06);
    EXPECT_GE(rates.fleet, 0.02);
    EXPECT_LE(rates.fleet, 0.07);
  }
}

TEST(FleetSimulation, FindsAShiftOfAllOfSomeAndOfFew) {
  const struct { double shift, moved; } cases[] = {{0.3, 1}, {1, 0.3}, {2, 0.1}};
  constexpr std::uint64_t kSeed = 8;
  for (const auto& c : cases) {
    SCOPED_TRACE(::testing::Message() << "shift=" << c.shift << " seed=" << kSeed);
    const Rates rates = AlarmRates({.icc = 0.25, .shift = c.shift, .moved = c.moved}, {.icc = 0.25},
                                   Times(150, 2000), kSeed);
    RecordProperty(fmt::format("shift_{}", c.shift), fmt::format("{}", rates.fleet));
    EXPECT_GE(rates.fleet, 0.9);
  }
}

// Fewer shards, and a reference of other and more of them.
TEST(FleetSimulation, KeepsItsRateWithTheFewestShardsAndUnequalWindows) {
  constexpr std::uint64_t kSeed = 9;
  SCOPED_TRACE(::testing::Message() << "seed=" << kSeed);
  const Rates rates =
      AlarmRates({.devices = 100, .shards = 10, .icc = 0.25},
                 {.devices = 600, .shards = 40, .icc = 0.25}, Times(250, 4000), kSeed);
  RecordProperty("rate", fmt::format("{}", rates.fleet));
  EXPECT_GE(rates.fleet, 0.015);
  EXPECT_LE(rates.fleet, 0.08);
}

// Devices that have few values and many, and bins that hardly any device has values in.
TEST(FleetSimulation, KeepsItsRateWithUnevenDevicesAndRareBins) {
  constexpr std::uint64_t kSeed = 13;
  SCOPED_TRACE(::testing::Message() << "seed=" << kSeed);
  const Fleet fleet{.icc = 0.25, .uneven = true, .edges = testing::kRare};
  const Rates rates = AlarmRates(fleet, fleet, Times(250, 4000), kSeed);
  RecordProperty("rate_rare", fmt::format("{}", rates.fleet));
  EXPECT_GE(rates.fleet, 0.01);
  EXPECT_LE(rates.fleet, 0.08);
}

// 50 features of one fleet, without drift: hardly a window without a p below 5 % somewhere, and yet
// the fleet alarms in no more than 5 %.
TEST(FleetSimulation, AlarmsFalselyAsRarelyWithFiftyFeatures) {
  constexpr std::uint64_t kSeed = 10;
  SCOPED_TRACE(::testing::Message() << "seed=" << kSeed);
  const int windows = Times(40, 1000);
  Normal normal(kSeed);
  int alone = 0, fleet = 0;
  for (int i = 0; i < windows; ++i) {
    std::vector<FeatureWindow> features;
    for (int f = 0; f < 50; ++f) {
      const Fleet sample{.values = 20, .icc = 0.25};
      features.push_back({fmt::format("f{}", f), Window(sample, normal), Window(sample, normal)});
    }
    const FleetVerdict verdict = *JudgeFleet(features, {});
    fleet += verdict.drifted;
    alone += std::ranges::any_of(verdict.features, [](const auto& f) { return f.alone->drifted; });
  }
  RecordProperty("alone_fleet", fmt::format("{} {} of {}", alone, fleet, windows));
  EXPECT_GE(alone, windows * 3 / 4);
  EXPECT_LE(fleet, windows * Times(10, 7) / 100);
}

TEST(FleetSimulation, NamesTheOneFeatureOfFiftyThatDrifted) {
  constexpr std::uint64_t kSeed = 11;
  SCOPED_TRACE(::testing::Message() << "seed=" << kSeed);
  const int windows = Times(10, 200);
  Normal normal(kSeed);
  int others = 0;
  for (int i = 0; i < windows; ++i) {
    std::vector<FeatureWindow> features;
    for (int f = 0; f < 50; ++f) {
      const Fleet reference{.values = 20, .icc = 0.25};
      Fleet now = reference;
      if (f == 17) now.shift = 0.5;
      features.push_back({fmt::format("f{}", f), Window(now, normal), Window(reference, normal)});
    }
    const FleetVerdict verdict = *JudgeFleet(features, {});
    EXPECT_TRUE(verdict.drifted && verdict.features[17].drifted);
    others += std::ranges::count(verdict.features, true, &FeatureVerdict::drifted) > 1;
  }
  EXPECT_LE(others, windows * Times(20, 8) / 100);
}

// The same window with one device's values replaced by 10^9 in one bin, which its limit makes
// `cap`.
Replicates WithHostileDevice(Replicates window, std::uint64_t cap) {
  const std::vector<std::uint64_t> said{1'000'000'000, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  const std::vector<std::uint32_t> limited = *LimitContribution(said, cap);
  for (std::size_t i = 0; i < limited.size(); ++i) window.counts[i] += limited[i];
  ++window.devices[0];
  return window;
}

TEST(FleetSimulation, OneDeviceWithABillionValuesNeitherRaisesNorSilencesAnAlarm) {
  const ShardRule rule{.cap = 50};
  const int windows = Times(100, 1000);
  for (const double shift : {0.0, 0.5}) {
    constexpr std::uint64_t kSeed = 12;
    SCOPED_TRACE(::testing::Message() << "shift=" << shift << " seed=" << kSeed);
    Normal normal(kSeed);
    int alarms = 0, changed = 0, raised = 0;
    for (int i = 0; i < windows; ++i) {
      const Replicates now = Window({.icc = 0.25, .shift = shift}, normal);
      const Replicates reference = Window({.icc = 0.25}, normal);
      const ShardVerdict honest = *JudgeShards(now, reference, rule);
      const ShardVerdict limited = *JudgeShards(WithHostileDevice(now, rule.cap), reference, rule);
      EXPECT_NEAR(limited.device_sway, 1.0 / 201, 1e-12);
      alarms += honest.drifted;
      changed += honest.drifted != limited.drifted;
      const ShardRule wide{.cap = kMostCap};
      raised += JudgeShards(WithHostileDevice(now, kMostCap), reference, wide)->drifted;
    }
    // A verdict at the edge may tip, as it may with any device more or less; none but these.
    EXPECT_LE(changed, windows / 25);
    EXPECT_EQ(alarms > windows / 2, shift > 0);
    // What the limit is for: without it that device is the window.
    EXPECT_EQ(raised, windows);
  }
}

}  // namespace
}  // namespace muster::drift
