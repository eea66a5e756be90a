#include "coordinator/training/round_work.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/safetensors.h"
#include "tests/support/manual_executor.h"
#include "tests/support/memory_blobs.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/coordinator/specs.h"

namespace muster::coordinator {
namespace {

using ::muster::testing::ManualExecutor;
using ::muster::testing::MemoryBlobs;
using ::muster::testing::MemoryFiles;

struct Heard final : RoundWorkEvents {
  void OnCheckpoint(const RoundKey&, std::vector<DeviceId> devices, std::string file) override {
    checkpoints.emplace_back(std::move(devices), std::move(file));
  }
  void OnAggregated(const RoundKey&, Digest p, Digest o) override { models.emplace_back(p, o); }
  void OnWorkFailed(const RoundKey&, const Status& why) override { failures.push_back(why); }
  std::vector<std::pair<std::vector<DeviceId>, std::string>> checkpoints;
  std::vector<std::pair<Digest, Digest>> models;
  std::vector<Status> failures;
};

class Work : public ::testing::Test {
 protected:
  Work() {
    base = std::make_shared<const Params>(ParamsOf({1, 2, 3, 4}));
    spec = SmallCampaign().aggregation;
    spec.rule = aggregation::FedAvg{};
  }
  static Params ParamsOf(std::vector<float> values) {
    return {*Layout::Make({{"b", DType::kF32, {2}}, {"a", DType::kF32, {1, 2}}}),
            std::move(values)};
  }
  static Bytes Update(std::vector<float> values) {
    return SerializeParams(ParamsOf(std::move(values)).View());
  }
  std::shared_ptr<RoundWork> Make(DeviceSet counted = {}, std::string checkpoint = "") {
    return RoundWork::Make({CampaignName("c"), RoundNumber(1), 1}, base, spec, 4,
                           std::move(counted), std::move(checkpoint),
                           {blobs, files, executor, executor, log, clock}, heard);
  }
  void Fold(RoundWork& work, const char* device, std::vector<float> values) {
    auto screened = work.Screen(DeviceId(device), Update(std::move(values)), 10);
    ASSERT_TRUE(screened.ok()) << screened.status();
    work.Fold(*std::move(screened));
    executor.Run();
  }
  std::vector<float> Model(std::size_t i) {
    return ParseParams(*blobs.Get(heard.models.at(i).first))->values;
  }
  std::optional<Reason> Refusal(Bytes file, std::uint64_t examples = 10) {
    return ReasonOf(Make()->Screen(DeviceId("eve"), std::move(file), examples).status());
  }

  bool disk_full = false;
  MemoryBlobs blobs;
  ManualClock clock{FromUnixMillis(1'000'000)};
  Duration disk_takes{0};
  MemoryFiles files{[this](std::string_view what) {
    if (what == "file.put") clock.Advance(disk_takes);
    return disk_full ? WithReason(ResourceExhausted("full"), Reason::kDISK_FULL) : Ok();
  }};
  ManualExecutor executor;
  NullLogger log;
  Heard heard;
  std::shared_ptr<const Params> base;
  AggregationSpec spec;
};

TEST_F(Work, TheMeanOfTheUpdatesMovesTheModel) {
  const auto work = Make();
  Fold(*work, "ann", {1, 0, 0, 0});
  work->Acknowledge(heard.checkpoints.at(0).second);
  Fold(*work, "bob", {3, 1, 0, -2});
  ASSERT_EQ(heard.checkpoints.size(), 2u);
  work->Aggregate({DeviceId("ann"), DeviceId("bob")}, heard.checkpoints[1].second, Digest());
  executor.Run();
  ASSERT_EQ(heard.models.size(), 1u);
  EXPECT_EQ(Model(0), (std::vector<float>{3, 2.5, 3, 3}));
}

TEST_F(Work, ALateUpdateThatWasNotCountedIsNotInTheSum) {
  const auto work = Make();
  Fold(*work, "ann", {1, 0, 0, 0});
  Fold(*work, "bob", {8, 8, 8, 8});  // In memory, but never acknowledged.
  work->Aggregate({DeviceId("ann")}, heard.checkpoints.at(0).second, Digest());
  executor.Run();
  ASSERT_EQ(heard.models.size(), 1u);
  EXPECT_EQ(Model(0), (std::vector<float>{2, 2, 3, 4}));
}

TEST_F(Work, ARestartGoesOnFromTheCheckpointAndGivesTheSameModel) {
  const auto first = Make();
  Fold(*first, "ann", {1, .25, 0, 0});
  const std::string saved = heard.checkpoints.at(0).second;
  const auto second = Make({DeviceId("ann")}, saved);
  Fold(*second, "bob", {3, .5, 0, 0});
  second->Aggregate({DeviceId("ann"), DeviceId("bob")}, heard.checkpoints.at(1).second, Digest());
  executor.Run();
  first->Acknowledge(saved);
  Fold(*first, "bob", {3, .5, 0, 0});
  first->Aggregate({DeviceId("ann"), DeviceId("bob")}, heard.checkpoints.back().second, Digest());
  executor.Run();
  ASSERT_EQ(heard.models.size(), 2u);
  EXPECT_EQ(heard.models[0], heard.models[1]);
}

TEST_F(Work, WaitsForTheJournalBeforeTheNextCheckpoint) {
  const auto work = Make();
  Fold(*work, "ann", {1, 0, 0, 0});
  Fold(*work, "bob", {1, 0, 0, 0});
  EXPECT_EQ(heard.checkpoints.size(), 1u);
  EXPECT_EQ(work->InFlight(), 2u);
  work->RepeatCheckpoint();
  executor.Run();
  ASSERT_EQ(heard.checkpoints.size(), 2u);
  EXPECT_EQ(heard.checkpoints[0], heard.checkpoints[1]);
  work->Acknowledge(heard.checkpoints[0].second);
  executor.Run();
  ASSERT_EQ(heard.checkpoints.size(), 3u);
  EXPECT_EQ(heard.checkpoints[2].first, std::vector{DeviceId("bob")});
}

TEST_F(Work, ASlowDiskIsNotWrittenForEachUpdateButTheLastOneOfTheCohortWaitsForNothing) {
  const auto work = Make();
  disk_takes = Duration(100);
  Fold(*work, "ann", {1, 0, 0, 0});
  ASSERT_EQ(heard.checkpoints.size(), 1u);
  work->Acknowledge(heard.checkpoints[0].second);
  Fold(*work, "bob", {1, 0, 0, 0});
  Fold(*work, "cid", {1, 0, 0, 0});
  EXPECT_EQ(heard.checkpoints.size(), 1u);
  clock.Advance(Duration(399));
  executor.RunUntil(clock.Now());
  EXPECT_EQ(heard.checkpoints.size(), 1u);
  clock.Advance(Duration(1));
  executor.RunUntil(clock.Now());
  ASSERT_EQ(heard.checkpoints.size(), 2u);
  EXPECT_EQ(heard.checkpoints[1].first, (std::vector{DeviceId("bob"), DeviceId("cid")}));
  work->Acknowledge(heard.checkpoints[1].second);
  Fold(*work, "dan", {1, 0, 0, 0});
  ASSERT_EQ(heard.checkpoints.size(), 3u);
  EXPECT_EQ(heard.checkpoints[2].first, std::vector{DeviceId("dan")});
}

TEST_F(Work, UpdatesThatQueueAreFoldedTogetherAndEachOnce) {
  const auto work = Make();
  for (const char* device : {"ann", "bob", "ann"}) {
    auto screened = work->Screen(DeviceId(device), Update({2, 4, 0, 0}), 10);
    ASSERT_TRUE(screened.ok()) << screened.status();
    work->Fold(*std::move(screened));
  }
  EXPECT_EQ(work->InFlight(), 3u);
  executor.Run();
  ASSERT_EQ(heard.checkpoints.size(), 1u);
  EXPECT_EQ(heard.checkpoints[0].first, (std::vector{DeviceId("ann"), DeviceId("bob")}));
  work->Acknowledge(heard.checkpoints[0].second);
  executor.Run();
  EXPECT_EQ(work->InFlight(), 0u);
  work->Aggregate({DeviceId("ann"), DeviceId("bob")}, heard.checkpoints[0].second, Digest());
  executor.Run();
  EXPECT_EQ(Model(0), (std::vector<float>{3, 6, 3, 4}));
}

TEST_F(Work, AFullDiskCountsNothingAndIsTriedAgain) {
  const auto work = Make();
  disk_full = true;
  Fold(*work, "ann", {1, 0, 0, 0});
  EXPECT_TRUE(heard.checkpoints.empty());
  ASSERT_FALSE(heard.failures.empty());
  EXPECT_EQ(ReasonOf(heard.failures[0]), Reason::kDISK_FULL);
  disk_full = false;
  work->RepeatCheckpoint();
  executor.Run();
  EXPECT_EQ(heard.checkpoints.size(), 1u);
}

TEST_F(Work, AnUpdateFoldedTwiceCountsOnce) {
  const auto work = Make();
  Fold(*work, "ann", {1, 0, 0, 0});
  work->Acknowledge(heard.checkpoints.at(0).second);
  Fold(*work, "ann", {1, 0, 0, 0});
  EXPECT_EQ(heard.checkpoints.size(), 1u);
}

TEST_F(Work, RefusesEachKindOfBadUpdateWithItsReason) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float inf = std::numeric_limits<float>::infinity();
  EXPECT_EQ(Refusal(Update({nan, 0, 0, 0})), Reason::kUPDATE_NON_FINITE);
  EXPECT_EQ(Refusal(Update({0, 0, 0, -inf})), Reason::kUPDATE_NON_FINITE);
  EXPECT_EQ(Refusal(Update({17, 0, 0, 0})), Reason::kUPDATE_OVER_BOUND);
  spec.max_norm = 1;
  EXPECT_EQ(Refusal(Update({1, 1, 0, 0})), Reason::kUPDATE_OVER_NORM);
  spec.max_norm.reset();
  EXPECT_EQ(Refusal(Bytes(7)), Reason::kUPDATE_UNREADABLE);
  EXPECT_EQ(Refusal({}), Reason::kUPDATE_UNREADABLE);
  const Params one{*Layout::Make({{"a", DType::kF32, {1}}}), {1}};
  EXPECT_EQ(Refusal(SerializeParams(one.View())), Reason::kUPDATE_WRONG_LAYOUT);
  const Params renamed{*Layout::Make({{"b", DType::kF32, {2}}, {"c", DType::kF32, {1, 2}}}),
                       {1, 2, 3, 4}};
  EXPECT_EQ(Refusal(SerializeParams(renamed.View())), Reason::kUPDATE_WRONG_LAYOUT);
  EXPECT_EQ(Refusal(Update({0, 0, 0, 0}), 0), Reason::kUPDATE_OVER_WEIGHT);
  EXPECT_EQ(Refusal(Update({0, 0, 0, 0}), 1'000'000'000'000'000), Reason::kUPDATE_OVER_WEIGHT);
  spec.weights = aggregation::WeightRule::kCappedExamples;
  spec.example_cap = 100;
  EXPECT_EQ(Refusal(Update({0, 0, 0, 0}), 101), Reason::kUPDATE_OVER_WEIGHT);
}

TEST_F(Work, RefusesAnotherDtypeAndTensorsOutOfOrder) {
  const std::vector<TensorSpec> ints{{"a", DType::kI32, {1, 2}}, {"b", DType::kI32, {2}}};
  const std::string header = SafetensorsHeader(ints);
  Bytes file(AsBytes(header).begin(), AsBytes(header).end());
  file.resize(file.size() + 16);
  EXPECT_EQ(Refusal(file), Reason::kUPDATE_WRONG_DTYPE);
  const std::vector<TensorSpec> swapped{{"b", DType::kF32, {2}}, {"a", DType::kF32, {1, 2}}};
  const std::string header2 = SafetensorsHeader(swapped);
  Bytes file2(AsBytes(header2).begin(), AsBytes(header2).end());
  file2.resize(file2.size() + 16);
  EXPECT_EQ(Refusal(file2), Reason::kUPDATE_WRONG_LAYOUT);
}

TEST_F(Work, DiscardLeavesNoFilesBehind) {
  const auto work = Make();
  Fold(*work, "ann", {1, 0, 0, 0});
  EXPECT_FALSE(files.List("")->empty());
  work->Discard();
  executor.Run();
  EXPECT_TRUE(files.List("")->empty());
}

}  // namespace
}  // namespace muster::coordinator
