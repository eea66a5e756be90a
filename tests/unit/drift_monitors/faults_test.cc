// Faults of drawn onset, sensor and size, and streams without any.
#include <gmock/gmock.h>

#include <functional>
#include <limits>

#include "tests/support/status_matchers.h"
#include "tests/unit/drift_monitors/sensors.h"

namespace muster::drift {
namespace {
using namespace testing;
using ::muster::testing::IsOk;

constexpr double kNull = std::numeric_limits<double>::quiet_NaN();
constexpr int kSeeds = 20;

// What becomes of a value, `since` rows after the onset, for a size in [0, 1).
using Fault = std::function<double(double x, std::uint64_t since, double size)>;

struct Case {
  std::string monitor;  // Its JSON.
  Fault fault;
  std::uint64_t delay;  // Rows from the onset within which it is told.
};

const std::vector<Case>& Cases() {
  static const auto& cases = *new std::vector<Case>{
      // Page-Hinkley at its calibrated threshold of 16 deviations sums at least 0.5 a row.
      {R"({"name":"level","kind":"change","one_false_alarm_in":10000000})",
       [](double x, std::uint64_t, double size) { return x + 1.5 + 3 * size; }, 60},
      {R"({"name":"shape","kind":"input","rate":"0.0001"})",
       [](double x, std::uint64_t, double size) { return 10 + (x - 10) * (2 + size); }, 1000},
      {R"({"name":"bins","kind":"input","test":"psi","rate":"0.0001"})",
       [](double x, std::uint64_t, double size) { return x + 1 + size; }, 1000},
      {R"({"name":"frozen","kind":"stuck","rows":20})",
       [](double, std::uint64_t, double size) { return 9 + 2 * size; }, 20},
      {R"({"name":"frozen-long","kind":"stuck","time":"500ms"})",
       [](double, std::uint64_t, double size) { return 9 + 2 * size; }, 51},
      {R"({"name":"peak","kind":"spike","k":10})",
       [](double x, std::uint64_t since, double size) { return since == 0 ? 40 + 100 * size : x; },
       0},
      {R"({"name":"silent","kind":"dropout","window":50})",
       [](double, std::uint64_t, double) { return kNull; }, 26},
      {R"({"name":"bounds","kind":"range","window":100})",
       [](double, std::uint64_t, double size) { return size < 0.5 ? -1 - size : 20 + size; }, 6},
      {R"({"name":"speed","kind":"rate","limit":1500})",
       [](double x, std::uint64_t, double size) { return x + 30 + size; }, 0},
  };
  return cases;
}

void Feed(MonitorSet& set, std::uint64_t row, std::span<const double> values,
          std::vector<Finding>& out) {
  ASSERT_THAT(set.Feed({kStart + row * kStep, "engine", values}, out), IsOk());
}

void ExpectFound(const Case& c, std::uint64_t seed) {
  SCOPED_TRACE(::testing::Message() << c.monitor << " seed=" << seed);
  MonitorSet set = SetOf({Spec(c.monitor)});
  SeededRng rng(SeedOf({c.monitor, std::to_string(seed)}));
  const std::uint64_t onset = 600 + rng.Below(900);
  const std::size_t sensor = rng.Below(kSensors);
  const double size = static_cast<double>(rng.Below(1000)) / 1000;
  std::vector<Finding> findings;
  for (std::uint64_t row = 0; row <= onset + c.delay && findings.empty(); ++row) {
    std::vector<double> values = Row(rng);
    if (row >= onset) values[sensor] = c.fault(values[sensor], row - onset, size);
    Feed(set, row, values, findings);
  }
  ASSERT_EQ(findings.size(), 1u);
  const Finding& f = findings[0];
  EXPECT_EQ(f.phase, Phase::kBegan);
  EXPECT_EQ(f.severity, Severity::kAlarm);
  EXPECT_EQ(f.field, Fields()[sensor].name);
  EXPECT_EQ(f.series, "engine");
  EXPECT_GE(f.to.row, onset);
  EXPECT_LE(f.from.row, f.to.row);
  EXPECT_EQ(f.to.time, kStart + f.to.row * kStep);
  EXPECT_FALSE(f.text.empty());
  EXPECT_EQ(f.p.has_value(), f.kind == "input");
  ExpectFinite(f);
}

TEST(Monitors, FindADrawnFaultOnItsSensorWithinTheStatedDelay) {
  for (const Case& c : Cases())
    for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) ExpectFound(c, seed);
}

// At the rates above, 80 streams of 3,000 values alarm with a chance of some 5 % in all.
TEST(Monitors, TellNothingOfStreamsWithoutFault) {
  std::vector<MonitorSpec> specs;
  for (const Case& c : Cases()) specs.push_back(Spec(c.monitor));
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed=" << seed);
    MonitorSet set = SetOf(specs);
    SeededRng rng(SeedOf({"sound", std::to_string(seed)}));
    std::vector<Finding> findings;
    for (std::uint64_t row = 0; row < 3000; ++row) Feed(set, row, Row(rng), findings);
    for (const Finding& f : findings) ADD_FAILURE() << f.monitor << " " << f.field << " " << f.text;
  }
}

TEST(Monitors, TellOfAFaultOnceWhenItBeginsAndOnceWhenItHasEnded) {
  for (const Case& c : Cases()) {
    if (Spec(c.monitor).name == "level") continue;  // A detector takes the new level for the old.
    SCOPED_TRACE(c.monitor);
    MonitorSet set = SetOf({Spec(c.monitor)});
    SeededRng rng(7);
    std::vector<Finding> findings;
    for (std::uint64_t row = 0; row < 4000; ++row) {
      std::vector<double> values = Row(rng);
      if (row >= 1000 && row < 2000) values[2] = c.fault(values[2], row - 1000, 0.3);
      Feed(set, row, values, findings);
    }
    // A step is too fast both ways, and what is told of either is told once.
    const std::size_t times = findings.empty() || findings[0].kind != "rate" ? 1 : 2;
    ASSERT_EQ(findings.size(), 2 * times);
    for (std::size_t i = 0; i < findings.size(); ++i) {
      EXPECT_EQ(findings[i].phase, i % 2 == 0 ? Phase::kBegan : Phase::kEnded);
      EXPECT_EQ(findings[i].field, "s2");
      ExpectFinite(findings[i]);
    }
    EXPECT_EQ(findings[1].from, findings[0].from);
    EXPECT_GE(findings[1].statistic, findings[0].statistic);
  }
}

// An error of one monitor with many fields is bounded over all of them, not in each.
TEST(Monitors, HoldTheirFalseAlarmRateOverAllFieldsOfAMonitor) {
  constexpr int kWindows = 400;
  for (const char* test : {"ks", "psi"}) {
    MonitorSet set = SetOf({Spec(fmt::format(
        R"({{"name":"input","kind":"input","window":260,"rate":"0.05","test":"{}"}})", test))});
    SeededRng rng(11);
    std::vector<Finding> findings;
    for (std::uint64_t row = 0; row < kWindows * 260; ++row) Feed(set, row, Row(rng), findings);
    const auto began = std::ranges::count(findings, Phase::kBegan, &Finding::phase);
    EXPECT_GT(began, 2) << test;   // It is no test that never alarms,
    EXPECT_LT(began, 35) << test;  // and 20 are expected: 35 would happen once in a thousand.
  }
}

TEST(Monitors, TellOfRowsThatDoNotCome) {
  MonitorSet set = SetOf({Spec(R"({"name":"gap","kind":"dropout","time":"1s"})"),
                          Spec(R"({"name":"age","kind":"freshness","time":"5s"})")});
  SeededRng rng(3);
  std::vector<Finding> findings;
  Feed(set, 0, Row(rng), findings);
  Feed(set, 100, Row(rng), findings);  // One second later: just in time.
  set.Tick(kStart + Duration(2000), findings);
  EXPECT_TRUE(findings.empty());
  Feed(set, 300, Row(rng), findings);  // Two seconds.
  ASSERT_EQ(findings.size(), 2u);
  EXPECT_EQ(findings[0].phase, Phase::kBegan);
  EXPECT_EQ(findings[0].monitor, "gap");
  EXPECT_EQ(findings[0].statistic, 2);
  EXPECT_EQ(findings[0].from.row, 1u);
  EXPECT_EQ(findings[1].phase, Phase::kEnded);
  findings.clear();
  set.Tick(kStart + Duration(3000 + 5001), findings);
  set.Tick(kStart + Duration(3000 + 5002), findings);
  ASSERT_EQ(findings.size(), 2u);
  EXPECT_EQ(findings[0].monitor, "gap");
  EXPECT_EQ(findings[1].monitor, "age");
  EXPECT_EQ(findings[1].statistic, 5.001);
  findings.clear();
  Feed(set, 900, Row(rng), findings);
  set.Tick(kStart + Duration(9001), findings);
  for (const Finding& f : findings) EXPECT_EQ(f.phase, Phase::kEnded) << f.monitor;
  EXPECT_EQ(findings.size(), 2u);
}

}  // namespace
}  // namespace muster::drift
