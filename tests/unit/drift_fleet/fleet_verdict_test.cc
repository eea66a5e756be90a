#include "drift/fleet/fleet_verdict.h"

#include <gtest/gtest.h>

#include "drift/fleet/holm.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/drift_fleet/simulated_fleet.h"

namespace muster::drift {
namespace {
using ::muster::testing::Fails;
using testing::Normal;
using testing::Window;

TEST(Holm, StepsDownFromTheSmallest) {
  // By hand: .01 * 4, .02 * 3, then .03 * 2 (as much), then .04 raised to what comes before it.
  const std::vector<double> adjusted = HolmAdjusted(std::vector{.04, .01, .03, .02});
  const std::vector<double> wanted{.06, .04, .06, .06};
  for (std::size_t i = 0; i < wanted.size(); ++i) EXPECT_DOUBLE_EQ(adjusted[i], wanted[i]);
  EXPECT_EQ(HolmAdjusted(std::vector{.7, .9}), (std::vector{1.0, 1.0}));
  EXPECT_TRUE(HolmAdjusted({}).empty());
}

TEST(JudgeFleet, SaysWhyAFeatureWasNotTestedAndJudgesTheOthers) {
  Normal normal(1);
  const Replicates same = Window({}, normal), moved = Window({.shift = 1}, normal);
  Replicates constant = same;
  for (std::size_t i = 0; i < constant.counts.size(); ++i)
    constant.counts[i] = i % constant.bins == 0 ? 40 : 0;
  const std::vector<FeatureWindow> features{
      {"speed", constant, constant}, {"heat", moved, same}, {"load", same, same}};
  const FleetVerdict verdict = *JudgeFleet(features, {});
  EXPECT_TRUE(verdict.drifted);
  EXPECT_EQ(verdict.tested, 2u);
  EXPECT_THAT(verdict.features[0].alone,
              Fails(absl::StatusCode::kFailedPrecondition, Reason::kDATA_OUT_OF_RANGE));
  EXPECT_FALSE(verdict.features[0].drifted);
  EXPECT_TRUE(verdict.features[1].drifted);
  EXPECT_DOUBLE_EQ(verdict.features[1].p, 2 * verdict.features[1].alone->p);
  EXPECT_FALSE(verdict.features[2].drifted);
  EXPECT_EQ(verdict.features[2].name, "load");
}

TEST(JudgeFleet, HasTheReasonWhenNothingCouldBeTested) {
  Normal normal(2);
  Replicates few = Window({}, normal);
  few.devices.assign(few.devices.size(), 3);
  EXPECT_THAT(JudgeFleet(std::vector<FeatureWindow>{{"heat", few, few}}, {}),
              Fails(absl::StatusCode::kFailedPrecondition, Reason::kTOO_FEW_DEVICES));
}

TEST(JudgeFleet, WantsSomeFeaturesAndNotTooMany) {
  for (const std::size_t count : {std::size_t{0}, kMostFeatures + 1})
    EXPECT_THAT(JudgeFleet(std::vector<FeatureWindow>(count), {}),
                Fails(absl::StatusCode::kInvalidArgument, Reason::kFIELD_INVALID));
}

}  // namespace
}  // namespace muster::drift
