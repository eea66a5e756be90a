#pragma once
// A machine's sensors that nothing is wrong with, and monitors over them.
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "base/seeded.h"
#include "drift/monitors/monitor_set.h"

namespace muster::drift::testing {

inline constexpr std::size_t kSensors = 4;
inline const Timestamp kStart = FromUnixMillis(1'760'000'000'000);
inline constexpr Duration kStep = Duration(10);  // 100 Hz.

inline std::vector<MonitoredField> Fields() {
  return {{"s0", 0, 20}, {"s1", 0, 20}, {"s2", 0, 20}, {"s3", 0, 20}};
}

// Of mean 10 and deviation 1: the sum of twelve uniform values, which ends at six deviations.
inline double Normal(SeededRng& rng) {
  double sum = 4;
  for (int i = 0; i < 12; ++i) sum += static_cast<double>(rng.Next() >> 11) * 0x1p-53;
  return sum;
}

inline std::vector<double> Row(SeededRng& rng) {
  std::vector<double> out(kSensors);
  for (double& x : out) x = Normal(rng);
  return out;
}

inline const TrainingReference& SomeReference() {
  static const auto& reference = *new TrainingReference([] {
    SeededRng rng(1);
    std::vector<double> cells;
    for (int i = 0; i < 4000; ++i)
      for (const double x : Row(rng)) cells.push_back(x);
    return TrainingReference::Make(Fields(), cells, rng).value();
  }());
  return reference;
}

inline MonitorSpec Spec(const std::string& json) {
  return ReadMonitor(ParseJson(json).value(), "monitor").value();
}

inline MonitorSet SetOf(std::vector<MonitorSpec> specs) {
  return MonitorSet::Make(std::move(specs), Fields(), SomeReference(), 1).value();
}

inline void ExpectFinite(const Finding& f) {
  EXPECT_TRUE(std::isfinite(f.statistic) && std::isfinite(f.threshold)) << f.text;
  EXPECT_TRUE(!f.p || (*f.p >= 0 && *f.p <= 1)) << f.text;
}

}  // namespace muster::drift::testing
