#include "drift/detectors/run_length.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "base/seeded.h"
#include "drift/detectors/reference.h"

namespace muster::drift {
namespace {

// Montgomery, "Introduction to statistical quality control", section 9.1.1: half a deviation let
// pass, and a threshold of five.
TEST(RunLength, TheTextbooksCusumRunsAsLongAsTheTextbookSays) {
  const CusumSide side{.allowance = 0.5, .deviation = 1, .coefficient = 1};
  EXPECT_NEAR(CusumRunLength(side, 5), 938.2, 0.1);
  EXPECT_NEAR(TwoSidedRunLength(938.2, 938.2), 469.1, 0.01);
}

TEST(RunLength, AVanishingAllowanceRunsAsNone) {
  const double none = CusumRunLength({.allowance = 0, .deviation = 2, .coefficient = 0}, 10);
  EXPECT_NEAR(none, (10 + 2.332) * (10 + 2.332) / 4, 1e-9);
  const CusumSide least{.allowance = 1e-4, .deviation = 2, .coefficient = 2e-4 / 4};
  EXPECT_NEAR(CusumRunLength(least, 10), none, 0.01);
}

TEST(RunLength, TheCoefficientMakesTheExponentialsMeanOne) {
  for (const double rate : {0.02, 0.3, 0.5, 0.9})
    for (const double allowance : {0.001, 0.005, 0.05}) {
      std::vector<double> errors(1000);
      for (std::size_t i = 0; i < rate * 1000; ++i) errors[i] = 1;
      const double theta = AdjustmentCoefficient(errors, allowance);
      EXPECT_GT(theta, 0);
      const double centre = rate + allowance;
      const double mean =
          rate * std::exp(theta * (1 - centre)) + (1 - rate) * std::exp(-theta * centre);
      EXPECT_NEAR(mean, 1, 1e-9) << rate << " " << allowance;
    }
}

TEST(RunLength, ValuesThatNeverReachTheAllowanceRunForEver) {
  const std::vector<double> values = {0, 0, 0, 0.1};
  EXPECT_EQ(AdjustmentCoefficient(values, 0.2), std::numeric_limits<double>::infinity());
  const CusumSide side{
      .allowance = 0.2, .deviation = 0.04, .coefficient = std::numeric_limits<double>::infinity()};
  EXPECT_EQ(CusumRunLength(side, 1), std::numeric_limits<double>::infinity());
  EXPECT_EQ(AdjustmentCoefficient(values, 0), 0);
}

// Theory against a Page-Hinkley that does not forget: within a quarter, of some 600 alarms.
TEST(RunLength, PageHinkleyRunsAsLongAsTheTheoryOfCusumSays) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    SCOPED_TRACE(seed);
    SeededRng rng(seed);
    std::vector<double> values(2000);
    for (double& x : values)
      for (int i = 0; i < 6; ++i) x += static_cast<double>(rng.Next() >> 11) * 0x1p-53;
    const Reference reference = *Reference::Make(values);
    const PageHinkleyConfig config{.delta = 0.05, .threshold = 8, .alpha = 1, .mode = Side::kUp};
    const double theory = CusumRunLength(
        {config.delta, reference.deviation(), AdjustmentCoefficient(values, config.delta)},
        config.threshold);
    const double observations = 600 * theory;
    const auto alarms = CountFalseAlarms(
        config, reference, {1, static_cast<std::uint64_t>(observations), 1'000'000}, rng);
    EXPECT_NEAR(observations / static_cast<double>(*alarms) / theory, 1, 0.25);
  }
}

}  // namespace
}  // namespace muster::drift
