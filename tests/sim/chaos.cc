#include "tests/sim/chaos.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "tests/sim/checkers.h"
#include "tests/sim/history.h"

namespace muster::sim {

std::vector<std::string> Names(const World& world) {
  std::vector<std::string> out;
  for (const auto& [id, name] : world.names()) out.push_back(name);
  std::sort(out.begin(), out.end());
  return out;
}
void StartAll(World& world) {
  for (const std::string& name : Names(world)) world.StartAgent(name);
}

void RunChaos(std::uint64_t seed) {
  SCOPED_TRACE(::testing::Message() << "seed=" << seed);
  SeededRng rng(SeedOf({"chaos", std::to_string(seed)}));
  World world(
      {.seed = seed,
       .liars = rng.Below(3) == 0 ? std::set<std::string>{"train-2"} : std::set<std::string>{},
       .weather = {.lose_percent = rng.Below(20),
                   .repeat_percent = rng.Below(15),
                   .break_percent = rng.Below(20)},
       .disk_fault_percent = rng.Below(8),
       .campaign = DefaultCampaign()});
  world.Apply();
  ASSERT_EQ(world.failure(), "");
  const std::vector<std::string> names = Names(world);
  StartAll(world);
  for (int step = 0; step < 30 && !world.CampaignIsOver(); ++step) {
    world.Run(Duration(static_cast<std::int64_t>(rng.Below(1'500))));
    const std::string& victim = names[rng.Below(names.size())];
    switch (rng.Below(3)) {
      case 0:
        world.KillCoordinator();
        world.Run(Duration(static_cast<std::int64_t>(rng.Below(3'000))));
        world.StartCoordinator();
        break;
      case 1: world.KillAgent(victim); break;
      default: world.StartAgent(victim);
    }
  }
  for (const std::string& name : names) world.StartAgent(name);
  const bool over = world.RunUntil([&] { return world.CampaignIsOver(); }, Duration(7'200'000));
  EXPECT_TRUE(over) << world.Describe();
  CheckAll(world);
}

namespace {
WorldOptions SecureWeather(std::uint64_t seed, SeededRng& rng) {
  using aggregation::secagg::LaneBits;
  constexpr LaneBits kBits[] = {LaneBits::k16, LaneBits::k24, LaneBits::k32};
  WorldOptions options = SecureWorld(seed, {.lose_percent = rng.Below(15),
                                            .repeat_percent = rng.Below(15),
                                            .break_percent = rng.Below(15)});
  options.disk_fault_percent = rng.Below(6);
  options.agent_disk_fault_percent = rng.Below(2);
  if (rng.Below(4) == 0) options.liars = {"train-2"};
  options.campaign.evaluation.baseline = seed % 3 == 0;
  options.campaign.secure->bits = kBits[rng.Below(3)];
  return options;
}
}  // namespace

std::uint32_t PublishedRounds(World& world) {
  std::uint32_t published = 0;
  for (const auto& fact : CampaignFacts(world))
    published += std::holds_alternative<coordinator::RoundSucceeded>(fact) ? 1 : 0;
  return published;
}

std::uint64_t Seeds(std::uint64_t in_suite, std::uint64_t in_soak) {
  return std::getenv("MUSTER_SOAK") ? in_soak : in_suite;
}

std::uint32_t RunSecureChaos(std::uint64_t seed) {
  const ::testing::ScopedTrace trace(__FILE__, __LINE__, fmt::format("seed={}", seed));
  SeededRng rng(SeedOf({"secure chaos", std::to_string(seed)}));
  World world(SecureWeather(seed, rng));
  world.Apply();
  EXPECT_EQ(world.failure(), "");
  const std::vector<std::string> names = Names(world);
  StartAll(world);
  for (int step = 0; step < 20 && !world.CampaignRests(); ++step) {
    world.Run(Duration(static_cast<std::int64_t>(rng.Below(1'500))));
    const std::string& victim = names[rng.Below(names.size())];
    switch (rng.Below(6)) {
      case 0:
      case 1:
        world.KillCoordinator();
        world.Run(Duration(static_cast<std::int64_t>(rng.Below(3'000))));
        world.StartCoordinator();
        break;
      case 2: world.KillAgent(victim); break;
      case 3: world.StartAgent(victim); break;
      default: break;
    }
  }
  for (const std::string& name : names) world.StartAgent(name);
  const bool rests = world.RunUntil([&] { return world.CampaignRests(); }, Duration(7'200'000));
  EXPECT_TRUE(rests) << world.Describe();
  CheckAll(world);
  return PublishedRounds(world);
}

}  // namespace muster::sim
