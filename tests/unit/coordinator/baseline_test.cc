#include "coordinator/runner/baseline.h"

#include <gmock/gmock.h>

#include <cmath>

#include "coordinator/round/round_driver.h"
#include "coordinator/runner/replay.h"
#include "tests/support/memory_journal.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/coordinator/specs.h"

namespace muster::coordinator {
namespace {
using Reports = std::map<DeviceId, EvaluationSums>;

const DeviceId kA("aa"), kB("bb"), kC("cc");

EvaluationSums Absolute(std::uint64_t examples, std::int64_t sum) {
  return {examples, {{"sae", sum * 1'000'000}}};
}

// --- Differences ---

// Absolute errors of 10 and 30 examples, before with sums of 20 and 60: 2 on the mean, residuals of
// 0. After with 10 and 50: 1.5, residuals of -5 and 5. So the error of the difference, -0.5, is
// sqrt(2 / 1 * 50) / 40 = 0.25.
TEST(Differences, AreThoseOfTwoRatiosOverTheSameClusters) {
  const auto out = DifferencesOf({{kA, Absolute(10, 20)}, {kB, Absolute(30, 60)}},
                                 {{kA, Absolute(10, 10)}, {kB, Absolute(30, 50)}});
  ASSERT_EQ(out.size(), 1u);
  EXPECT_NEAR(out.at("mae").value, -0.5, 1e-12);
  EXPECT_NEAR(out.at("mae").standard_error, 0.25, 1e-12);
  EXPECT_EQ(out.at("mae").devices, 2u);
}

TEST(Differences, AreFreeOfWhatMakesADeviceHard) {
  // Before 1.7 with residuals of -5 and 5, after 1.5 with the same: each is 0.2 better everywhere.
  const auto out = DifferencesOf({{kA, Absolute(10, 12)}, {kB, Absolute(30, 56)}},
                                 {{kA, Absolute(10, 10)}, {kB, Absolute(30, 50)}});
  EXPECT_NEAR(out.at("mae").value, -0.2, 1e-12);
  EXPECT_NEAR(out.at("mae").standard_error, 0, 1e-12);
}

TEST(Differences, OfARootAreByTheDeltaMethod) {
  const auto square = [](std::uint64_t n, std::int64_t sum) {
    return EvaluationSums{n, {{"sse", sum * 1'000'000}}};
  };
  // 4 and 1 on the mean: roots of 2 and 1; residuals after of -5 and 5, of which the root has half.
  const auto out = DifferencesOf({{kA, square(10, 40)}, {kB, square(30, 120)}},
                                 {{kA, square(10, 5)}, {kB, square(30, 35)}});
  EXPECT_NEAR(out.at("rmse").value, -1, 1e-12);
  EXPECT_NEAR(out.at("rmse").standard_error, 0.125, 1e-12);
  // A root has no slope at 0.
  EXPECT_TRUE(DifferencesOf({{kA, square(10, 0)}, {kB, square(30, 0)}},
                            {{kA, square(10, 5)}, {kB, square(30, 35)}})
                  .empty());
}

TEST(Differences, AreOverDevicesThatAreInBoth) {
  const Reports before = {{kA, Absolute(10, 20)}, {kB, Absolute(30, 60)}, {kC, Absolute(9, 900)}};
  const Reports after = {{kA, Absolute(10, 10)}, {kB, Absolute(30, 50)}};
  EXPECT_NEAR(DifferencesOf(before, after).at("mae").value, -0.5, 1e-12);
  EXPECT_NEAR(DifferencesOf(after, before).at("mae").value, 0.5, 1e-12);
  EXPECT_TRUE(DifferencesOf({{kA, Absolute(10, 20)}}, after).empty());
  EXPECT_TRUE(DifferencesOf({}, {}).empty());
}

// --- Out of the journal ---

class BaselineFacts : public ::testing::Test {
 protected:
  BaselineFacts() {
    CampaignSpec spec = SmallCampaign();
    spec.evaluation.baseline = true;
    spec.evaluation.metrics = {"mae"};
    Apply(state_, CampaignApplied{spec,
                                  {VersionNumber(4), Digest({std::byte{1}}), std::nullopt,
                                   ContractName("c"), VersionNumber(1)}});
  }
  RoundDriver Open(std::uint64_t round, DeviceSet evaluators) {
    RoundPlan plan;
    plan.key = {state_.spec.name, RoundNumber(round), 1};
    plan.evaluation_window = Duration(1'000);
    RoundDriver driver(plan, journal_, clock_);
    if (round == 0) {
      EXPECT_THAT(driver.OpenEvaluation(state_.base.params, std::move(evaluators)),
                  testing::IsOk());
      return driver;
    }
    EXPECT_THAT(driver.Open({kC}), testing::IsOk());
    Do(driver, CountTogether{{kC}, "f", {}});
    Do(driver, Aggregated{{}, {}, std::move(evaluators)});
    return driver;
  }
  static void Do(RoundDriver& driver, const RoundEvent& event) {
    EXPECT_THAT(driver.Handle(event, Caller::System()), testing::IsOk());
  }
  void KeepBaseline(std::uint32_t devices, EvaluationSums sums, SliceSums slices = {}) {
    Apply(state_,
          BaselineEvaluated{
              {state_.spec.name, kBaselineRound, 1}, devices, std::move(sums), std::move(slices)});
  }
  StatusOr<std::optional<registry::Baseline>> Baseline(std::uint32_t devices = 2) {
    EvaluatedRound evaluated{.round = RoundNumber(2), .metrics = {{"mae", 1.5}}};
    evaluated.devices = devices;
    return BaselineOf(journal_, state_, evaluated);
  }

  std::shared_ptr<testing::MemoryJournal::Disk> disk_ = testing::MemoryJournal::NewDisk();
  testing::MemoryJournal journal_{disk_};
  ManualClock clock_{FromUnixMillis(1'700'000'000'000)};
  CampaignState state_;
};

TEST_F(BaselineFacts, NameTheVersionItsFiguresAndWhoMeasuredBoth) {
  RoundDriver before = Open(0, {kA, kB, kC});
  Do(before, Evaluate{kA, Absolute(10, 20), "drifted"});
  Do(before, Evaluate{kB, Absolute(30, 60), "undrifted"});
  Do(before, Evaluate{kC, Absolute(10, 20), "undrifted"});
  RoundDriver after = Open(2, {kA, kB});
  Do(after, Evaluate{kA, Absolute(10, 10)});
  Do(after, Evaluate{kB, Absolute(30, 50)});
  KeepBaseline(3, Absolute(50, 100), {{"drifted", Absolute(10, 20)}});
  const auto found = Baseline();
  ASSERT_THAT(found, testing::IsOk());
  ASSERT_TRUE(*found);
  EXPECT_EQ((*found)->version, VersionNumber(4));
  EXPECT_EQ((*found)->measured.metrics.at("mae"), 2);
  EXPECT_EQ((*found)->measured.slices.at("drifted").at("mae"), 2);
  EXPECT_EQ((*found)->measured.spreads.at("mae").groups, 3u);
  EXPECT_EQ((*found)->examples, 50u);
  EXPECT_EQ((*found)->devices, 3u);
  EXPECT_EQ((*found)->both, 2u);
  EXPECT_NEAR((*found)->differences.at("mae").value, -0.5, 1e-12);
}

TEST_F(BaselineFacts, OfMaskedSumsTellWhoIsInBothAndNoDifference) {
  RoundDriver before = Open(0, {kA, kB});
  Do(before, EvaluateTogether{{kA, kB}, Absolute(40, 80), {}});
  RoundDriver after = Open(2, {kA, kC});
  Do(after, EvaluateTogether{{kA, kC}, Absolute(40, 60), {}});
  KeepBaseline(2, Absolute(40, 80));
  const auto found = Baseline();
  ASSERT_THAT(found, testing::IsOk());
  EXPECT_EQ((*found)->both, 1u);
  EXPECT_TRUE((*found)->differences.empty());
  EXPECT_EQ((*found)->measured.spreads.at("mae"), (registry::Spread{{}, 40, 0}));
}

TEST_F(BaselineFacts, AreNoneWhereNothingWasMeasured) {
  EXPECT_EQ(*Baseline(), std::nullopt);  // Not yet, or not asked.
  KeepBaseline(0, {});
  EXPECT_EQ(*Baseline(), std::nullopt);
  Open(0, {kA});
  KeepBaseline(1, Absolute(40, 80));
  EXPECT_THAT(Baseline(), testing::HasCode(absl::StatusCode::kUnavailable));  // Not over yet.
}

TEST_F(BaselineFacts, OfAVersionThatNobodyEvaluatedPairNobody) {
  RoundDriver before = Open(0, {kA});
  Do(before, Evaluate{kA, Absolute(10, 20)});
  KeepBaseline(1, Absolute(10, 20));
  const auto found = Baseline(0);
  ASSERT_THAT(found, testing::IsOk());
  EXPECT_EQ((*found)->both, 0u);
}

TEST_F(BaselineFacts, SayWhyNobodyDid) {
  const auto facts = [&] { return *PublishedFacts(journal_, state_.spec.name, kBaselineRound); };
  RoundDriver driver = Open(0, {kA, kB});
  Do(driver, EvaluateTogether{
                 {}, {}, {{kA, Reason::kTOO_FEW_DEVICES, ""}, {kB, Reason::kTOO_FEW_DEVICES, ""}}});
  EXPECT_EQ(WhyNobody(facts()), "none of 2 devices evaluated it: TOO_FEW_DEVICES");
  EXPECT_EQ(WhyNobody(OpenEvaluation({}, {}, {kA}, {})),
            "none of 1 devices evaluated it: DEVICE_SILENT");
  EXPECT_EQ(WhyNobody(OpenEvaluation({}, {}, {}, {})), "no device that could evaluate it is here");
}

}  // namespace
}  // namespace muster::coordinator
