#include "registry/confidence.h"

#include <gtest/gtest.h>

#include <cmath>

namespace muster::registry {
namespace {

// Quantiles as every table of them has them.
TEST(Confidence, QuantilesAreThoseOfTheTables) {
  struct Case {
    double p, degrees, quantile;
  };
  for (const Case& c :
       {Case{0.95, 1, 6.313752}, Case{0.975, 2, 4.302653}, Case{0.95, 3, 2.353363},
        Case{0.975, 4, 2.776445}, Case{0.99, 5, 3.364930}, Case{0.95, 10, 1.812461},
        Case{0.975, 29, 2.045230}, Case{0.95, 30, 1.697261}, Case{0.995, 120, 2.617421},
        Case{0.95, 0, 1.644854}, Case{0.975, 0, 1.959964}, Case{0.999, 1e9, 3.090232}})
    EXPECT_NEAR(StudentQuantile(c.p, c.degrees), c.quantile, 2e-6) << c.p << " " << c.degrees;
}

TEST(Confidence, AQuantileGrowsWithConfidenceAndShrinksWithDegrees) {
  for (double degrees = 1; degrees < 60; ++degrees) {
    EXPECT_GT(StudentQuantile(0.95, degrees), StudentQuantile(0.9, degrees));
    EXPECT_GT(StudentQuantile(0.95, degrees), StudentQuantile(0.95, degrees + 1));
    EXPECT_GT(StudentQuantile(0.95, degrees), StudentQuantile(0.95, 0));
  }
  EXPECT_NEAR(StudentQuantile(0.5, 7), 0, 1e-9);
}

TEST(Confidence, TheBoundOnADifferenceIsWelchs) {
  // Errors of 3 and 4 make one of 5; equal degrees of 9 are 9 * 25^2 / (81 + 256) = 16.69, so 16.
  const double bound = UpperBound({10, 3, 9}, {7, 4, 9}, 0.95);
  EXPECT_NEAR(bound, 3 + 5 * StudentQuantile(0.95, 16), 1e-9);
  EXPECT_NEAR(UpperBound({10, 3, 0}, {7, 4, 0}, 0.95), 3 + 5 * 1.6448536, 1e-6);
  // What is known exactly adds no doubt.
  EXPECT_NEAR(UpperBound({10, 0, 0}, {7, 0, 0}, 0.95), 3, 1e-12);
  EXPECT_NEAR(UpperBound({10, 0, 4}, {7, 0, 4}, 0.95), 3, 1e-12);
}

TEST(Confidence, ProportionsAtTheEndsHaveAnErrorToo) {
  EXPECT_GT(ProportionError(0, 100), 0);
  EXPECT_GT(ProportionError(1, 100), 0);
  EXPECT_NEAR(ProportionError(0.5, 96), 0.05, 1e-12);
  EXPECT_LT(ProportionError(0.9, 10'000), ProportionError(0.9, 100));
}

}  // namespace
}  // namespace muster::registry
