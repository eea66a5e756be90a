#include "coordinator/monitor/judge.h"

#include <gtest/gtest.h>

#include "base/seeded.h"

namespace muster::coordinator {
namespace {
namespace statistics = aggregation::statistics;
using statistics::WindowTally;

constexpr std::uint32_t kRows = 50;
constexpr std::uint64_t kDevices = 6;

statistics::WindowQuery Query(std::vector<std::string> fields) {
  statistics::WindowQuery query;
  query.monitor = "fleet";
  query.epoch = 1;
  query.contract = "engine";
  query.version = 1;
  query.model = "rul";
  query.model_version = 1;
  query.rows = kRows;
  for (std::string& name : fields) query.fields.push_back({std::move(name), 0, 1, 10});
  query.measures.push_back({"error", 0, 4, 1});
  return query;
}

// Shards of six devices that each have 50 rows; a field's rows lie in its bins from `shift[f]` on.
WindowTally Tally(const statistics::WindowQuery& query, int shards, std::uint64_t seed,
                  std::vector<std::uint64_t> shift, std::vector<std::string> group = {}) {
  SeededRng rng(seed);
  WindowTally out{query, {}};
  for (int g = 0; g < shards; ++g) {
    statistics::ShardTotals& shard = out.shards.emplace_back();
    shard.devices = kDevices;
    shard.group = group;
    for (const auto& field : statistics::FieldsOf(query)) shard.totals.emplace_back(field.count);
    std::size_t begin = 0;
    for (std::size_t f = 0; f < query.fields.size(); ++f) {
      for (std::uint64_t i = 0; i < kDevices * kRows; ++i) {
        const std::uint64_t bin = std::min<std::uint64_t>(9, rng.Below(6) + shift[f]);
        ++shard.totals[0][begin + 1 + bin];
      }
      begin += statistics::CellsOf(query.fields[f]);
    }
    shard.totals[1][0] = kDevices * kRows;
    shard.totals[2][0] = kDevices * kRows * (std::uint64_t{1} << statistics::kSumBits) / 8;
    shard.totals[3][0] = kDevices;
  }
  return out;
}

const JudgeRule kRule{5, 0.01, {}};

TEST(Judge, TellsAShiftInOneFieldAndNotInTheOther) {
  const auto query = Query({"s1", "s2"});
  const WindowOutcome outcome =
      JudgeWindow(Tally(query, 12, 1, {0, 3}), Tally(query, 12, 2, {0, 0}), kRule);
  EXPECT_TRUE(outcome.judged) << outcome.why;
  EXPECT_TRUE(outcome.drifted);
  ASSERT_EQ(outcome.features.size(), 2u);
  EXPECT_FALSE(outcome.features[0].drifted);
  EXPECT_TRUE(outcome.features[1].drifted);
  EXPECT_LT(outcome.features[1].p, 1e-4);
  EXPECT_GT(outcome.features[1].psi, 0.2);
  EXPECT_EQ(outcome.devices, 72u);
  EXPECT_EQ(outcome.shards, 12u);
  EXPECT_EQ(outcome.rows, 72u * kRows);
  ASSERT_EQ(outcome.features[1].now.size(), 13u);
  EXPECT_EQ(outcome.features[1].now[1], 0u) << "nothing is left in the first bin";
  EXPECT_GT(outcome.features[1].before[1], 100'000u);
  ASSERT_EQ(outcome.measures.size(), 1u);
  EXPECT_NEAR(outcome.measures[0].mean, 0.5, 1e-9);
  EXPECT_EQ(outcome.measures[0].count, 72u * kRows);
}

TEST(Judge, SaysNothingOfAWindowThatIsLikeItsReference) {
  const auto query = Query({"s1", "s2"});
  int drifted = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed)
    drifted += JudgeWindow(Tally(query, 12, 2 * seed + 10, {0, 0}),
                           Tally(query, 12, 2 * seed + 11, {0, 0}), kRule)
                   .drifted;
  EXPECT_LE(drifted, 2);
}

TEST(Judge, DoesNotJudgeTooFewShardsAndSaysWhy) {
  const auto query = Query({"s1"});
  const WindowOutcome outcome =
      JudgeWindow(Tally(query, 9, 1, {3}), Tally(query, 12, 2, {0}), kRule);
  EXPECT_FALSE(outcome.judged);
  EXPECT_FALSE(outcome.drifted);
  EXPECT_NE(outcome.why.find("TOO_FEW_DEVICES"), std::string::npos) << outcome.why;
  EXPECT_EQ(outcome.measures.size(), 1u) << "what was measured is measured";
  EXPECT_FALSE(outcome.features[0].now.empty());
}

TEST(Judge, OneDeviceWithABillionCountsNeitherRaisesNorSilencesTheFleet) {
  const auto query = Query({"s1"});
  const auto flooded = [&](std::uint64_t shift) {
    WindowTally out = Tally(query, 12, 1, {shift});
    out.shards[0].totals[0][10] += 1'000'000'000;
    return out;
  };
  const WindowOutcome calm = JudgeWindow(flooded(0), Tally(query, 12, 2, {0}), kRule);
  EXPECT_TRUE(calm.judged) << calm.why;
  EXPECT_FALSE(calm.drifted);
  EXPECT_EQ(calm.rows, 72u * kRows) << "it says no more than its shard may";
  const WindowOutcome moved = JudgeWindow(flooded(3), Tally(query, 12, 2, {0}), kRule);
  EXPECT_TRUE(moved.drifted) << moved.why;
}

TEST(Judge, AFieldThatTheReferenceLacksIsNotTestedAndTheOthersAre) {
  const WindowOutcome outcome = JudgeWindow(Tally(Query({"s1", "$prediction"}), 12, 1, {3, 0}),
                                            Tally(Query({"s1"}), 12, 2, {0}), kRule);
  EXPECT_TRUE(outcome.drifted);
  ASSERT_EQ(outcome.features.size(), 2u);
  EXPECT_TRUE(outcome.features[0].drifted);
  EXPECT_FALSE(outcome.features[1].why.empty());
  EXPECT_FALSE(outcome.features[1].now.empty());
}

// A window of the version in which `s1` and the predictions lie where they are put.
WindowTally Predicted(std::uint64_t epoch, std::uint64_t shift, std::uint64_t predicted,
                      int shards = 12) {
  WindowTally out = Tally(Query({"s1", "$prediction"}), shards, 100 + epoch, {shift, predicted});
  out.query.epoch = epoch;
  return out;
}
WindowTally RowsOnly() { return Tally(Query({"s1"}), 12, 2, {0}); }

TEST(Judge, PredictionsAreHeldAgainstTheBaselineOfTheirVersion) {
  const WindowTally baseline = Predicted(4, 0, 0);
  const WindowOutcome moved = JudgeWindow(Predicted(5, 0, 3), RowsOnly(), kRule, &baseline);
  EXPECT_TRUE(moved.judged) << moved.why;
  EXPECT_TRUE(moved.drifted) << "a prediction that has moved is drift as any field's is";
  ASSERT_EQ(moved.features.size(), 2u);
  EXPECT_FALSE(moved.features[0].drifted) << "no input moved";
  EXPECT_EQ(moved.features[0].baseline, 0u);
  EXPECT_TRUE(moved.features[1].drifted);
  EXPECT_EQ(moved.features[1].why, "");
  EXPECT_EQ(moved.features[1].baseline, 4u);
  ASSERT_EQ(moved.features[1].before.size(), 13u);
  EXPECT_GT(moved.features[1].before[1], 100'000u) << "then: what the baseline predicted";
  const WindowOutcome same = JudgeWindow(Predicted(5, 0, 0), RowsOnly(), kRule, &baseline);
  EXPECT_FALSE(same.drifted);
  EXPECT_EQ(same.features[1].why, "");
  EXPECT_EQ(*WindowOutcomeFrom(ToJson(moved)), moved);
}

TEST(Judge, OneMoreFeatureIsOneMoreInTheAdjustment) {
  const WindowTally baseline = Predicted(4, 0, 0);
  const WindowTally now = Predicted(5, 1, 0);
  const double alone = JudgeWindow(now, RowsOnly(), kRule).features[0].p;
  const double with = JudgeWindow(now, RowsOnly(), kRule, &baseline).features[0].p;
  ASSERT_GT(alone, 0);
  ASSERT_LT(alone, 0.5);
  EXPECT_DOUBLE_EQ(with, 2 * alone);
}

TEST(Judge, AWindowWithoutDriftInWhichEnoughShardsPredictIsTheBaseline) {
  const auto judged = [&](const WindowTally& now, const WindowTally* baseline = nullptr) {
    const WindowOutcome outcome = JudgeWindow(now, RowsOnly(), kRule, baseline);
    const bool is = IsBaseline(now, outcome, kRule);
    EXPECT_EQ(outcome.features.back().why.starts_with("this window is the baseline"), is);
    return is;
  };
  EXPECT_TRUE(judged(Predicted(4, 0, 0)));
  EXPECT_FALSE(judged(Predicted(4, 3, 0))) << "an input has drifted";
  const WindowTally few = Predicted(4, 0, 0, 9);
  EXPECT_FALSE(judged(few)) << "nothing was judged";
  WindowTally silent = Predicted(4, 0, 0);
  for (std::size_t g = 0; g < 3; ++g)
    for (std::size_t cell = 13; cell < 25; ++cell) {
      silent.shards[g].totals[0][25] += silent.shards[g].totals[0][cell];
      silent.shards[g].totals[0][cell] = 0;
    }
  EXPECT_FALSE(judged(silent)) << "nine shards predicted anything";
  const WindowTally baseline = Predicted(4, 0, 0);
  EXPECT_FALSE(judged(Predicted(5, 0, 0), &baseline)) << "there is one";
  WindowTally wider = baseline;
  wider.query.fields[1].hi = 2;
  EXPECT_TRUE(judged(Predicted(5, 0, 0), &wider)) << "that does not fit any more";
  EXPECT_FALSE(IsBaseline(RowsOnly(), JudgeWindow(RowsOnly(), RowsOnly(), kRule), kRule));
}

TEST(Judge, GroupsHoldPredictionsAgainstTheBaselinesGroups) {
  const auto both = [](std::uint64_t epoch, std::uint64_t north) {
    WindowTally out = Predicted(epoch, 0, north);
    for (auto& shard : out.shards) shard.group = {"north"};
    for (auto& shard : Predicted(epoch + 50, 0, 0).shards)
      out.shards.emplace_back(shard).group = {"south"};
    return out;
  };
  WindowTally reference = RowsOnly();
  for (auto& shard : reference.shards) shard.group = {"north"};
  for (auto& shard : Tally(Query({"s1"}), 12, 3, {0}).shards)
    reference.shards.emplace_back(shard).group = {"south"};
  const WindowTally baseline = both(4, 0);
  const WindowOutcome outcome =
      JudgeWindow(both(5, 3), reference, {5, 0.01, {"region"}}, &baseline);
  ASSERT_EQ(outcome.groups.size(), 2u);
  EXPECT_FALSE(outcome.groups[0].features[0].drifted);
  EXPECT_TRUE(outcome.groups[0].features[1].drifted);
  EXPECT_FALSE(outcome.groups[1].features[1].drifted);
}

// Devices differ, so the values of one resemble each other. However the baseline fell, a fleet in
// which nothing happens alarms as often as it was asked to at most; more than 34 of 400 are one in
// a thousand at that rate.
TEST(JudgeProperty, AFleetInWhichNothingHappensAlarmsAtItsLevelWithPredictionsToo) {
  constexpr double kLevel = 0.05;
  const JudgeRule rule{5, kLevel, {}};
  const auto fleet = [](std::uint64_t seed, std::uint64_t epoch, std::vector<std::string> fields) {
    SeededRng rng(seed);
    WindowTally out = Tally(Query(std::move(fields)), 12, seed, {0, 0, 0, 0});
    out.query.epoch = epoch;
    for (auto& shard : out.shards) {
      std::fill(shard.totals[0].begin(), shard.totals[0].end(), 0);
      for (std::uint64_t device = 0; device < kDevices; ++device)
        for (std::size_t f = 0; f < out.query.fields.size(); ++f) {
          const std::uint64_t own = rng.Below(5);
          for (std::uint32_t row = 0; row < kRows; ++row)
            ++shard.totals[0][f * 13 + 1 + own + rng.Below(5)];
        }
    }
    return out;
  };
  int windows = 0;
  int alarms = 0;
  int predictions = 0;
  for (std::uint64_t seed = 1; windows < 400; ++seed) {
    const WindowTally reference = fleet(3 * seed, 1, {"s1", "s2", "s3"});
    const WindowTally first = fleet(3 * seed + 1, 2, {"s1", "s2", "s3", "$prediction"});
    if (!IsBaseline(first, JudgeWindow(first, reference, rule), rule)) continue;
    const WindowOutcome outcome = JudgeWindow(
        fleet(3 * seed + 2, 3, {"s1", "s2", "s3", "$prediction"}), reference, rule, &first);
    ++windows;
    alarms += outcome.drifted;
    predictions += outcome.features[3].drifted;
  }
  EXPECT_LE(alarms, 34) << "of 400 at " << kLevel;
  EXPECT_LE(predictions, 20);
  RecordProperty("alarms", alarms);
  RecordProperty("predictions", predictions);
}

TEST(Judge, LooksCloserByGroupWhereThereAreEnoughShards) {
  const auto query = Query({"s1"});
  const auto both = [&](std::uint64_t seed, std::uint64_t north_shift) {
    WindowTally out = Tally(query, 12, seed, {north_shift}, {"north"});
    const WindowTally south = Tally(query, 12, seed + 1, {0}, {"south"});
    out.shards.insert(out.shards.end(), south.shards.begin(), south.shards.end());
    return out;
  };
  const JudgeRule rule{5, 0.01, {"region"}};
  const WindowOutcome outcome = JudgeWindow(both(1, 3), both(5, 0), rule);
  EXPECT_TRUE(outcome.drifted);
  ASSERT_EQ(outcome.groups.size(), 2u);
  EXPECT_EQ(outcome.groups[0].labels, (LabelMap{{"region", "north"}}));
  EXPECT_EQ(outcome.groups[0].devices, 72u);
  EXPECT_TRUE(outcome.groups[0].features[0].drifted);
  EXPECT_FALSE(outcome.groups[1].features[0].drifted);
}

TEST(Judge, AReferenceIsDescribedAndNeedsEnoughShards) {
  const auto query = Query({"s1"});
  const WindowOutcome enough = DescribeReference(Tally(query, 10, 1, {0}), kRule);
  EXPECT_TRUE(enough.judged);
  EXPECT_EQ(enough.rows, 60u * kRows);
  EXPECT_FALSE(enough.features[0].now.empty());
  EXPECT_FALSE(DescribeReference(Tally(query, 9, 1, {0}), kRule).judged);
  // A fleet that is too small for the test is measured all the same.
  JudgeRule small = kRule;
  small.measures_only = true;
  const WindowOutcome few = DescribeReference(Tally(query, 4, 1, {0}), small);
  EXPECT_TRUE(few.judged);
  EXPECT_NE(few.why.find("TOO_FEW_DEVICES"), std::string::npos) << few.why;
  WindowTally empty = Tally(query, 12, 1, {0});
  for (auto& shard : empty.shards)
    for (auto& cell : shard.totals[0]) cell = 0;
  EXPECT_FALSE(DescribeReference(empty, kRule).judged) << "nobody had rows";
}

TEST(Judge, OutcomesSurviveTheirJson) {
  const auto query = Query({"s1", "s2"});
  const WindowOutcome outcome =
      JudgeWindow(Tally(query, 12, 1, {0, 3}), Tally(query, 12, 2, {0, 0}), kRule);
  const auto back = WindowOutcomeFrom(ToJson(outcome));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(*back, outcome);
}

}  // namespace
}  // namespace muster::coordinator
