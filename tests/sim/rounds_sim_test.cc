// Whole rounds in a simulated world. Failure conditions: a round published twice or out of order;
// a sum that is not that of the counted updates; a journal with gaps, or one that does not rebuild
// the state; a campaign that does not end although its devices and its coordinator live.
#include <gtest/gtest.h>

#include "tests/sim/chaos.h"
#include "tests/sim/checkers.h"

namespace muster::sim {
namespace {

Digest FinalModel(World& world) { return world.Snapshot().state.params; }

Digest UndisturbedModel() {
  World world({.campaign = DefaultCampaign()});
  world.Apply();
  StartAll(world);
  EXPECT_TRUE(world.RunUntil([&] { return world.CampaignIsOver(); }, Duration(600'000)));
  world.Run(Duration(2'000));
  const Digest model = FinalModel(world);
  CheckAll(world);
  return model;
}

TEST(Sim, AnUndisturbedCampaignRunsToItsEnd) { EXPECT_NE(UndisturbedModel(), Digest()); }

TEST(Sim, TheModelDoesNotDependOnLuck) {
  const Digest calm = UndisturbedModel();
  for (std::uint64_t seed = 2; seed < 12; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed=" << seed);
    World world({.seed = seed,
                 .weather = {.lose_percent = 10, .repeat_percent = 10, .break_percent = 10},
                 .campaign = DefaultCampaign()});
    world.Apply();
    StartAll(world);
    ASSERT_TRUE(world.RunUntil([&] { return world.CampaignIsOver(); }, Duration(3'600'000)));
    EXPECT_EQ(FinalModel(world), calm);
    CheckAll(world);
  }
}

TEST(Sim, AKilledCoordinatorGoesOnWhereItWasToTheSameModel) {
  const Digest calm = UndisturbedModel();
  for (std::uint64_t seed = 20; seed < 20 + Seeds(15, 500); ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed=" << seed);
    World world({.seed = seed, .weather = {.lose_percent = 5}, .campaign = DefaultCampaign()});
    world.Apply();
    StartAll(world);
    SeededRng rng(seed);
    for (int kills = 0; kills < 6 && !world.CampaignIsOver(); ++kills) {
      world.Run(Duration(static_cast<std::int64_t>(rng.Below(600))));
      world.KillCoordinator();
      world.Run(Duration(static_cast<std::int64_t>(rng.Below(60'000))));  // Longer than a window.
      world.StartCoordinator();
    }
    ASSERT_TRUE(world.RunUntil([&] { return world.CampaignIsOver(); }, Duration(3'600'000)));
    EXPECT_EQ(FinalModel(world), calm);
    CheckAll(world);
  }
}

TEST(Sim, ALiarIsRefusedAndTheSumIsThatOfTheHonestRest) {
  World world({.liars = {"train-1", "train-4"}, .campaign = DefaultCampaign()});
  world.Apply();
  StartAll(world);
  ASSERT_TRUE(world.RunUntil([&] { return world.CampaignIsOver(); }, Duration(600'000)));
  EXPECT_GT(world.Snapshot().refused.at("UPDATE_WRONG_LAYOUT"), 0u);
  CheckAll(world);
}

TEST(Sim, AvailableDevicesAreRecruitedAsTheyCome) {
  coordinator::CampaignSpec spec = DefaultCampaign();
  spec.plan.selection.from = coordinator::SelectionSpec::From::kAvailable;
  spec.plan.selection.select = 5;
  spec.plan.selection.goal = 3;
  spec.plan.selection.enrolled_at_least = 0;
  for (std::uint64_t seed = 1; seed < 10; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed=" << seed);
    World world(
        {.seed = seed, .weather = {.lose_percent = 5, .break_percent = 5}, .campaign = spec});
    world.Apply();
    StartAll(world);
    ASSERT_TRUE(world.RunUntil([&] { return world.CampaignIsOver(); }, Duration(3'600'000)));
    CheckAll(world);
  }
}

TEST(Sim, ARoundWithTooFewDevicesWaitsForThemAndIsTriedAgain) {
  World world({.campaign = DefaultCampaign()});
  world.Apply();
  world.StartAgent("train-0");
  world.Run(Duration(120'000));
  EXPECT_FALSE(world.CampaignIsOver());
  EXPECT_GT(world.Snapshot().state.abandoned, 0u);
  StartAll(world);
  EXPECT_TRUE(world.RunUntil([&] { return world.CampaignIsOver(); }, Duration(3'600'000)));
  CheckAll(world);
}

TEST(Sim, WhateverHappensNothingCountedIsLostOrCountedTwice) {
  for (std::uint64_t seed = 100; seed < 100 + Seeds(25, 2000); ++seed) {
    RunChaos(seed);
    if (::testing::Test::HasFailure()) break;
  }
}

}  // namespace
}  // namespace muster::sim
