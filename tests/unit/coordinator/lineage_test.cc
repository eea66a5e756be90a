#include "coordinator/runner/lineage.h"

#include <gmock/gmock.h>

#include <cmath>

#include "coordinator/round/round_driver.h"
#include "platform/sha256.h"
#include "tests/support/memory_journal.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/coordinator/specs.h"

namespace muster::coordinator {
namespace {

const DeviceId kA("aa"), kB("bb"), kC("cc");

EvaluationSums Sums(std::uint64_t examples, std::map<std::string, std::int64_t> micro) {
  return {examples, std::move(micro)};
}

// --- Commitments ---

class Commitment : public ::testing::Test {
 protected:
  Digest To(const Digest& before, std::uint64_t round, std::vector<DeviceId> counted) {
    return CommitTo(before, RoundNumber(round), std::move(counted), hasher_).value();
  }
  platform::OpenSslHasher hasher_;
};

// printf '%032d' 0 | xxd -r -p … : what anybody computes from the journal with a shell.
TEST_F(Commitment, IsTheDigestOfTheOneBeforeAndTheSortedCohort) {
  std::string text(32, '\0');
  text += R"({"devices":["aa","bb"],"round":1})";
  EXPECT_EQ(To(Digest(), 1, {kB, kA}), hasher_.Sha256(AsBytes(text)));
}

TEST_F(Commitment, ChangesWithCohortRoundAndWhatCameBefore) {
  const Digest one = To(Digest(), 1, {kA, kB});
  EXPECT_EQ(one, To(Digest(), 1, {kB, kA}));
  EXPECT_NE(one, To(Digest(), 1, {kA, kC}));
  EXPECT_NE(one, To(Digest(), 1, {kA}));
  EXPECT_NE(one, To(Digest(), 2, {kA, kB}));
  EXPECT_NE(To(one, 2, {kA}), To(Digest(), 2, {kA}));
}

// --- Campaigns ---

CampaignState Begun() {
  CampaignState state;
  Apply(state, CampaignApplied{SmallCampaign(),
                               {VersionNumber(1), Digest({std::byte{1}}), Digest({std::byte{2}}),
                                ContractName("c"), VersionNumber(1)}});
  state.applied_by = "operator/ann";
  return state;
}
RoundSucceeded Succeeded(std::uint64_t round, const Digest& cohort, std::uint32_t evaluated = 0) {
  RoundSucceeded fact;
  fact.key = {CampaignName("turbofan"), RoundNumber(round), 1};
  fact.counted = 2;
  fact.cohort = cohort;
  fact.evaluated = evaluated;
  if (evaluated > 0) fact.sums = Sums(50, {{"sse", 8'000'000}});
  return fact;
}

TEST(Lineage, NamesTheRoundsTheCohortsAndWhatWasConfigured) {
  platform::OpenSslHasher hasher;
  CampaignState state = Begun();
  const Digest first({std::byte{11}}), second({std::byte{12}});
  Apply(state, Succeeded(1, first));
  Apply(state, Succeeded(2, second, 3));
  ASSERT_EQ(state.evaluations.size(), 1u);
  Apply(state, Succeeded(3, Digest({std::byte{13}})));  // Later rounds change nothing of it.
  const auto lineage = LineageOf(state, state.evaluations[0], hasher);
  ASSERT_THAT(lineage, testing::IsOk());
  EXPECT_EQ(lineage->first_round, RoundNumber(1));
  EXPECT_EQ(lineage->last_round, RoundNumber(2));
  EXPECT_EQ(lineage->cohort, second);
  EXPECT_EQ(lineage->updates, 4u);
  EXPECT_EQ(lineage->code, Digest({std::byte{2}}));
  EXPECT_EQ(lineage->evaluation_examples, 50u);
  EXPECT_EQ(lineage->evaluation_devices, 3u);
  EXPECT_EQ(lineage->applied_by, "operator/ann");
  EXPECT_THAT(lineage->aggregation, ::testing::HasSubstr(R"("name":"fedavgm")"));
  EXPECT_EQ(lineage->secure, "");
  EXPECT_EQ(lineage->config, hasher.Sha256(AsBytes(*CanonicalJson(ToJson(state.spec)))));
}

TEST(Lineage, OfASecureCampaignNamesItsParameters) {
  platform::OpenSslHasher hasher;
  CampaignState state = Begun();
  state.spec.secure.emplace().least = 3;
  Apply(state, Succeeded(2, Digest({std::byte{1}}), 3));
  EXPECT_THAT(LineageOf(state, state.evaluations[0], hasher)->secure,
              ::testing::HasSubstr(R"("least":3)"));
}

TEST(Lineage, AfterRoundsOfWhichNoCommitmentWasKeptTheChainBeginsAnew) {
  CampaignState state = Begun();
  Apply(state, Succeeded(1, Digest()));
  EXPECT_EQ(state.cohorts, Cohorts());
  Apply(state, Succeeded(2, Digest({std::byte{7}}), 3));
  EXPECT_EQ(state.evaluations[0].cohorts, (Cohorts{Digest({std::byte{7}}), RoundNumber(2), 2}));
}

TEST(Lineage, TheCommitmentComesBackFromItsFactAndMayBeMissing) {
  const CampaignName name("turbofan");
  for (const Digest& cohort : {Digest({std::byte{7}}), Digest()}) {
    const auto row = EncodeCampaignFact(Succeeded(1, cohort), "system", FromUnixMillis(1));
    ASSERT_THAT(row, testing::IsOk());
    EXPECT_EQ(row->find("\"cohort\"") != row->npos, cohort != Digest());
    EXPECT_EQ(std::get<RoundSucceeded>(*DecodeCampaignFact(name, *row)).cohort, cohort);
  }
}

TEST(Lineage, TheMetricsOfSlicesComeBackFromTheirFact) {
  RoundSucceeded fact = Succeeded(1, Digest());
  fact.evaluated = 3;
  fact.sums = {4, {{"sae", 8'000'000}}};
  fact.slices = {{"north", {1, {{"sae", 5'000'000}}}}, {"others", {3, {{"sae", 3'000'000}}}}};
  const auto row = EncodeCampaignFact(fact, "system", FromUnixMillis(1));
  ASSERT_THAT(row, testing::IsOk());
  CampaignState state;
  Apply(state, *DecodeCampaignFact(CampaignName("turbofan"), *row));
  ASSERT_EQ(state.evaluations.size(), 1u);
  EXPECT_EQ(state.evaluations[0].slices.at("north").at("mae"), 5);
  EXPECT_EQ(state.evaluations[0].slices.at("others").at("mae"), 1);
  EXPECT_EQ(state.evaluations[0].metrics.at("mae"), 2);
}

// --- Spreads ---

TEST(Spreads, AreThoseOfARatioOverClusters) {
  // Absolute errors of 2 devices: 10 examples with a sum of 10, 30 with a sum of 50. The mean is
  // 1.5, the residuals are -5 and 5, so the error is sqrt(2 / 1 * 50) / 40 = 0.25.
  const auto spreads =
      SpreadsOf({Sums(10, {{"sae", 10'000'000}}), Sums(30, {{"sae", 50'000'000}})});
  ASSERT_EQ(spreads.size(), 1u);
  EXPECT_NEAR(*spreads.at("mae").standard_error, 0.25, 1e-12);
  EXPECT_EQ(spreads.at("mae").count, 40u);
  EXPECT_EQ(spreads.at("mae").groups, 2u);
}

TEST(Spreads, OfARootIsByTheDeltaMethod) {
  const auto spreads =
      SpreadsOf({Sums(10, {{"sse", 10'000'000}}), Sums(30, {{"sse", 50'000'000}})});
  EXPECT_NEAR(*spreads.at("rmse").standard_error, 0.25 / (2 * std::sqrt(1.5)), 1e-12);
}

TEST(Spreads, OfDevicesThatAreAlikeIsNothing) {
  const auto spreads = SpreadsOf({Sums(10, {{"correct", 5'000'000}, {"sse", 0}}),
                                  Sums(20, {{"correct", 10'000'000}, {"sse", 0}})});
  EXPECT_EQ(spreads.at("accuracy").standard_error, 0);
  EXPECT_EQ(spreads.at("rmse").standard_error, std::nullopt);  // The root has no slope at 0.
}

TEST(Spreads, OfOneDeviceIsNotKnown) {
  const auto spreads = SpreadsOf({Sums(10, {{"sae", 10'000'000}})});
  EXPECT_EQ(spreads.at("mae").standard_error, std::nullopt);
  EXPECT_EQ(spreads.at("mae").groups, 1u);
  EXPECT_TRUE(SpreadsOf({}).empty());
  EXPECT_TRUE(SpreadsOf({Sums(0, {{"sae", 0}})}).empty());
}

// --- From the journal ---

class Measured : public ::testing::Test {
 protected:
  RoundDriver Evaluating() {
    RoundPlan plan;
    plan.key = {kCampaign, RoundNumber(2), 1};
    plan.select = plan.goal = 1;
    RoundDriver driver(plan, journal_, clock_);
    EXPECT_THAT(driver.Open({kC}), testing::IsOk());
    Do(driver, CountTogether{{kC}, "f", {}});
    Do(driver, Aggregated{{}, {}, {kA, kB}});
    return driver;
  }
  static void Do(RoundDriver& driver, const RoundEvent& event) {
    EXPECT_THAT(driver.Handle(event, Caller::System()), testing::IsOk());
  }
  const CampaignName kCampaign{"turbofan"};
  std::shared_ptr<testing::MemoryJournal::Disk> disk_ = testing::MemoryJournal::NewDisk();
  testing::MemoryJournal journal_{disk_};
  ManualClock clock_{FromUnixMillis(1'700'000'000'000)};
  EvaluatedRound round_{.round = RoundNumber(2), .metrics = {{"mae", 1.5}}, .examples = 40};
};

TEST_F(Measured, DevicesThatReportOneByOneTellTheSpread) {
  RoundDriver driver = Evaluating();
  Do(driver, Evaluate{kB, Sums(30, {{"sae", 50'000'000}})});
  EXPECT_THAT(MeasurementsOf(journal_, kCampaign, round_),
              testing::HasCode(absl::StatusCode::kUnavailable));  // Not published yet.
  Do(driver, Evaluate{kA, Sums(10, {{"sae", 10'000'000}})});
  const auto measured = MeasurementsOf(journal_, kCampaign, round_);
  ASSERT_THAT(measured, testing::IsOk());
  EXPECT_EQ(measured->metrics.at("mae"), 1.5);
  EXPECT_NEAR(*measured->spreads.at("mae").standard_error, 0.25, 1e-12);
  EXPECT_TRUE(measured->slices.empty());
  round_.slices = {{"north", {{"mae", 2.5}}}};
  EXPECT_EQ(MeasurementsOf(journal_, kCampaign, round_)->slices.at("north").at("mae"), 2.5);
}

TEST_F(Measured, AMaskedSumTellsTheExamplesAlone) {
  RoundDriver driver = Evaluating();
  Do(driver, EvaluateTogether{{kA, kB}, Sums(40, {{"sae", 60'000'000}}), {}});
  const auto measured = MeasurementsOf(journal_, kCampaign, round_);
  ASSERT_THAT(measured, testing::IsOk());
  EXPECT_EQ(measured->spreads.at("mae"), (registry::Spread{{}, 40, 0}));
}

TEST_F(Measured, ARoundThatNobodyEvaluatedHasNoMeasurements) {
  round_.metrics.clear();
  EXPECT_EQ(MeasurementsOf(journal_, kCampaign, round_).value(), registry::Measurements());
}

}  // namespace
}  // namespace muster::coordinator
