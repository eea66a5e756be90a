#include "aggregation/server_rule.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/unit/aggregation/testing.h"

namespace muster::aggregation {
namespace {
constexpr float kMax = std::numeric_limits<float>::max();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

TEST(ServerRule, FedAvgAddsTheScaledDelta) {
  std::vector<float> w = {1, 2, 3};
  ServerState state;
  ASSERT_TRUE(Step(FedAvg{0.5}, state, w, std::vector<float>{2, -2, 0}).ok());
  EXPECT_EQ(w, (std::vector<float>{2, 1, 3}));
  EXPECT_EQ(state, (ServerState{{}, {}, 1}));
}

TEST(ServerRule, FedAvgMKeepsAMomentum) {
  std::vector<float> w = {0};
  ServerState state;
  const ServerRule rule = FedAvgM{0.5, 2};
  ASSERT_TRUE(Step(rule, state, w, std::vector<float>{1}).ok());  // m = 1
  EXPECT_EQ(w[0], 2);
  ASSERT_TRUE(Step(rule, state, w, std::vector<float>{1}).ok());  // m = 1.5
  EXPECT_EQ(w[0], 5);
  ASSERT_TRUE(Step(rule, state, w, std::vector<float>{-1}).ok());  // m = -.25
  EXPECT_EQ(w[0], 4.5);
  EXPECT_EQ(state, (ServerState{{-0.25f}, {}, 3}));
}

TEST(ServerRule, FedAvgMWithoutMomentumIsFedAvg) {
  SeededRng rng(101);
  std::vector<float> a = RandomDelta(rng, 100), b = a;
  ServerState state_a, state_b;
  for (int round = 0; round < 5; ++round) {
    const std::vector<float> delta = RandomDelta(rng, 100);
    ASSERT_TRUE(Step(FedAvg{0.7}, state_a, a, delta).ok());
    ASSERT_TRUE(Step(FedAvgM{0, 0.7}, state_b, b, delta).ok());
  }
  EXPECT_EQ(a, b);
}

// Reddi et al. 2021, Algorithm 2, by hand: v starts at tau^2 and there is no bias correction.
TEST(ServerRule, FedAdamFollowsAlgorithm2) {
  const FedAdam rule{0.1, 0.9, 0.99, 0.01};
  std::vector<float> w = {1};
  ServerState state;
  double m = 0, v = 0.01 * 0.01, x = 1;
  for (const float delta : {0.5f, -0.25f, 0.125f}) {
    m = 0.9 * m + 0.1 * delta;
    v = 0.99 * v + 0.01 * delta * delta;
    x += 0.1 * m / (std::sqrt(v) + 0.01);
    ASSERT_TRUE(Step(rule, state, w, {&delta, 1}).ok());
    EXPECT_NEAR(w[0], x, 1e-6);
    EXPECT_NEAR(state.first_moment[0], m, 1e-8);
    EXPECT_NEAR(state.second_moment[0], v, 1e-9);
  }
  EXPECT_EQ(state.steps, 3u);
}

TEST(ServerRule, FedAdamStandsStillWithoutADelta) {
  std::vector<float> w = {1, -2};
  ServerState state;
  ASSERT_TRUE(Step(FedAdam{}, state, w, std::vector<float>{0, 0}).ok());
  EXPECT_EQ(w, (std::vector<float>{1, -2}));
}

TEST(ServerRule, FactoriesTakeWhatTheirIntervalsHold) {
  EXPECT_EQ(*FedAvg::Make(1), FedAvg{});
  EXPECT_EQ(*FedAvgM::Make(0.9, 1), FedAvgM{});
  EXPECT_EQ(*FedAdam::Make(0.02, 0.9, 0.99, 1e-3), FedAdam{});
  for (const double bad : {0.0, -1.0, 1000.1, kNaN, kInf}) {
    EXPECT_EQ(FedAvg::Make(bad).status().code(), absl::StatusCode::kInvalidArgument) << bad;
    EXPECT_FALSE(FedAvgM::Make(0.9, bad).ok()) << bad;
    EXPECT_FALSE(FedAdam::Make(bad, 0.9, 0.99, 1e-3).ok()) << bad;
  }
  for (const double bad : {1.0, -0.1, kNaN, kInf}) {
    EXPECT_FALSE(FedAvgM::Make(bad, 1).ok()) << bad;
    EXPECT_FALSE(FedAdam::Make(0.02, bad, 0.99, 1e-3).ok()) << bad;
    EXPECT_FALSE(FedAdam::Make(0.02, 0.9, bad, 1e-3).ok()) << bad;
  }
  for (const double bad : {0.0, 1e-10, 1.1, kNaN}) EXPECT_FALSE(FedAdam::Make(1, 0, 0, bad).ok());
}

TEST(ServerRule, ARuleFilledInByHandIsCheckedAtTheStep) {
  std::vector<float> w = {1};
  ServerState state;
  EXPECT_EQ(Step(FedAvgM{1.5, 1}, state, w, std::vector<float>{1}).code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(state, ServerState{});
}

TEST(ServerRule, HasANameForPlans) {
  EXPECT_EQ(NameOf(FedAvg{}), "fedavg");
  EXPECT_EQ(NameOf(FedAvgM{}), "fedavgm");
  EXPECT_EQ(NameOf(FedAdam{}), "fedadam");
}

TEST(ServerRule, AStepThatWouldNotBeFiniteChangesNothing) {
  const ServerRule rules[] = {FedAvg{}, FedAvgM{}, FedAdam{}};
  for (const ServerRule& rule : rules) {
    SCOPED_TRACE(NameOf(rule));
    std::vector<float> w = {1, 2, kMax};
    ServerState state;
    ASSERT_TRUE(Step(rule, state, w, std::vector<float>{1, 1, 0}).ok());
    const std::vector<float> w_before = w;
    const ServerState before = state;
    for (const std::vector<float>& delta :
         {std::vector<float>{1, std::nanf(""), 0}, std::vector<float>{1, -INFINITY, 0},
          std::vector<float>{1, 1, INFINITY}}) {
      EXPECT_EQ(Step(rule, state, w, delta).code(), absl::StatusCode::kInternal);
      EXPECT_EQ(w, w_before);
      EXPECT_EQ(state, before);
    }
  }
  std::vector<float> w = {1, kMax};
  ServerState state;
  EXPECT_EQ(Step(FedAvg{}, state, w, std::vector<float>{1, kMax}).code(),
            absl::StatusCode::kInternal);
  EXPECT_EQ(w, (std::vector<float>{1, kMax}));
}

TEST(ServerRule, AStateOfAnotherRuleOrModelIsRefused) {
  std::vector<float> w = {1, 2};
  const std::vector<float> delta = {1, 1};
  ServerState plain, momentum, adam;
  ASSERT_TRUE(Step(FedAvg{}, plain, w, delta).ok());
  ASSERT_TRUE(Step(FedAvgM{}, momentum, w, delta).ok());
  ASSERT_TRUE(Step(FedAdam{}, adam, w, delta).ok());
  const auto refused = [&](const ServerRule& rule, ServerState state) {
    return Step(rule, state, w, delta).code() == absl::StatusCode::kFailedPrecondition;
  };
  EXPECT_TRUE(refused(FedAvgM{}, plain));
  EXPECT_TRUE(refused(FedAdam{}, momentum));
  EXPECT_TRUE(refused(FedAvg{}, momentum));
  EXPECT_TRUE(refused(FedAvgM{}, adam));
  EXPECT_TRUE(refused(FedAvgM{}, {{1}, {}, 1}));
  EXPECT_TRUE(refused(FedAvgM{}, {{1, 1}, {}, 0}));
  std::vector<float> longer = {1, 2, 3};
  EXPECT_EQ(Step(FedAvg{}, plain, longer, delta).code(), absl::StatusCode::kInvalidArgument);
}
}  // namespace
}  // namespace muster::aggregation
