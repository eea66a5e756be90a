#include "client/serving/serving_core.h"

#include "tests/unit/client_serving/serving_harness.h"

namespace muster::testing {
namespace {
using client::Loaded;
using client::Served;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using namespace std::chrono_literals;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
StatusOr<float> Crash(std::span<const float>) {
  return WithReason(FailedPrecondition("the worker died"), Reason::kTASK_FAILED);
}

class ServingCoreTest : public ServingHarness, public ::testing::Test {
 protected:
  std::vector<Loaded::State> States() const {
    std::vector<Loaded::State> out;
    for (const Loaded& loaded : telemetry.Of<Loaded>()) out.push_back(loaded.state);
    return out;
  }
};

TEST_F(ServingCoreTest, PredictsEachNewRowInTheLabelsUnit) {
  Append("1,2\n");
  ASSERT_THAT(core->Install(Offer(1)), IsOk());
  Step();
  EXPECT_THAT(sink.lines, IsEmpty());  // Rows from before are not served unless it is asked for.
  Append("50,40\n-20,\n");
  Step();
  ASSERT_THAT(sink.lines, SizeIs(2));
  EXPECT_NEAR(Predictions()[0], 50, 1e-4);
  EXPECT_NEAR(Predictions()[1], -20, 1e-4);
  EXPECT_EQ(sink.lines[0].at("label"), 40);
  EXPECT_TRUE(sink.lines[1].at("label").is_null());
  EXPECT_EQ(sink.lines[0].at("version"), 1);
  EXPECT_EQ(sink.lines[0].at("row"), 1);
  EXPECT_EQ(sink.lines[1].at("row"), 2);
  EXPECT_EQ(core->State().version.value(), 1u);
}

TEST_F(ServingCoreTest, ServesRowsThatWereThereWhenItIsAskedTo) {
  from_beginning = true;
  Boot();
  Append("1,2\n3,4\n");
  ASSERT_THAT(core->Install(Offer(1)), IsOk());
  Step();
  EXPECT_THAT(sink.lines, SizeIs(2));
}

TEST_F(ServingCoreTest, AWindowIsOfGoodRowsInARow) {
  window = 2;
  Append("7,\n");
  ASSERT_THAT(core->Install(Offer(1)), IsOk());
  Append("8,\n");  // With the row before it, that was there.
  Step();
  EXPECT_THAT(sink.lines, SizeIs(1));
  Append("oops,\n9,\n10,\n");
  Step();
  EXPECT_THAT(sink.lines, SizeIs(2));
  EXPECT_NEAR(Predictions()[1], 10, 1e-4);
}

TEST_F(ServingCoreTest, BinaryPredictionsAreProbabilities) {
  Model(1, [](std::span<const float>) { return 2.0F; });
  client::ServingOffer offer = Offer(1);
  offer.label = {"y", std::nullopt, 1, true};
  ASSERT_THAT(core->Install(offer), IsOk());
  Append("1,0\n");
  Step();
  ASSERT_THAT(sink.lines, SizeIs(1));
  EXPECT_NEAR(Predictions()[0], 0.8808, 1e-4);
}

TEST_F(ServingCoreTest, AVersionThatGivesNoFiniteNumberIsRefusedAndTheOldOneGoesOn) {
  ASSERT_THAT(core->Install(Offer(1)), IsOk());
  Model(2, [](std::span<const float>) { return kNan; });
  ASSERT_THAT(core->Install(Offer(2)), IsOk());
  EXPECT_EQ(Version(), 1u);
  EXPECT_EQ(core->State().refused.value(), 2u);
  const auto loaded = telemetry.Of<Loaded>();
  ASSERT_THAT(loaded, SizeIs(2));
  EXPECT_EQ(loaded[1].state, Loaded::State::kRefused);
  EXPECT_EQ(loaded[1].reason, Reason::kSELF_TEST_FAILED);
  Append("5,\n");
  Step();
  EXPECT_THAT(sink.lines, SizeIs(1));
  // And after a restart it still knows.
  Boot();
  EXPECT_EQ(core->State().refused.value(), 2u);
  EXPECT_EQ(Version(), 1u);
}

TEST_F(ServingCoreTest, AVersionThatCrashesInItsSelfTestIsRefused) {
  Model(1, Crash);
  ASSERT_THAT(core->Install(Offer(1)), IsOk());
  EXPECT_EQ(Version(), 0u);
  EXPECT_EQ(core->State().refused.value(), 1u);
}

TEST_F(ServingCoreTest, AMissingWorkerSaysNothingOfTheVersion) {
  Model(1, [](std::span<const float>) -> StatusOr<float> { return Unavailable("no worker"); });
  EXPECT_THAT(core->Install(Offer(1)), HasCode(absl::StatusCode::kUnavailable));
  EXPECT_EQ(core->State().refused.value(), 0u);
  Model(1, [](std::span<const float> x) { return x.back(); });
  ASSERT_THAT(core->Install(Offer(1)), IsOk());
  // The same in service: the rows wait.
  Model(1, [](std::span<const float>) -> StatusOr<float> { return Unavailable("no worker"); });
  Append("5,\n");
  EXPECT_THAT(core->Step(), HasCode(absl::StatusCode::kUnavailable));
  Model(1, [](std::span<const float> x) { return x.back(); });
  Step();
  EXPECT_THAT(sink.lines, SizeIs(1));
}

TEST_F(ServingCoreTest, AVersionThatFailsThreeBatchesGivesWayToTheOneBefore) {
  ASSERT_THAT(core->Install(Offer(1)), IsOk());
  bool broken = false;
  Model(2, [&broken](std::span<const float> x) -> StatusOr<float> {
    return broken ? kNan : x.back();
  });
  ASSERT_THAT(core->Install(Offer(2)), IsOk());
  EXPECT_EQ(Version(), 2u);
  broken = true;
  for (int i = 0; i < 2; ++i) {
    Append("5,\n");
    Step();
    EXPECT_EQ(Version(), 2u);
  }
  Append("6,\n");
  Step();
  EXPECT_EQ(Version(), 1u);
  EXPECT_EQ(core->State().refused.value(), 2u);
  EXPECT_THAT(States(), ElementsAre(Loaded::State::kServing, Loaded::State::kServing,
                                    Loaded::State::kFallenBack, Loaded::State::kServing));
  Append("7,\n");
  Step();
  EXPECT_THAT(sink.lines, SizeIs(1));
  const auto served = telemetry.Of<Served>();
  ASSERT_THAT(served, SizeIs(1));  // Of version 2, when it left.
  EXPECT_EQ(served[0].failed, 3u);
  EXPECT_EQ(served[0].predictions, 0u);
}

TEST_F(ServingCoreTest, ABatchThatGoesWellForgivesThoseBefore) {
  int calls = 0;
  Model(1, [&calls](std::span<const float> x) -> StatusOr<float> {
    return ++calls % 3 == 0 ? StatusOr<float>(x.back()) : StatusOr<float>(kNan);
  });
  calls = 2;  // The self-test goes well.
  ASSERT_THAT(core->Install(Offer(1)), IsOk());
  for (int i = 0; i < 12; ++i) {
    Append("5,\n");
    Step();
  }
  EXPECT_EQ(Version(), 1u);
}

TEST_F(ServingCoreTest, WithNothingToFallBackToItServesNothing) {
  bool broken = false;
  Model(1, [&broken](std::span<const float> x) -> StatusOr<float> {
    return broken ? kNan : x.back();
  });
  ASSERT_THAT(core->Install(Offer(1)), IsOk());
  broken = true;
  for (int i = 0; i < 3; ++i) {
    Append("5,\n");
    Step();
  }
  EXPECT_EQ(Version(), 0u);
  Boot();
  EXPECT_EQ(Version(), 0u);
  EXPECT_EQ(core->State().refused.value(), 1u);
}

TEST_F(ServingCoreTest, GoesOnAfterARestartWithoutTheCoordinator) {
  window = 2;
  Append("1,\n");
  ASSERT_THAT(core->Install(Offer(1)), IsOk());
  Append("2,\n");
  Step();
  ASSERT_THAT(core->Save(), IsOk());
  Boot();
  EXPECT_EQ(Version(), 1u);
  Append("3,\n");
  Step();
  EXPECT_THAT(sink.lines, SizeIs(2));
  EXPECT_EQ(sink.lines[1].at("row"), 2);
}

TEST_F(ServingCoreTest, ASinkThatFailsDoesNotStopServing) {
  ASSERT_THAT(core->Install(Offer(1)), IsOk());
  sink.fails = true;
  Append("1,\n2,\n");
  Step();
  sink.fails = false;
  Append("3,\n");
  Step();
  EXPECT_THAT(sink.lines, SizeIs(1));
  EXPECT_THAT(Kept(), ElementsAre(1, 2, 3));
}

TEST_F(ServingCoreTest, EveryRowIsKeptWithItsPredictionIfItHasOne) {
  ASSERT_THAT(core->Install(Offer(1)), IsOk());
  Append("1,5\noops,\n,\n2,\n");
  Step();
  const std::vector<std::string> fields = {"t"};
  const auto window = core->rows()->Newest(ModelName("m"), VersionNumber(1), "w", fields, 10);
  ASSERT_THAT(window, IsOk());
  ASSERT_EQ(window->rows(), 4u);
  EXPECT_FALSE(std::isnan(window->predictions[0]));
  EXPECT_TRUE(std::isnan(window->predictions[1]));
  EXPECT_EQ(window->labels[0], 5);
  EXPECT_TRUE(std::isnan(window->labels[3]));
}

TEST_F(ServingCoreTest, AMonitorSeesTheErrorOfLabelledRowsAndTellsOnce) {
  monitors = R"({"monitors":[{"fields":["$error"],"kind":"range","max":"10","name":"fleet.error",)"
             R"("share":"0.5","window":30}]})";
  ASSERT_THAT(core->Install(Offer(1)), IsOk());
  EXPECT_EQ(core->State().monitors_digest, Offer(1).monitors_digest);
  for (int i = 0; i < 30; ++i) Append("1,1\n");
  Step();
  EXPECT_THAT(telemetry.Of<drift::Finding>(), IsEmpty());
  for (int i = 0; i < 30; ++i) Append("1,90\n");
  Step();
  const auto findings = telemetry.Of<drift::Finding>();
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].monitor, "fleet.error");
  EXPECT_EQ(findings[0].field, "$error");
  EXPECT_EQ(findings[0].phase, drift::Phase::kBegan);
  // Other rules: what has begun is told to be over.
  monitors.clear();
  ASSERT_THAT(core->Install(Offer(1)), IsOk());
  ASSERT_THAT(telemetry.Of<drift::Finding>(), SizeIs(2));
  EXPECT_EQ(telemetry.Of<drift::Finding>()[1].phase, drift::Phase::kEnded);
  EXPECT_EQ(core->State().monitors_digest, "");
}

TEST_F(ServingCoreTest, ARuleAgainstTheReferenceIsOfTheRowsThatWereThere) {
  monitors = R"({"monitors":[{"fields":["t"],"kind":"input","name":"fleet.shape","window":50}]})";
  for (int i = 0; i < 200; ++i) Append(fmt::format("{},\n", i % 17));
  ASSERT_THAT(core->Install(Offer(1)), IsOk());
  for (int i = 0; i < 100; ++i) Append(fmt::format("{},\n", (i * 5) % 17));
  Step();
  EXPECT_THAT(telemetry.Of<drift::Finding>(), IsEmpty());
  Boot();  // With its reference.
  for (int i = 0; i < 100; ++i) Append(fmt::format("{},\n", 50 + i % 17));
  Step();
  EXPECT_THAT(telemetry.Of<drift::Finding>(), SizeIs(1));
}

TEST_F(ServingCoreTest, SummariesSayHowMuchWasServedAndNothingOfTheValues) {
  ASSERT_THAT(core->Install(Offer(1)), IsOk());
  Append("1,1\nbad,\n2,\n");
  Step();
  EXPECT_THAT(telemetry.Of<Served>(), IsEmpty());
  clock.Advance(1min);
  Step();
  const auto served = telemetry.Of<Served>();
  ASSERT_THAT(served, SizeIs(1));
  EXPECT_EQ(served[0].rows, 3u);
  EXPECT_EQ(served[0].predictions, 2u);
  EXPECT_EQ(served[0].labelled, 1u);
  EXPECT_EQ(served[0].failed, 0u);
  EXPECT_GT(served[0].joules, 0);
  EXPECT_FALSE(served[0].latency.empty());
  clock.Advance(1min);
  Step();
  EXPECT_THAT(telemetry.Of<Served>(), SizeIs(1));  // Nothing came.
}

TEST_F(ServingCoreTest, AThousandRowsAreToldAtOnce) {
  ASSERT_THAT(core->Install(Offer(1)), IsOk());
  std::string rows;
  for (int i = 0; i < 1200; ++i) rows += "1,\n";
  Append(rows);
  Step();
  ASSERT_THAT(telemetry.Of<Served>(), SizeIs(1));
  EXPECT_GE(telemetry.Of<Served>()[0].rows, 1000u);
}

TEST_F(ServingCoreTest, WhatTelemetryHasNoRoomForHoldsNothingUp) {
  telemetry.refusal = WithReason(ResourceExhausted("full"), Reason::kTELEMETRY_FULL);
  ASSERT_THAT(core->Install(Offer(1)), IsOk());
  Boot();
  EXPECT_EQ(Version(), 1u);
}

TEST_F(ServingCoreTest, WhatTelemetryCannotTakeIsTriedAgain) {
  telemetry.refusal = Unavailable("the disk");
  EXPECT_FALSE(core->Install(Offer(1)).ok());
  EXPECT_EQ(Version(), 1u);
  telemetry.refusal = Ok();
  Append("1,\n");
  Step();
  EXPECT_THAT(States(), ElementsAre(Loaded::State::kServing));
}

TEST_F(ServingCoreTest, AnUnreadableStateBeginsAnew) {
  ASSERT_THAT(core->Install(Offer(1)), IsOk());
  const std::string garbage = "{";
  const std::array parts = {AsBytes(garbage)};
  ASSERT_THAT(files->Put("nodes/engine-1/serving/state", parts), IsOk());
  Boot();
  EXPECT_EQ(Version(), 0u);
  ASSERT_THAT(core->Install(Offer(1)), IsOk());
}

TEST_F(ServingCoreTest, AModelThatReadsWhatTheContractLacksIsRefused) {
  client::ServingOffer offer = Offer(1);
  offer.features = {"absent"};
  ASSERT_THAT(core->Install(offer), IsOk());
  EXPECT_EQ(core->State().refused.value(), 1u);
  EXPECT_EQ(telemetry.Of<Loaded>()[0].reason, Reason::kCONTRACT_MISMATCH);
}

}  // namespace
}  // namespace muster::testing
