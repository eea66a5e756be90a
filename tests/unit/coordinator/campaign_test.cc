#include "coordinator/campaign/campaign.h"

#include <gtest/gtest.h>

#include "base/seeded.h"
#include "tests/unit/coordinator/specs.h"

namespace muster::coordinator {
namespace {

CampaignState Applied(CampaignSpec spec = SmallCampaign()) {
  CampaignState state;
  Apply(state, CampaignApplied{std::move(spec),
                               {VersionNumber(1), Digest(), std::nullopt, ContractName("c"),
                                VersionNumber(1)}});
  return state;
}
void Do(CampaignState& state, const CampaignEvent& event) {
  const auto facts = Decide(state, event);
  ASSERT_TRUE(facts.ok()) << facts.status();
  for (const CampaignFact& fact : *facts) Apply(state, fact);
}
CampaignState Begun(CampaignSpec spec = SmallCampaign()) {
  CampaignState state = Applied(std::move(spec));
  Do(state, EnoughEnrolled{});
  return state;
}
// Ends the current round; `rmse` is in cycles, 0: not evaluated.
void Publish(CampaignState& state, double rmse = 0) {
  RoundPublishedEvent event;
  event.key = *state.current;
  if (rmse > 0) {
    event.evaluated = 1;
    event.sums = {1, {{"sse", static_cast<std::int64_t>(rmse * rmse * 1e6)}}};
  }
  Do(state, event);
}

TEST(Campaign, RunsItsRoundsOneAfterAnotherAndCompletes) {
  CampaignState state = Begun();
  for (std::uint64_t round = 1; round <= 3; ++round) {
    ASSERT_TRUE(state.current);
    EXPECT_EQ(state.current->round.value(), round);
    Publish(state);
  }
  EXPECT_EQ(PhaseOf(state), "completed");
  EXPECT_FALSE(state.current);
}

TEST(Campaign, TriesAFailedRoundAgainAndThenPausesWithTheReason) {
  CampaignState state = Begun();
  Do(state, RoundAbandonedEvent{*state.current, Reason::kTOO_FEW_UPDATES, "1 of 2 updates came"});
  ASSERT_TRUE(state.current);
  EXPECT_EQ(state.current->attempt, 2u);
  Do(state, RoundAbandonedEvent{*state.current, Reason::kTOO_FEW_UPDATES, "1 of 2 updates came"});
  EXPECT_EQ(PhaseOf(state), "paused");
  EXPECT_NE(WhyOf(state).find("1 of 2 updates came"), std::string::npos);
  Do(state, ResumeCampaign{});
  ASSERT_TRUE(state.current);
  EXPECT_EQ(state.current->attempt, 3u);
}

TEST(Campaign, PausingLetsTheCurrentRoundEndAndStartsNoOther) {
  CampaignState state = Begun();
  Do(state, PauseCampaign{"lunch"});
  EXPECT_TRUE(state.current);
  Publish(state);
  EXPECT_FALSE(state.current);
  EXPECT_EQ(PhaseOf(state), "paused");
  Do(state, ResumeCampaign{});
  EXPECT_EQ(state.current->round.value(), 2u);
}

TEST(Campaign, PausedBeforeItsFirstRoundItWaitsForDevicesAgain) {
  CampaignState state = Applied();
  Do(state, PauseCampaign{""});
  Do(state, ResumeCampaign{});
  EXPECT_EQ(PhaseOf(state), "waiting");
}

TEST(Campaign, CancellingEndsTheCurrentRoundToo) {
  CampaignState state = Begun();
  Do(state, CancelCampaign{"wrong data"});
  const auto effects = Pending(state);
  ASSERT_EQ(effects.size(), 1u);
  EXPECT_TRUE(std::holds_alternative<CancelRound>(effects[0]));
  Do(state, RoundAbandonedEvent{*state.current, Reason::kCAMPAIGN_CANCELLED, "wrong data"});
  EXPECT_TRUE(Pending(state).empty());
}

TEST(Campaign, WhatHasEndedCannotBePausedResumedOrCancelled) {
  CampaignState state = Begun();
  for (int i = 0; i < 3; ++i) Publish(state);
  for (const CampaignEvent& event :
       {CampaignEvent(PauseCampaign{}), CampaignEvent(ResumeCampaign{}),
        CampaignEvent(CancelCampaign{})})
    EXPECT_EQ(ReasonOf(Decide(state, event).status()), Reason::kCAMPAIGN_STATE);
}

TEST(Campaign, NewsOfAnotherRoundChangesNothing) {
  CampaignState state = Begun();
  RoundPublishedEvent old;
  old.key = {state.spec.name, RoundNumber(9), 1};
  EXPECT_TRUE(Decide(state, old)->empty());
}

TEST(Campaign, StopsEarlyWhenTheMetricStopsImproving) {
  CampaignSpec spec = SmallCampaign();
  spec.plan.rounds = 100;
  spec.plan.early_stop = {"rmse", 2, 0.5};
  CampaignState state = Begun(spec);
  Publish(state, 20);
  Publish(state, 15);
  Publish(state, 14.8);  // Better, but by less than min_delta.
  ASSERT_EQ(PhaseOf(state), "running");
  Publish(state, 14.7);
  EXPECT_EQ(PhaseOf(state), "completed");
  EXPECT_NE(WhyOf(state).find("rmse"), std::string::npos);
}

TEST(Campaign, EveryEvaluatedRoundIsOwedAVersionUntilTheRegistryHasIt) {
  CampaignState state = Begun();
  Publish(state, 20);
  const auto owed = [&state] {
    int n = 0;
    for (const CampaignEffect& e : Pending(state)) n += std::holds_alternative<RegisterVersion>(e);
    return n;
  };
  EXPECT_EQ(owed(), 1);
  Do(state, VersionPublished{RoundNumber(1), VersionNumber(5)});
  EXPECT_EQ(owed(), 0);
  EXPECT_EQ(state.evaluations[0].version, VersionNumber(5));
}

// --- A baseline ---

CampaignSpec WithBaseline() {
  CampaignSpec spec = SmallCampaign();
  spec.evaluation.baseline = true;
  return spec;
}

TEST(Campaign, EvaluatesWhatItStartsFromBeforeItsFirstRoundAndOnce) {
  CampaignState state = Begun(WithBaseline());
  const Digest base = state.params;
  ASSERT_EQ(state.current, (RoundKey{state.spec.name, kBaselineRound, 1}));
  RoundPublishedEvent event;
  event.key = *state.current;
  event.params = Digest({std::byte{9}});
  event.evaluated = 3;
  event.sums = {4, {{"sse", 64'000'000}}};
  event.slices = {{"drifted", {1, {{"sse", 25'000'000}}}}};
  Do(state, event);
  EXPECT_EQ(state.current, (RoundKey{state.spec.name, RoundNumber(1), 1}));
  EXPECT_EQ(state.params, base);
  EXPECT_EQ(state.last_round, RoundNumber(0));
  EXPECT_TRUE(state.evaluations.empty());  // No version comes of it.
  EXPECT_EQ(state.effort, Effort());
  ASSERT_TRUE(state.baseline);
  EXPECT_EQ(state.baseline->metrics.at("rmse"), 4);
  EXPECT_EQ(state.baseline->slices.at("drifted").at("rmse"), 5);
  EXPECT_EQ(state.baseline->devices, 3u);
  EXPECT_EQ(state.baseline->why, "");
  for (int i = 0; i < 3; ++i) Publish(state, 2);
  EXPECT_EQ(PhaseOf(state), "completed");
  EXPECT_EQ(state.evaluations.size(), 3u);
}

TEST(Campaign, GoesOnWithoutABaselineAndSaysWhy) {
  CampaignState state = Begun(WithBaseline());
  RoundPublishedEvent event;
  event.key = *state.current;
  event.why = "none of 2 devices evaluated it: DEVICE_SILENT";
  Do(state, event);
  EXPECT_EQ(state.current->round, RoundNumber(1));
  ASSERT_TRUE(state.baseline);
  EXPECT_TRUE(state.baseline->metrics.empty());
  EXPECT_EQ(state.baseline->why, event.why);

  state = Begun(WithBaseline());
  event.key = *state.current;
  event.evaluated = 2;  // They have no rows.
  event.why.clear();
  Do(state, event);
  EXPECT_EQ(state.baseline->why, "2 devices evaluated it, over no rows");
}

TEST(Campaign, PausedDuringItsBaselineItGoesOnWithRoundOne) {
  CampaignState state = Begun(WithBaseline());
  Do(state, PauseCampaign{"lunch"});
  Publish(state, 3);
  EXPECT_FALSE(state.current);
  EXPECT_EQ(PhaseOf(state), "paused");
  Do(state, ResumeCampaign{});
  EXPECT_EQ(state.current, (RoundKey{state.spec.name, RoundNumber(1), 1}));
}

TEST(Campaign, ABaselineDoesNotCountForEarlyStopping) {
  CampaignSpec spec = WithBaseline();
  spec.plan.rounds = 100;
  spec.plan.early_stop = {"rmse", 1, 0};
  CampaignState state = Begun(spec);
  Publish(state, 10);  // The baseline; what follows is worse.
  Publish(state, 20);
  EXPECT_EQ(PhaseOf(state), "running");
}

TEST(Campaign, ABaselineComesBackFromItsFact) {
  BaselineEvaluated fact;
  fact.key = {CampaignName("turbofan"), kBaselineRound, 2};
  fact.evaluated = 3;
  fact.sums = {4, {{"sae", 8'000'000}}};
  fact.slices = {{"drifted", {1, {{"sae", 5'000'000}}}}};
  for (const char* why : {"", "nobody came"}) {
    fact.why = why;
    const auto row = EncodeCampaignFact(fact, "system", FromUnixMillis(1));
    ASSERT_TRUE(row.ok()) << row.status();
    const auto back = DecodeCampaignFact(fact.key.campaign, *row);
    ASSERT_TRUE(back.ok()) << back.status();
    const auto& read = std::get<BaselineEvaluated>(*back);
    EXPECT_EQ(read.key, fact.key);
    EXPECT_EQ(read.evaluated, 3u);
    EXPECT_EQ(read.sums, fact.sums);
    EXPECT_EQ(read.slices, fact.slices);
    EXPECT_EQ(read.why, why);
  }
}

TEST(Campaign, ChangesAreToldFromTheBaselineToTheNewestEvaluationSliceBySlice) {
  CampaignState state = Begun(WithBaseline());
  EXPECT_TRUE(ChangesIn(state).empty());
  RoundPublishedEvent event;
  event.key = *state.current;
  event.evaluated = 1;
  event.sums = {1, {{"sse", 81'000'000}}};
  event.slices = {{"drifted", {1, {{"sse", 100'000'000}}}}};
  Do(state, event);
  auto changes = ChangesIn(state);
  ASSERT_EQ(changes.size(), 2u);
  EXPECT_EQ(changes[0].slice, "");
  EXPECT_EQ(changes[0].before, 9);
  EXPECT_EQ(changes[0].after, std::nullopt);
  Publish(state, 7);
  changes = ChangesIn(state);
  EXPECT_EQ(changes[0].after, 7);
  EXPECT_EQ(changes[1].slice, "drifted");
  EXPECT_EQ(changes[1].before, 10);
  EXPECT_EQ(changes[1].after, std::nullopt);
}

TEST(Campaign, MetricsComeFromExactSums) {
  const auto metrics = MetricsOf(
      {4,
       {{"sse", 64'000'000}, {"sae", 8'000'000}, {"correct", 3'000'000}, {"loss_sum", 2'000'000}}});
  EXPECT_DOUBLE_EQ(metrics.at("rmse"), 4);
  EXPECT_DOUBLE_EQ(metrics.at("mae"), 2);
  EXPECT_DOUBLE_EQ(metrics.at("loss"), 0.5);
  EXPECT_DOUBLE_EQ(metrics.at("accuracy"), 0.75);
  EXPECT_TRUE(MetricsOf({0, {{"sse", 1}}}).empty());
}

CampaignEvent RandomEvent(SeededRng& rng, const CampaignState& state) {
  const RoundKey key = state.current.value_or(RoundKey{state.spec.name, RoundNumber(1), 1});
  switch (rng.Below(8)) {
    case 0: return EnoughEnrolled{};
    case 1: return PauseCampaign{"p"};
    case 2: return ResumeCampaign{};
    case 3: return RoundAbandonedEvent{key, Reason::kTOO_FEW_UPDATES, "few"};
    case 4: return VersionPublished{RoundNumber(rng.Below(6)), VersionNumber(1)};
    case 5:
      if (rng.Below(10) == 0) return CancelCampaign{"c"};
      [[fallthrough]];
    default: {
      RoundPublishedEvent e;
      e.key = key;
      e.evaluated = static_cast<std::uint32_t>(rng.Below(2));
      e.sums = {1, {{"sse", static_cast<std::int64_t>(rng.Below(1'000'000'000))}}};
      return e;
    }
  }
}

// However events fall: rounds are published in order, each once, and the rows rebuild the state.
TEST(CampaignProperty, PublishesRoundsInOrderAndReplays) {
  int completed = 0;
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed=" << seed);
    SeededRng rng(seed);
    CampaignState live;
    std::vector<std::string> rows;
    std::uint64_t published = 0;
    const auto record = [&](const CampaignFacts& facts) {
      for (const CampaignFact& fact : facts) {
        if (const auto* f = std::get_if<RoundSucceeded>(&fact)) {
          EXPECT_EQ(f->key.round.value(), ++published);
        }
        Apply(live, fact);
        rows.push_back(*EncodeCampaignFact(fact, "system", Timestamp()));
      }
    };
    record({CampaignApplied{seed % 2 == 0 ? SmallCampaign() : WithBaseline(), {}}});
    for (int step = 0; step < 40; ++step)
      if (const auto facts = Decide(live, RandomEvent(rng, live)); facts.ok()) record(*facts);
    CampaignState replayed;
    for (const std::string& row : rows) {
      const auto fact = DecodeCampaignFact(live.spec.name, row);
      ASSERT_TRUE(fact.ok()) << fact.status();
      Apply(replayed, *fact);
    }
    EXPECT_EQ(PhaseOf(replayed), PhaseOf(live));
    EXPECT_EQ(replayed.current, live.current);
    EXPECT_EQ(replayed.last_round, live.last_round);
    EXPECT_EQ(replayed.evaluations.size(), live.evaluations.size());
    EXPECT_EQ(replayed.baseline.has_value(), live.baseline.has_value());
    // Nothing is trained before the baseline is over.
    EXPECT_TRUE(published == 0 || live.baseline || seed % 2 == 0);
    EXPECT_EQ(Pending(replayed).size(), Pending(live).size());
    completed += PhaseOf(live) == "completed";
  }
  EXPECT_GT(completed, 100);
}

}  // namespace
}  // namespace muster::coordinator
