// Secure rounds in a simulated world: the shipped coordinator, the shipped sessions of devices.
// Failure conditions, besides those of plain rounds: a sum over too few devices, or of other
// devices than were counted; survivors that change; a device that answers two unmask requests; a
// campaign that neither ends nor uses up its attempts although everybody lives.
#include <gtest/gtest.h>

#include "tests/sim/chaos.h"
#include "tests/sim/checkers.h"
#include "tests/sim/history.h"

namespace muster::sim {
namespace {

constexpr Duration kLong{7'200'000};

TEST(SecureSim, AnUndisturbedCampaignPublishesTheSumsOfAllItsDevices) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed=" << seed);
    World world(SecureWorld(seed));
    world.Apply();
    StartAll(world);
    ASSERT_TRUE(world.RunUntil([&] { return world.CampaignIsOver(); }, Duration(600'000)))
        << world.Describe();
    for (const SecureHistory& session : SecureSessions(world)) {
      ASSERT_EQ(session.survivors.size(), 1U);
      EXPECT_EQ(session.survivors.front().size(), session.trains ? 5U : 4U);
    }
    CheckAll(world);
  }
}

TEST(SecureSim, RealKeysSealsAndMasksGiveTheSameSums) {
  WorldOptions options = SecureWorld(1, {.lose_percent = 5, .repeat_percent = 5});
  options.real_crypto = true;
  World world(options);
  world.Apply();
  StartAll(world);
  ASSERT_TRUE(world.RunUntil([&] { return world.CampaignIsOver(); }, kLong)) << world.Describe();
  CheckAll(world);
}

TEST(SecureSim, SlicesOfAnEvaluationAreSummedApartAndTheWholeIsTheirSum) {
  WorldOptions options = SecureWorld(3);
  options.evaluators = 7;
  options.campaign.evaluation.enrolled_at_least = 7;
  coordinator::SliceSpec drifted{"drifted", {}, {}};
  {
    World known(options);  // Ids are of names.
    for (const auto& [id, name] : known.names())
      if (name == "test-0" || name == "test-3" || name == "test-5") drifted.devices.insert(id);
  }
  ASSERT_EQ(drifted.devices.size(), 3U);
  options.campaign.evaluation.slices = {drifted};
  World world(options);
  world.Apply();
  StartAll(world);
  ASSERT_TRUE(world.RunUntil([&] { return world.CampaignIsOver(); }, kLong)) << world.Describe();
  std::size_t evaluated = 0;
  for (const auto& fact : CampaignFacts(world)) {
    const auto* done = std::get_if<coordinator::RoundSucceeded>(&fact);
    if (done == nullptr || done->evaluated == 0) continue;
    ++evaluated;
    ASSERT_EQ(done->slices.size(), 2U);
    EXPECT_EQ(done->slices.at("drifted").examples, 6U);  // Two of each device.
    EXPECT_EQ(done->slices.at("others").examples, 8U);
    EXPECT_EQ(done->sums.examples, 14U);
  }
  EXPECT_GT(evaluated, 0U);
  EXPECT_EQ(world.Snapshot().state.evaluations.back().slices.at("drifted").at("rmse"), 2);
  CheckAll(world);
}

TEST(SecureSim, ASliceOfTooFewDevicesIsInNoSumAtAll) {
  WorldOptions options = SecureWorld(4);
  coordinator::SliceSpec one{"one", {}, {}};
  {
    World known(options);
    for (const auto& [id, name] : known.names())
      if (name == "test-0") one.devices.insert(id);
  }
  options.campaign.evaluation.slices = {one};
  World world(options);
  world.Apply();
  StartAll(world);
  ASSERT_TRUE(world.RunUntil([&] { return world.CampaignIsOver(); }, kLong)) << world.Describe();
  const coordinator::EvaluatedRound evaluation = world.Snapshot().state.evaluations.back();
  EXPECT_EQ(evaluation.examples, 6U);  // Of three of the four.
  EXPECT_FALSE(evaluation.slices.contains("one"));
  EXPECT_TRUE(evaluation.slices.contains("others"));
  CheckAll(world);
}

TEST(SecureSim, ABadLineLosesNoDevice) {
  for (std::uint64_t seed = 10; seed < 10 + Seeds(10, 300); ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed=" << seed);
    World world(SecureWorld(seed, {.lose_percent = 10, .repeat_percent = 10, .break_percent = 10}));
    world.Apply();
    StartAll(world);
    ASSERT_TRUE(world.RunUntil([&] { return world.CampaignRests(); }, kLong)) << world.Describe();
    EXPECT_EQ(PublishedRounds(world), 3U);
    for (const SecureHistory& session : SecureSessions(world))
      for (const auto& survivors : session.survivors)
        EXPECT_EQ(survivors.size(), session.trains ? 5U : 4U);
    CheckAll(world);
  }
}

TEST(SecureSim, AKilledCoordinatorGoesOnWithTheSameSurvivors) {
  for (std::uint64_t seed = 400; seed < 400 + Seeds(15, 500); ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed=" << seed);
    World world(SecureWorld(seed, {.lose_percent = 5}));
    world.Apply();
    StartAll(world);
    SeededRng rng(seed);
    for (int kills = 0; kills < 8 && !world.CampaignRests(); ++kills) {
      world.Run(Duration(static_cast<std::int64_t>(rng.Below(600))));
      world.KillCoordinator();
      world.Run(Duration(static_cast<std::int64_t>(rng.Below(60'000))));  // Longer than a window.
      world.StartCoordinator();
    }
    ASSERT_TRUE(world.RunUntil([&] { return world.CampaignRests(); }, kLong)) << world.Describe();
    EXPECT_EQ(PublishedRounds(world), 3U);
    CheckAll(world);
  }
}

TEST(SecureSim, DevicesThatDieAtAnyStepAreLeftOutAndTheRestIsSummed) {
  for (std::uint64_t seed = 600; seed < 600 + Seeds(20, 500); ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed=" << seed);
    World world(SecureWorld(seed));
    world.Apply();
    StartAll(world);
    SeededRng rng(seed);
    // Three shares of five open every secret.
    for (const std::uint64_t victim : {rng.Below(5), 5 + rng.Below(5)}) {
      world.Run(Duration(static_cast<std::int64_t>(rng.Below(400))));
      world.KillAgent("train-" + std::to_string(victim));
    }
    ASSERT_TRUE(world.RunUntil([&] { return PublishedRounds(world) > 0; }, kLong))
        << world.Describe();
    StartAll(world);
    ASSERT_TRUE(world.RunUntil([&] { return world.CampaignIsOver(); }, kLong)) << world.Describe();
    CheckAll(world);
  }
}

TEST(SecureSim, ADeviceWhoseTaskFailsIsNotWaitedFor) {
  WorldOptions options = SecureWorld(1);
  options.liars = {"train-1", "train-4"};
  World world(options);
  world.Apply();
  const Timestamp begun = world.scheduler().clock().Now();
  StartAll(world);
  ASSERT_TRUE(world.RunUntil([&] { return world.CampaignIsOver(); }, kLong)) << world.Describe();
  EXPECT_LT(world.scheduler().clock().Now() - begun, world.options().campaign.secure->window);
  CheckAll(world);
}

TEST(SecureSim, WhateverHappensNoSumIsWrongAndNobodyIsSeenAlone) {
  const std::uint64_t seeds = Seeds(25, 2000);
  std::uint64_t published = 0;
  for (std::uint64_t seed = 100; seed < 100 + seeds; ++seed) {
    published += RunSecureChaos(seed);
    if (::testing::Test::HasFailure()) break;
  }
  EXPECT_GT(published, seeds);  // Else little was tested.
}

}  // namespace
}  // namespace muster::sim
