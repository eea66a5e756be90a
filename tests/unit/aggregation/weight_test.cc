#include "aggregation/weight.h"

#include <gtest/gtest.h>

#include <limits>

namespace muster::aggregation {
namespace {
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

TEST(Weight, UniformUpdatesWeighOneWhateverTheirExamples) {
  for (const std::uint64_t examples : {1ULL, 7ULL, 1'000'000'000'000'000ULL}) {
    EXPECT_EQ(WeightOf(WeightRule::kUniform, examples, 100), 1);
    EXPECT_EQ(*ScreenWeight(1, CapOf(WeightRule::kUniform, 100)), 1);
  }
}

TEST(Weight, CappedUpdatesWeighTheirExamplesUpToTheCap) {
  EXPECT_EQ(WeightOf(WeightRule::kCappedExamples, 7, 100), 7);
  EXPECT_EQ(WeightOf(WeightRule::kCappedExamples, 100, 100), 100);
  EXPECT_EQ(WeightOf(WeightRule::kCappedExamples, 1'000'000'000'000'000, 100), 100);
  EXPECT_EQ(CapOf(WeightRule::kCappedExamples, 100), 100);
}

TEST(ScreenWeight, TakesWhatIsPositiveAndWithinTheCap) {
  for (const double weight : {1e-300, 0.5, 1.0, 99.0, 100.0})
    EXPECT_EQ(*ScreenWeight(weight, 100), weight);
}

TEST(ScreenWeight, RefusesEverythingElseAsOverWeight) {
  for (const double weight : {0.0, -0.0, -1.0, 100.0000001, 1e15, kInf, -kInf, kNaN}) {
    const Status status = ScreenWeight(weight, 100).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << weight;
    EXPECT_EQ(ReasonOf(status), Reason::kUPDATE_OVER_WEIGHT) << weight;
  }
}

TEST(ScreenWeight, ABadCapIsThePlansFaultNotTheDevices) {
  for (const double cap : {0.0, -1.0, kInf, kNaN}) {
    const Status status = ScreenWeight(1, cap).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << cap;
    EXPECT_EQ(ReasonOf(status), std::nullopt) << cap;
  }
}
}  // namespace
}  // namespace muster::aggregation
