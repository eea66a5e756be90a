#include "tests/sim/checkers.h"

#include <gtest/gtest.h>

#include "aggregation/accumulator.h"
#include "base/safetensors.h"
#include "tests/sim/history.h"

namespace muster::sim {
namespace {

// Plain rounds: bit for bit.
void CheckPlainSums(World& world) {
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

// What rounding to integers and then to floats may make of a mean of updates.
double ErrorOf(const SecureHistory& session) {
  return session.task.clip / static_cast<double>(session.task.layout[0].limit) + 1e-6;
}

void CheckSecureStep(World& world, const coordinator::RoundSucceeded& done, const Params& before,
                     double error) {
  const coordinator::DeviceSet counted = CountedIn(world, done.key);
  EXPECT_EQ(counted.size(), done.counted);
  std::vector<double> sum(before.values.size());
  for (const DeviceId& id : counted) {
    const std::string& name = world.names().at(id);
    const Params update = World::UpdateOf(name, world.SeedOfTask(done.key.round, name));
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += update.values[i];
  }
  const StatusOr<Params> after = world.ModelOf(done.params);
  ASSERT_TRUE(after.ok()) << after.status();
  for (std::size_t i = 0; i < sum.size(); ++i)
    EXPECT_NEAR(after->values[i] - before.values[i], sum[i] / static_cast<double>(counted.size()),
                error);
}

void CheckSecureSums(World& world) {
  std::map<RoundKey, double> errors;  // The sum's mean errs no more than the worst session does.
  for (const SecureHistory& session : SecureSessions(world))
    if (session.trains) errors[session.round] = std::max(errors[session.round], ErrorOf(session));
  Params model = world.base();
  for (const auto& fact : CampaignFacts(world)) {
    const auto* done = std::get_if<coordinator::RoundSucceeded>(&fact);
    if (!done) continue;
    SCOPED_TRACE(::testing::Message() << "round " << done->key.round.value());
    ASSERT_TRUE(errors.contains(done->key)) << "published without a session";
    CheckSecureStep(world, *done, model, errors.at(done->key));
    model = world.ModelOf(done->params).value();
  }
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
  if (world.options().campaign.secure) return CheckSecureSums(world);
  CheckPlainSums(world);
}

void CheckNoDeviceIsOpenedAlone(World& world) {
  const auto& secure = world.options().campaign.secure;
  std::map<RoundKey, coordinator::DeviceSet> summed;
  for (const SecureHistory& session : SecureSessions(world)) {
    SCOPED_TRACE(session.task.query);
    EXPECT_FALSE(session.opened && session.abandoned);
    EXPECT_TRUE(!session.opened || session.survivors.size() == 1);
    for (const auto& survivors : session.survivors) EXPECT_GE(survivors.size(), secure->least);
    if (session.opened && session.trains)
      summed[session.round].merge(session.DevicesOf(session.survivors.front()));
  }
  for (const auto& fact : CampaignFacts(world))
    if (const auto* done = std::get_if<coordinator::RoundSucceeded>(&fact); done && secure)
      EXPECT_EQ(CountedIn(world, done->key), summed[done->key]);
}

void CheckSurvivorsNeverChange(World& world) {
  for (const SecureHistory& session : SecureSessions(world)) {
    SCOPED_TRACE(session.task.query);
    EXPECT_LE(session.survivors.size(), 1U);
    std::set<Bytes> fixed;
    for (const auto& set : session.survivors) fixed.emplace(set.bits().begin(), set.bits().end());
    const std::set<DeviceId> members(session.members.begin(), session.members.end());
    for (const auto& [who, heard] : world.wiretap().heard()) {
      if (who.first != session.round || !members.contains(who.second)) continue;
      EXPECT_LE(heard.replies.size(), 1U) << who.second.value() << " answered twice";
      for (const Bytes& survivors : heard.survivors)
        EXPECT_TRUE(fixed.contains(survivors)) << who.second.value() << " heard of others";
    }
  }
}

void CheckNobodyGivesTwice(World& world) {
  for (const auto& [what, attempts] : world.wiretap().given())
    EXPECT_EQ(attempts.size(), 1U)
        << world.names().at(what.second) << " in round " << what.first.value();
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
  EXPECT_EQ(rebuilt.state.baseline.has_value(), live.state.baseline.has_value());
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
  CheckNoDeviceIsOpenedAlone(world);
  CheckSurvivorsNeverChange(world);
  CheckNobodyGivesTwice(world);
  CheckJournalHasNoGaps(world);
  CheckJournalRebuildsState(world);
}

}  // namespace muster::sim
