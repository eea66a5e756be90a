#include "tests/sim/chaos.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/sim/checkers.h"

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

}  // namespace muster::sim
