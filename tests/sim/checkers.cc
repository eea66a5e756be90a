#include "tests/sim/checkers.h"

#include <gtest/gtest.h>

#include "aggregation/accumulator.h"
#include "base/safetensors.h"
#include "coordinator/round/round_facts.h"

namespace muster::sim {
namespace {

using coordinator::RoundFact;

// The facts of a campaign in order, decoded.
std::vector<coordinator::CampaignFact> CampaignFacts(World& world) {
  const CampaignName& name = world.options().campaign.name;
  std::vector<coordinator::CampaignFact> out;
  for (const JournalRow& row : world.Journal())
    if (row.stream == coordinator::CampaignStream(name))
      out.push_back(*coordinator::DecodeCampaignFact(name, row.fact));
  return out;
}

coordinator::DeviceSet CountedIn(World& world, const RoundKey& key) {
  coordinator::DeviceSet counted;
  for (const JournalRow& row : world.Journal()) {
    if (row.stream != coordinator::RoundStream(key)) continue;
    const RoundFact fact = *coordinator::DecodeRoundFact(row.fact);
    if (const auto* f = std::get_if<coordinator::UpdatesCounted>(&fact))
      for (const DeviceId& id : f->devices)
        EXPECT_TRUE(counted.insert(id).second) << id.value() << " was counted twice";
  }
  return counted;
}
}  // namespace

void CheckPublishedAtMostOnce(World& world) {
  std::uint64_t published = 0;
  for (const auto& fact : CampaignFacts(world))
    if (const auto* f = std::get_if<coordinator::RoundSucceeded>(&fact)) {
      EXPECT_EQ(f->key.round.value(), ++published);
    }
}

void CheckSumEqualsTheCountedUpdates(World& world) {
  const coordinator::CampaignSpec& spec = world.options().campaign;
  Params model = world.base();
  aggregation::ServerState state;
  for (const auto& fact : CampaignFacts(world)) {
    const auto* done = std::get_if<coordinator::RoundSucceeded>(&fact);
    if (!done) continue;
    SCOPED_TRACE(::testing::Message() << "round " << done->key.round.value());
    const coordinator::DeviceSet counted = CountedIn(world, done->key);
    EXPECT_EQ(counted.size(), done->counted);
    EXPECT_GE(counted.size(), spec.plan.selection.minimum);
    aggregation::Accumulator sum(
        model.values.size(),
        *aggregation::FixedPoint::Make(spec.plan.selection.select, spec.aggregation.bound));
    for (const DeviceId& id : counted) {
      const std::string& name = world.names().at(id);
      EXPECT_FALSE(world.options().liars.contains(name)) << name << " was counted";
      const Params update = World::UpdateOf(name, world.SeedOfTask(done->key.round, name));
      ASSERT_TRUE(sum.Fold(update.values, 1, 1).ok());
    }
    std::vector<float> mean(model.values.size());
    ASSERT_TRUE(sum.Mean(mean).ok());
    ASSERT_TRUE(aggregation::Step(spec.aggregation.rule, state, model.values, mean).ok());
    EXPECT_EQ(platform::OpenSslHasher().Sha256(SerializeParams(model.View())), done->params);
  }
}

void CheckJournalRebuildsState(World& world) {
  world.Run(Duration(5'000));  // What the journal took without answering is believed at a tick.
  const coordinator::CampaignSnapshot live = world.Snapshot();
  world.KillCoordinator();
  world.StartCoordinator();
  const coordinator::CampaignSnapshot rebuilt = world.Snapshot();
  EXPECT_EQ(PhaseOf(rebuilt.state), PhaseOf(live.state));
  EXPECT_EQ(rebuilt.state.last_round, live.state.last_round);
  EXPECT_EQ(rebuilt.state.current, live.state.current);
  EXPECT_EQ(rebuilt.state.params, live.state.params);
  EXPECT_EQ(rebuilt.state.optimizer, live.state.optimizer);
  EXPECT_EQ(rebuilt.state.evaluations.size(), live.state.evaluations.size());
}

void CheckJournalHasNoGaps(World& world) {
  std::map<std::string, std::uint64_t> next;
  std::uint64_t leaf = 0;
  for (const JournalRow& row : world.Journal()) {
    EXPECT_EQ(row.leaf, leaf++);
    EXPECT_EQ(row.seq, next[row.stream]++) << row.stream;
  }
}

void CheckAll(World& world) {
  EXPECT_EQ(world.failure(), "");
  CheckPublishedAtMostOnce(world);
  CheckSumEqualsTheCountedUpdates(world);
  CheckJournalHasNoGaps(world);
  CheckJournalRebuildsState(world);
}

}  // namespace muster::sim
