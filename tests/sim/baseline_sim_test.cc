// Campaigns that evaluate what they start from, in a simulated world. Failure conditions: a round
// trained before the baseline is over; a baseline that is measured twice or by a device twice; a
// campaign that waits for a baseline that cannot be had; a version that does not say what it was
// measured against. Slices of plain evaluations are here too.
#include <gtest/gtest.h>

#include "tests/sim/chaos.h"
#include "tests/sim/checkers.h"
#include "tests/sim/history.h"

namespace muster::sim {
namespace {

constexpr Duration kLong{3'600'000};

DeviceId IdOf(const WorldOptions& options, const std::string& wanted) {
  World known(options);  // Ids are of names.
  for (const auto& [id, name] : known.names())
    if (name == wanted) return id;
  return {};
}

// Plain rounds whose evaluators, four of them, are in two slices: test-0 has drifted.
WorldOptions PlainWorld(std::uint64_t seed, const Weather& weather = {}) {
  WorldOptions options{
      .seed = seed, .evaluators = 4, .weather = weather, .campaign = DefaultCampaign()};
  options.campaign.evaluation.baseline = true;
  options.campaign.evaluation.slices = {{"drifted", {}, {IdOf(options, "test-0")}}};
  return options;
}

std::vector<coordinator::BaselineEvaluated> Baselines(World& world) {
  std::vector<coordinator::BaselineEvaluated> out;
  bool trained = false;
  for (const auto& fact : CampaignFacts(world)) {
    trained = trained || std::holds_alternative<coordinator::RoundSucceeded>(fact);
    if (const auto* f = std::get_if<coordinator::BaselineEvaluated>(&fact)) {
      EXPECT_FALSE(trained);
      out.push_back(*f);
    }
  }
  return out;
}

std::vector<std::string> VersionRows(World& world) {
  std::vector<std::string> out;
  for (const JournalRow& row : world.Journal())
    if (row.stream == "model/rul" && row.fact.find("\"campaign\"") != std::string::npos)
      out.push_back(row.fact);
  return out;
}

bool MeasuresItsBaseline(World& world) {
  const auto current = world.Snapshot().state.current;
  return current && current->round == coordinator::kBaselineRound;
}

TEST(BaselineSim, TheVersionThatTrainingStartsFromIsEvaluatedFirstSliceBySlice) {
  World world(PlainWorld(1));
  world.Apply();
  StartAll(world);
  ASSERT_TRUE(world.RunUntil([&] { return world.CampaignIsOver(); }, kLong)) << world.Describe();
  world.Run(Duration(2'000));
  const auto baselines = Baselines(world);
  ASSERT_EQ(baselines.size(), 1U);
  EXPECT_EQ(baselines[0].evaluated, 4U);
  EXPECT_EQ(baselines[0].sums.examples, 8U);  // Two of each device.
  ASSERT_EQ(baselines[0].slices.size(), 2U);
  EXPECT_EQ(baselines[0].slices.at("drifted").examples, 2U);
  EXPECT_EQ(baselines[0].slices.at("others").examples, 6U);
  const coordinator::CampaignState state = world.Snapshot().state;
  EXPECT_EQ(state.baseline->metrics.at("rmse"), 3);
  EXPECT_EQ(state.evaluations.back().metrics.at("rmse"), 2);
  // What a version is held against is in the registry, with it.
  const std::vector<std::string> versions = VersionRows(world);
  ASSERT_EQ(versions.size(), 2U);
  for (const std::string& row : versions) {
    const Json lineage = ParseJson(row)->at("lineage");
    const Json& baseline = lineage.at("baseline");
    EXPECT_EQ(baseline.at("version"), 1);
    EXPECT_EQ(baseline.at("devices"), 4);
    EXPECT_EQ(baseline.at("both"), 4);
    EXPECT_EQ(baseline.at("slices").at("drifted").at("rmse"), "3");
    EXPECT_EQ(baseline.at("differences").at("rmse").at("value"), "-1");
  }
  CheckAll(world);
}

TEST(BaselineSim, SlicesOfPlainRoundsAreSummedApartAndTheWholeIsTheirSum) {
  WorldOptions options = PlainWorld(2);
  options.campaign.evaluation.baseline = false;
  World world(options);
  world.Apply();
  StartAll(world);
  ASSERT_TRUE(world.RunUntil([&] { return world.CampaignIsOver(); }, kLong)) << world.Describe();
  EXPECT_TRUE(Baselines(world).empty());
  std::size_t evaluated = 0;
  for (const auto& fact : CampaignFacts(world)) {
    const auto* done = std::get_if<coordinator::RoundSucceeded>(&fact);
    if (done == nullptr || done->evaluated == 0) continue;
    ++evaluated;
    ASSERT_EQ(done->slices.size(), 2U);
    EXPECT_EQ(done->slices.at("drifted").examples, 2U);
    EXPECT_EQ(done->slices.at("others").examples, 6U);
    EXPECT_EQ(done->sums.examples, 8U);
  }
  EXPECT_EQ(evaluated, 2U);
  EXPECT_EQ(world.Snapshot().state.evaluations.back().slices.at("drifted").at("rmse"), 2);
  for (const std::string& row : VersionRows(world))
    EXPECT_EQ(row.find("\"baseline\""), std::string::npos) << row;
  CheckAll(world);
}

TEST(BaselineSim, AKilledCoordinatorGoesOnWithItsBaseline) {
  std::uint64_t within = 0;
  for (std::uint64_t seed = 30; seed < 30 + Seeds(12, 300); ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed=" << seed);
    World world(PlainWorld(seed, {.lose_percent = 5}));
    world.Apply();
    StartAll(world);
    SeededRng rng(seed);
    ASSERT_TRUE(world.RunUntil([&] { return MeasuresItsBaseline(world); }, kLong));
    for (int kills = 0; kills < 3; ++kills) {
      world.Run(Duration(static_cast<std::int64_t>(rng.Below(120))));
      within += MeasuresItsBaseline(world) ? 1 : 0;
      world.KillCoordinator();
      world.Run(Duration(static_cast<std::int64_t>(rng.Below(60'000))));  // Longer than a window.
      world.StartCoordinator();
    }
    ASSERT_TRUE(world.RunUntil([&] { return world.CampaignIsOver(); }, kLong)) << world.Describe();
    const auto baselines = Baselines(world);
    ASSERT_EQ(baselines.size(), 1U);
    EXPECT_EQ(baselines[0].evaluated, 4U);  // They live: none is lost, none counts twice.
    EXPECT_EQ(baselines[0].sums.examples, 8U);
    CheckAll(world);
  }
  EXPECT_GT(within, 5U);  // Else little was tested.
}

TEST(BaselineSim, WithoutEvaluatorsTrainingGoesOnAndSaysWhy) {
  World world(PlainWorld(3));
  world.Apply();
  for (const auto& [id, name] : world.names())
    if (name.starts_with("train")) world.StartAgent(name);
  ASSERT_TRUE(world.RunUntil([&] { return world.CampaignIsOver(); }, kLong)) << world.Describe();
  const auto baselines = Baselines(world);
  ASSERT_EQ(baselines.size(), 1U);
  EXPECT_EQ(baselines[0].why, "none of 4 devices evaluated it: DEVICE_SILENT");
  EXPECT_TRUE(world.Snapshot().state.baseline->metrics.empty());
  for (const std::string& row : VersionRows(world))
    EXPECT_EQ(row.find("\"baseline\":{"), std::string::npos) << row;
  CheckAll(world);
}

TEST(BaselineSim, ASecureCampaignSumsItsBaselineAsItSumsEvaluations) {
  WorldOptions options = SecureWorld(5);
  options.evaluators = 7;
  options.campaign.evaluation.enrolled_at_least = 7;
  options.campaign.evaluation.baseline = true;
  coordinator::SliceSpec drifted{"drifted", {}, {}};
  for (const char* name : {"test-0", "test-3", "test-5"})
    drifted.devices.insert(IdOf(options, name));
  options.campaign.evaluation.slices = {drifted};
  World world(options);
  world.Apply();
  StartAll(world);
  ASSERT_TRUE(world.RunUntil([&] { return world.CampaignIsOver(); }, kLong)) << world.Describe();
  world.Run(Duration(2'000));
  const auto baselines = Baselines(world);
  ASSERT_EQ(baselines.size(), 1U);
  EXPECT_EQ(baselines[0].sums.examples, 14U);
  EXPECT_EQ(baselines[0].slices.at("drifted").examples, 6U);
  EXPECT_EQ(world.Snapshot().state.baseline->slices.at("drifted").at("rmse"), 3);
  ASSERT_FALSE(VersionRows(world).empty());
  EXPECT_NE(VersionRows(world).back().find(R"("baseline":{"both":7,"devices":7,"examples":14)"),
            std::string::npos)
      << VersionRows(world).back();
  CheckAll(world);
}

TEST(BaselineSim, ASecureBaselineOfTooFewDevicesIsNone) {
  WorldOptions options = SecureWorld(6);
  options.campaign.evaluation.baseline = true;
  World world(options);
  world.Apply();
  for (const auto& [id, name] : world.names())
    if (!name.starts_with("test") || name == "test-0") world.StartAgent(name);
  ASSERT_TRUE(world.RunUntil([&] { return !Baselines(world).empty(); }, kLong)) << world.Describe();
  EXPECT_EQ(Baselines(world)[0].evaluated, 0U);
  EXPECT_EQ(Baselines(world)[0].why, "none of 4 devices evaluated it: TOO_FEW_DEVICES");
  StartAll(world);
  ASSERT_TRUE(world.RunUntil([&] { return world.CampaignIsOver(); }, kLong)) << world.Describe();
  CheckAll(world);
}

TEST(BaselineSim, AKilledCoordinatorGoesOnWithItsSecureBaseline) {
  std::uint64_t within = 0;
  for (std::uint64_t seed = 700; seed < 700 + Seeds(8, 300); ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed=" << seed);
    WorldOptions options = SecureWorld(seed, {.lose_percent = 5});
    options.campaign.evaluation.baseline = true;
    World world(options);
    world.Apply();
    StartAll(world);
    SeededRng rng(seed);
    ASSERT_TRUE(world.RunUntil([&] { return MeasuresItsBaseline(world); }, kLong));
    for (int kills = 0; kills < 3; ++kills) {
      world.Run(Duration(static_cast<std::int64_t>(rng.Below(400))));
      within += MeasuresItsBaseline(world) ? 1 : 0;
      world.KillCoordinator();
      world.Run(Duration(static_cast<std::int64_t>(rng.Below(60'000))));
      world.StartCoordinator();
    }
    ASSERT_TRUE(world.RunUntil([&] { return world.CampaignRests(); }, kLong)) << world.Describe();
    const auto baselines = Baselines(world);
    ASSERT_EQ(baselines.size(), 1U);
    EXPECT_EQ(baselines[0].evaluated, 4U);
    CheckAll(world);
  }
  EXPECT_GT(within, 4U);
}

}  // namespace
}  // namespace muster::sim
