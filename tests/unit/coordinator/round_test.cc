#include "coordinator/round/round.h"

#include <gtest/gtest.h>

#include "base/seeded.h"
#include "coordinator/round/round_facts.h"
#include "tests/support/status_matchers.h"

namespace muster::coordinator {
namespace {

constexpr Timestamp kStart{Duration(1'000'000)};

RoundPlan PlanOf(std::uint32_t select, std::uint32_t goal, std::uint32_t minimum) {
  RoundPlan plan;
  plan.key = {CampaignName("turbofan"), RoundNumber(7), 1};
  plan.select = select;
  plan.goal = goal;
  plan.minimum = minimum;
  plan.recruit_window = plan.report_window = plan.evaluation_window = Duration(1000);
  return plan;
}
DeviceId Dev(char c) { return DeviceId(std::string(1, c)); }

RoundState After(const RoundFacts& facts, RoundState state = {}) {
  for (const RoundFact& fact : facts) Apply(state, fact);
  return state;
}
RoundState Collecting3() {
  return After(Open(PlanOf(3, 3, 2), {Dev('a'), Dev('b'), Dev('c')}, kStart));
}

// Decides and applies; the test fails when the round refuses.
void Do(const RoundPlan& plan, RoundState& state, const RoundEvent& event, Timestamp now = kStart) {
  const auto facts = Decide(plan, state, event, now);
  ASSERT_TRUE(facts.ok()) << facts.status();
  for (const RoundFact& fact : *facts) Apply(state, fact);
}

TEST(Round, RefusesACheckpointThatHoldsAnOutsider) {
  const RoundState state = Collecting3();
  const auto facts = Decide(PlanOf(3, 3, 2), state, Checkpointed{{Dev('e')}, "f"}, kStart);
  EXPECT_EQ(ReasonOf(facts.status()), Reason::kNOT_IN_COHORT);
}

TEST(Round, CountsAnUpdateOnlyOnce) {
  const RoundPlan plan = PlanOf(3, 3, 2);
  RoundState state = Collecting3();
  Do(plan, state, Checkpointed{{Dev('a')}, "1"});
  EXPECT_EQ(ReasonOf(Decide(plan, state, Checkpointed{{Dev('a')}, "2"}, kStart).status()),
            Reason::kALREADY_COUNTED);
}

TEST(Round, ACheckpointThatIsToldAgainIsOldNews) {
  const RoundPlan plan = PlanOf(3, 3, 2);
  RoundState state = Collecting3();
  Do(plan, state, Checkpointed{{Dev('a')}, "1"});
  EXPECT_TRUE(Decide(plan, state, Checkpointed{{Dev('a')}, "1"}, kStart)->empty());
}

TEST(Round, ClosesAtTheGoalAndWaitsForNobodyElse) {
  const RoundPlan plan = PlanOf(3, 2, 1);
  RoundState state = After(Open(plan, {Dev('a'), Dev('b'), Dev('c')}, kStart));
  Do(plan, state, Checkpointed{{Dev('a'), Dev('b')}, "2"});
  ASSERT_TRUE(std::holds_alternative<Aggregating>(state));
  EXPECT_EQ(std::get<Aggregating>(state).checkpoint, "2");
  EXPECT_EQ(ReasonOf(Decide(plan, state, Checkpointed{{Dev('c')}, "3"}, kStart).status()),
            Reason::kROUND_CLOSED);
}

TEST(Round, IsAbandonedWhenSilenceLeavesTooFewUpdates) {
  const RoundPlan plan = PlanOf(3, 3, 2);
  RoundState state = Collecting3();
  Do(plan, state, Checkpointed{{Dev('a')}, "1"});
  Do(plan, state, Tick{}, kStart + Duration(1000));
  ASSERT_TRUE(std::holds_alternative<Abandoned>(state));
  EXPECT_EQ(std::get<Abandoned>(state).reason, Reason::kTOO_FEW_UPDATES);
}

TEST(Round, GoesOnWithTheRestWhenADeviceFails) {
  const RoundPlan plan = PlanOf(3, 3, 2);
  RoundState state = Collecting3();
  Do(plan, state, Drop{Dev('c'), Reason::kTASK_FAILED, "oops"});
  Do(plan, state, Checkpointed{{Dev('a')}, "1"});
  EXPECT_TRUE(std::holds_alternative<Collecting>(state));
  Do(plan, state, Checkpointed{{Dev('b')}, "2"});
  EXPECT_TRUE(std::holds_alternative<Aggregating>(state));
}

TEST(Round, AWindowIsIdleTimeNotTotalTime) {
  const RoundPlan plan = PlanOf(3, 3, 2);
  RoundState state = Collecting3();
  const Timestamp late = kStart + Duration(5000);
  Do(plan, state, Tick{late - Duration(10)}, late);  // A chunk came just now.
  EXPECT_TRUE(std::holds_alternative<Collecting>(state));
  Do(plan, state, Tick{late - Duration(10)}, late + Duration(990));
  EXPECT_TRUE(std::holds_alternative<Abandoned>(state));
}

TEST(Round, TimeThatTheCoordinatorWasDownDoesNotUseUpAWindow) {
  const RoundPlan plan = PlanOf(3, 3, 2);
  RoundState state = Collecting3();
  const Timestamp restart = kStart + Duration(3'600'000);
  Do(plan, state, Restart{}, restart);
  Do(plan, state, Tick{}, restart + Duration(999));
  EXPECT_TRUE(std::holds_alternative<Collecting>(state));
}

TEST(Round, RecruitsNoMoreDevicesThanItAsksFor) {
  const RoundPlan plan = PlanOf(2, 2, 1);
  RoundState state = After(Open(plan, {}, kStart));
  Do(plan, state, Join{{Dev('a'), Dev('a'), Dev('b'), Dev('c')}});
  ASSERT_TRUE(std::holds_alternative<Collecting>(state));
  EXPECT_EQ(std::get<Collecting>(state).awaited, (DeviceSet{Dev('a'), Dev('b')}));
}

TEST(Round, SumsEvaluationsWhateverTheirOrder) {
  const RoundPlan plan = PlanOf(1, 1, 1);
  RoundState state = After(Open(plan, {Dev('a')}, kStart));
  Do(plan, state, Checkpointed{{Dev('a')}, "1"});
  Do(plan, state, Aggregated{Digest(), Digest(), {Dev('x'), Dev('y')}});
  Do(plan, state, Evaluate{Dev('y'), {2, {{"sse", 30}}}});
  Do(plan, state, Evaluate{Dev('y'), {9, {{"sse", 99}}}});  // A retry does not count twice.
  Do(plan, state, Evaluate{Dev('x'), {1, {{"sse", 12}}}});
  ASSERT_TRUE(std::holds_alternative<Published>(state));
  EXPECT_EQ(std::get<Published>(state).sums, (EvaluationSums{3, {{"sse", 42}}}));
  EXPECT_EQ(std::get<Published>(state).evaluated, 2u);
}

TEST(Round, SumsTheSlicesOfAnEvaluationApartAndSaysSoInItsFacts) {
  const RoundPlan plan = PlanOf(1, 1, 1);
  RoundState state = After(Open(plan, {Dev('a')}, kStart));
  Do(plan, state, Checkpointed{{Dev('a')}, "1"});
  Do(plan, state, Aggregated{Digest(), Digest(), {Dev('w'), Dev('x'), Dev('y'), Dev('z')}});
  Do(plan, state, Evaluate{Dev('y'), {2, {{"sse", 30}}}, "north"});
  Do(plan, state, Evaluate{Dev('w'), {1, {{"sse", 1}}}, "others"});
  const EvaluateTogether together{{Dev('x'), Dev('z')},
                                  {7, {{"sse", 9}}},
                                  {},
                                  {{"north", {5, {{"sse", 8}}}}, {"others", {2, {{"sse", 1}}}}}};
  const auto facts = Decide(plan, state, together, kStart);
  ASSERT_THAT(facts, testing::IsOk());
  for (const RoundFact& fact : *facts) {
    const auto row = EncodeRoundFact(fact, "system", kStart);
    ASSERT_THAT(row, testing::IsOk());
    Apply(state, *DecodeRoundFact(*row));  // As a restart would.
  }
  const SliceSums expected = {{"north", {7, {{"sse", 38}}}}, {"others", {3, {{"sse", 2}}}}};
  EXPECT_EQ(std::get<Published>(state).slices, expected);
  EXPECT_EQ(std::get<Published>(state).sums, (EvaluationSums{10, {{"sse", 40}}}));
}

TEST(Round, AnEvaluationWithoutSlicesSaysNothingOfThem) {
  for (const RoundFact& fact : {RoundFact(EvaluationCounted{Dev('x'), {2, {{"sse", 30}}}, kStart}),
                                RoundFact(EvaluationsSummed{{Dev('x')}, {2, {{"sse", 30}}}})}) {
    const std::string row = EncodeRoundFact(fact, "system", kStart).value();
    EXPECT_EQ(row.find("slice"), row.npos) << row;
    EXPECT_THAT(DecodeRoundFact(row), testing::IsOk());
  }
}

TEST(Round, ThatOnlyEvaluatesBeginsWhereOthersHaveAggregatedAndComesBackFromItsFacts) {
  const RoundPlan plan = PlanOf(1, 1, 1);
  const Digest params({std::byte{3}});
  RoundFacts facts = OpenEvaluation(plan, params, {Dev('a'), Dev('b')}, kStart);
  RoundState state = After(facts);
  ASSERT_EQ(PhaseOf(state), "evaluating");
  const auto owed = Pending(state);
  ASSERT_EQ(owed.size(), 1u);
  EXPECT_EQ(std::get<OfferEvaluation>(owed[0]).params, params);
  for (const char device : {'a', 'b'}) {
    const auto more = Decide(plan, state, Evaluate{Dev(device), {2, {{"sae", 5}}}}, kStart);
    ASSERT_TRUE(more.ok()) << more.status();
    for (const RoundFact& fact : *more) {
      Apply(state, fact);
      facts.push_back(fact);
    }
  }
  RoundState replayed;
  for (const RoundFact& fact : facts)
    Apply(replayed, *DecodeRoundFact(*EncodeRoundFact(fact, "system", kStart)));
  for (const RoundState& s : {state, replayed}) {
    const auto& published = std::get<Published>(s);
    EXPECT_EQ(published.counted, 0u);
    EXPECT_EQ(published.evaluated, 2u);
    EXPECT_EQ(published.params, params);
    EXPECT_EQ(published.sums.examples, 4u);
  }
}

TEST(Round, ThatOnlyEvaluatesIsOverAtOnceWhenThereIsNobody) {
  const RoundState state = After(OpenEvaluation(PlanOf(1, 1, 1), Digest(), {}, kStart));
  EXPECT_EQ(std::get<Published>(state).evaluated, 0u);
}

TEST(Round, CountsASumThatCameTogetherAndDropsTheRest) {
  const RoundPlan plan = PlanOf(3, 3, 2);
  RoundState state = Collecting3();
  const CountTogether sum{
      {Dev('a'), Dev('c')}, "f", {{Dev('b'), Reason::kTASK_FAILED, "no memory"}}};
  const auto facts = Decide(plan, state, sum, kStart);
  ASSERT_TRUE(facts.ok());
  Do(plan, state, sum);
  ASSERT_TRUE(std::holds_alternative<Aggregating>(state));
  EXPECT_EQ(std::get<Aggregating>(state).counted, (DeviceSet{Dev('a'), Dev('c')}));
  EXPECT_EQ(std::get<Aggregating>(state).checkpoint, "f");
  const auto* dropped = std::get_if<DeviceDropped>(&facts->at(1));
  ASSERT_NE(dropped, nullptr);
  EXPECT_EQ(dropped->reason, Reason::kTASK_FAILED);
  EXPECT_EQ(ReasonOf(Decide(plan, state, sum, kStart).status()), Reason::kROUND_CLOSED);
}

TEST(Round, IsAbandonedWhenNoSumComes) {
  RoundState state = Collecting3();
  Do(PlanOf(3, 3, 2), state, CountTogether{});
  ASSERT_TRUE(std::holds_alternative<Abandoned>(state));
  EXPECT_EQ(std::get<Abandoned>(state).reason, Reason::kTOO_FEW_UPDATES);
}

TEST(Round, RefusesASumThatHoldsAnOutsider) {
  EXPECT_EQ(ReasonOf(Decide(PlanOf(3, 3, 2), Collecting3(),
                            CountTogether{{Dev('a'), Dev('e')}, "f", {}}, kStart)
                         .status()),
            Reason::kNOT_IN_COHORT);
}

TEST(Round, PublishesWithEvaluationsThatCameTogether) {
  const RoundPlan plan = PlanOf(3, 3, 2);
  RoundState state = Collecting3();
  Do(plan, state, CountTogether{{Dev('a'), Dev('b'), Dev('c')}, "f", {}});
  Do(plan, state, Aggregated{Digest(), Digest(), {Dev('x'), Dev('y'), Dev('z')}});
  EvaluationSums sums;
  sums.examples = 7;
  sums.sums_micro["sse"] = 9;
  EXPECT_EQ(ReasonOf(Decide(plan, state, EvaluateTogether{{Dev('a')}, sums, {}}, kStart).status()),
            Reason::kNOT_IN_COHORT);
  Do(plan, state, EvaluateTogether{{Dev('x'), Dev('z')}, sums, {}});
  ASSERT_TRUE(std::holds_alternative<Published>(state));
  EXPECT_EQ(std::get<Published>(state).evaluated, 2U);
  EXPECT_EQ(std::get<Published>(state).sums, sums);
}

TEST(Round, SumsStopAtWhatAFactCanHold) {
  constexpr std::int64_t kMost = (1LL << 53) - 1;
  const RoundPlan plan = PlanOf(1, 1, 1);
  RoundState state = After(Open(plan, {Dev('a')}, kStart));
  Do(plan, state, Checkpointed{{Dev('a')}, "1"});
  Do(plan, state, Aggregated{Digest(), Digest(), {Dev('x'), Dev('y')}});
  Do(plan, state, Evaluate{Dev('x'), {kMost, {{"sse", kMost}}}});
  Do(plan, state, Evaluate{Dev('y'), {kMost, {{"sse", kMost}}}});
  ASSERT_TRUE(std::holds_alternative<Published>(state));
  EXPECT_EQ(std::get<Published>(state).sums, (EvaluationSums{kMost, {{"sse", kMost}}}));
}

TEST(Round, ACancelledRoundPublishesNothing) {
  const RoundPlan plan = PlanOf(3, 3, 2);
  RoundState state = Collecting3();
  Do(plan, state, Cancel{"not today"});
  EXPECT_EQ(std::get<Abandoned>(state).reason, Reason::kCAMPAIGN_CANCELLED);
}

RoundEvent RandomEvent(SeededRng& rng, ManualClock& clock) {
  const DeviceId who = Dev(static_cast<char>('a' + rng.Below(6)));
  switch (rng.Below(8)) {
    case 0: return Join{{who, Dev(static_cast<char>('a' + rng.Below(6)))}};
    case 1:
    case 2: return Checkpointed{{who}, std::to_string(rng.Below(1000))};
    case 3: return Drop{who, Reason::kTASK_FAILED, ""};
    case 4: return Aggregated{Digest(), Digest(), rng.Below(2) ? DeviceSet{Dev('x')} : DeviceSet{}};
    case 5: return Evaluate{Dev('x'), {1, {{"sse", 5}}}};
    case 6: return Restart{};
    default: clock.Advance(Duration(static_cast<std::int64_t>(rng.Below(700)))); return Tick{};
  }
}

// However events fall: the model is published at most once, never from fewer than the minimum of
// updates, and the journal's rows alone rebuild the state.
TEST(RoundProperty, PublishesOnceFromEnoughUpdatesAndReplays) {
  int published = 0;
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed=" << seed);
    SeededRng rng(seed);
    ManualClock clock{kStart};
    const RoundPlan plan = PlanOf(4, 3, 2);
    std::vector<std::string> rows;
    RoundState live;
    int published_here = 0;
    const auto record = [&](const RoundFacts& facts) {
      for (const RoundFact& fact : facts) {
        Apply(live, fact);
        published_here += std::holds_alternative<ModelPublished>(fact);
        const auto row = EncodeRoundFact(fact, "system", clock.Now());
        ASSERT_TRUE(row.ok()) << row.status();
        rows.push_back(*row);
        if (const auto* a = std::get_if<Aggregating>(&live)) {
          EXPECT_GE(a->counted.size(), plan.minimum);
        }
      }
    };
    record(Open(plan,
                rng.Below(2) ? std::vector{Dev('a'), Dev('b'), Dev('c')} : std::vector<DeviceId>{},
                clock.Now()));
    for (int step = 0; step < 60; ++step) {
      const RoundEvent event = RandomEvent(rng, clock);
      const auto facts = Decide(plan, live, event, clock.Now());
      if (facts.ok()) record(*facts);
    }
    RoundState replayed;
    for (const std::string& row : rows) {
      const auto fact = DecodeRoundFact(row);
      ASSERT_TRUE(fact.ok()) << fact.status();
      Apply(replayed, *fact);
    }
    EXPECT_EQ(replayed.index(), live.index());
    EXPECT_EQ(Pending(replayed).size(), Pending(live).size());
    EXPECT_LE(published_here, 1);
    published += published_here;
  }
  EXPECT_GT(published, 100);  // The events do reach the end often enough to mean something.
}

}  // namespace
}  // namespace muster::coordinator
