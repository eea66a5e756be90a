// Windows of a monitor in a simulated world: the shipped coordinator and sessions, shard by shard.
// Failure conditions: a tally that is not the plain count of the devices in it; a shard that is not
// a session's survivors; a shard below secure.least; a device that gives twice; shards that are
// others after a restart; one shard's failure that costs another its sum.
#include <gtest/gtest.h>

#include <algorithm>

#include "aggregation/statistics/window.h"
#include "client/session/window_count.h"
#include "tests/sim/chaos.h"
#include "tests/sim/checkers.h"
#include "tests/sim/history.h"

namespace muster::sim {
namespace {
namespace statistics = aggregation::statistics;
using statistics::ShardTotals;

constexpr Duration kLong{7'200'000};
constexpr int kDevices = 56;  // 11 shards of five or six.

ShardTotals PlainCount(World& world, const statistics::WindowQuery& query,
                       const coordinator::DeviceSet& devices) {
  ShardTotals out{{}, devices.size(), {}};
  for (const aggregation::secagg::SumField& field : FieldsOf(query))
    out.totals.emplace_back(field.count);
  for (const DeviceId& device : devices) {
    const auto values = client::CountWindow(query, World::ServedBy(world.names().at(device)));
    EXPECT_TRUE(values.ok()) << values.status();
    EXPECT_TRUE(aggregation::secagg::AddTotals(out.totals, *values).ok());
  }
  return out;
}

statistics::WindowTally TallyOf(World& world) {
  const auto text = world.Snapshot().statistics_json;
  const auto tally = statistics::ParseWindowTally(text);
  EXPECT_TRUE(tally.ok()) << tally.status();
  return tally.ok() ? *tally : statistics::WindowTally();
}

// Sessions of the attempt that published, whose sums were opened.
std::vector<coordinator::DeviceSet> OpenedShards(World& world) {
  std::uint32_t published = 0;
  for (const auto& fact : CampaignFacts(world))
    if (const auto* done = std::get_if<coordinator::RoundSucceeded>(&fact))
      published = done->key.attempt;
  std::vector<coordinator::DeviceSet> out;
  for (const SecureHistory& session : SecureSessions(world))
    if (session.opened && session.round.attempt == published)
      out.push_back(session.DevicesOf(session.survivors.front()));
  return out;
}

void ExpectTallyOfShards(World& world) {
  const statistics::WindowTally tally = TallyOf(world);
  std::vector<std::pair<std::uint64_t, aggregation::secagg::SumValues>> told, counted;
  for (const ShardTotals& shard : tally.shards) told.emplace_back(shard.devices, shard.totals);
  for (const coordinator::DeviceSet& shard : OpenedShards(world)) {
    EXPECT_GE(shard.size(), world.options().campaign.secure->least);
    const ShardTotals plain = PlainCount(world, tally.query, shard);
    counted.emplace_back(plain.devices, plain.totals);
  }
  std::sort(told.begin(), told.end());
  std::sort(counted.begin(), counted.end());
  EXPECT_EQ(told, counted);
  CheckSurvivorsNeverChange(world);
  CheckNobodyGivesTwice(world);
  CheckJournalHasNoGaps(world);
  CheckJournalRebuildsState(world);
  EXPECT_EQ(TallyOf(world), tally);
}

TEST(WindowSim, UndisturbedEveryDeviceIsInAShard) {
  World world(WindowWorld(1, kDevices));
  world.Apply();
  ASSERT_EQ(world.failure(), "");
  StartAll(world);
  ASSERT_TRUE(world.RunUntil([&] { return world.CampaignIsOver(); }, kLong)) << world.Describe();
  const statistics::WindowTally tally = TallyOf(world);
  ASSERT_EQ(tally.shards.size(), 11U);
  std::uint64_t devices = 0;
  for (const ShardTotals& shard : tally.shards) {
    devices += shard.devices;
    EXPECT_EQ(shard.totals.back().front(), shard.devices);  // All of them had rows.
  }
  EXPECT_EQ(devices, static_cast<std::uint64_t>(kDevices));
  EXPECT_EQ(tally.query.fields.size(), 2U);  // The feature, and the prediction.
  EXPECT_EQ(tally.query.measures.size(), 2U);
  ExpectTallyOfShards(world);
}

TEST(WindowSim, AKilledCoordinatorGoesOnWithTheSameShards) {
  std::size_t killed_with_open_shards = 0;
  for (std::uint64_t seed = 20; seed < 20 + Seeds(2, 100); ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed=" << seed);
    World world(WindowWorld(seed, kDevices, {.lose_percent = 3}));
    world.Apply();
    StartAll(world);
    SeededRng rng(seed);
    for (int kills = 0; kills < 4 && !world.CampaignRests(); ++kills) {
      world.Run(Duration(static_cast<std::int64_t>(100 + rng.Below(600))));
      killed_with_open_shards += !SecureSessions(world).empty() && !world.CampaignRests();
      world.KillCoordinator();
      world.Run(Duration(static_cast<std::int64_t>(rng.Below(5'000))));
      world.StartCoordinator();
    }
    ASSERT_TRUE(world.RunUntil([&] { return world.CampaignIsOver(); }, kLong)) << world.Describe();
    ExpectTallyOfShards(world);
  }
  EXPECT_GT(killed_with_open_shards, 0U);  // Else little was tested.
}

TEST(WindowSim, AShardThatLosesTooManyIsLeftOutAndTheOthersAreKept) {
  WorldOptions options = WindowWorld(5, kDevices);
  World world(options);
  world.Apply();
  // Five devices never come: some shards lose one, which they may, or more, which they may not.
  std::vector<std::string> names = Names(world);
  for (std::size_t i = 5; i < names.size(); ++i) world.StartAgent(names[i]);
  ASSERT_TRUE(world.RunUntil([&] { return world.CampaignIsOver(); }, kLong)) << world.Describe();
  const statistics::WindowTally tally = TallyOf(world);
  EXPECT_GE(tally.shards.size(), 6U);
  std::uint64_t devices = 0;
  for (const ShardTotals& shard : tally.shards) devices += shard.devices;
  EXPECT_LE(devices, static_cast<std::uint64_t>(kDevices - 5));
  ExpectTallyOfShards(world);
}

TEST(WindowSim, AFleetTooSmallForAVerdictIsStillSummed) {
  World world(WindowWorld(3, 9));
  world.Apply();
  StartAll(world);
  ASSERT_TRUE(world.RunUntil([&] { return world.CampaignIsOver(); }, kLong)) << world.Describe();
  EXPECT_EQ(TallyOf(world).shards.size(), 1U);
  ExpectTallyOfShards(world);
}

}  // namespace
}  // namespace muster::sim
