#include "coordinator/runner/energy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/round/round_facts.h"
#include "registry/version.h"
#include "tests/support/memory_journal.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/coordinator/specs.h"

namespace muster::coordinator {
namespace {
using std::chrono::seconds;

// The facts of one round, each at its second.
class EnergyTest : public ::testing::Test {
 protected:
  void At(int second, const RoundFact& fact) {
    const std::string row =
        *EncodeRoundFact(fact, "system", FromUnixMillis(1'000'000) + seconds(second));
    ASSERT_THAT(journal.Append(RoundStream(key), next_++, std::span(&row, 1)), testing::IsOk());
  }
  Duration Time() {
    const auto time = TaskTimeIn(journal, key);
    EXPECT_THAT(time, testing::IsOk());
    return time.value_or(Duration(-1));
  }

  const RoundKey key{CampaignName("turbofan"), RoundNumber(1), 1};
  const DeviceId a{"a"}, b{"b"}, c{"c"}, d{"d"};
  testing::MemoryJournal journal;

 private:
  std::uint64_t next_ = 0;
};

TEST_F(EnergyTest, IsOfTheTimeFromEachTaskToItsUpdateOrItsEnd) {
  At(0, RoundOpened{});
  At(1, DevicesJoined{{a, b}, {}});
  At(5, DevicesJoined{{c, d}, {}});
  At(10, CollectionBegan{});
  At(17, UpdatesCounted{{a, b}, "f", {}});             // 7 s each.
  At(20, DeviceDropped{c, Reason::kTASK_FAILED, ""});  // 10 s.
  At(30, CollectionClosed{});                          // d never came: 20 s.
  At(31, ModelAggregated{{}, {}, {a, d}, {}});
  At(90, DeviceDropped{d, Reason::kDEVICE_SILENT, ""});  // Of its evaluation.
  At(99, ModelPublished{});
  EXPECT_EQ(Time(), seconds(44));
}

TEST_F(EnergyTest, OfASecureRoundIsUntilTheSumIsThere) {
  At(0, DevicesJoined{{a, b, c}, {}});
  At(0, CollectionBegan{});
  At(60, UpdatesCounted{{a, b}, "f", {}});
  At(60, DeviceDropped{c, Reason::kDEVICE_SILENT, ""});
  EXPECT_EQ(Time(), seconds(180));
}

TEST_F(EnergyTest, OfAnAttemptThatIsAbandonedCountsToo) {
  At(0, DevicesJoined{{a, b}, {}});
  EXPECT_EQ(Time(), seconds(0)) << "nobody was asked yet";
  At(0, CollectionBegan{});
  At(8, RoundAbandoned{Reason::kTOO_FEW_UPDATES, ""});
  EXPECT_EQ(Time(), seconds(16));
}

TEST_F(EnergyTest, OfAClockThatGoesBackIsNotNegative) {
  At(50, DevicesJoined{{a, b}, {}});
  At(50, CollectionBegan{});
  At(40, UpdatesCounted{{a}, "f", {}});
  At(53, UpdatesCounted{{b}, "g", {}});
  EXPECT_EQ(Time(), seconds(3));
}

TEST_F(EnergyTest, IsWattsTimesTimeAndSaysWhereItIsFrom) {
  PlanSpec plan = SmallCampaign().plan;
  EvaluatedRound evaluated;
  evaluated.effort = {seconds(12'345), 20};
  EXPECT_EQ(EnergyOf(plan, evaluated), std::nullopt) << "the plan declares none";
  plan.energy = EnergySpec{15, "datasheet of the gateway"};
  const auto energy = EnergyOf(plan, evaluated);
  ASSERT_TRUE(energy);
  EXPECT_DOUBLE_EQ(energy->kwh, 15.0 * 12'345 / 3600 / 1000);
  EXPECT_EQ(energy->source,
            "15 W a device (datasheet of the gateway) times 12345 s between the task and the "
            "update, 20 rounds");
}

TEST_F(EnergyTest, OfTheLongestDeclarationIsAVersionsMeasurement) {
  PlanSpec plan = SmallCampaign().plan;
  plan.energy = EnergySpec{1.2345678901234567e-05, std::string(128, 'x')};
  EvaluatedRound evaluated;
  evaluated.effort = {Duration((1LL << 53) - 1), 1'000'000};
  registry::Measurements measured;
  measured.energy = EnergyOf(plan, evaluated);
  EXPECT_THAT(registry::Validate(measured), testing::IsOk());
}

// --- What the facts of a campaign keep of it ---

CampaignState Begun(std::optional<EnergySpec> energy) {
  CampaignSpec spec = SmallCampaign();
  spec.plan.energy = std::move(energy);
  CampaignState state;
  Apply(state,
        CampaignApplied{spec, {VersionNumber(1), {}, {}, ContractName("c"), VersionNumber(1)}});
  return state;
}
RoundSucceeded Succeeded(std::uint64_t round, Duration time, std::uint32_t evaluated) {
  RoundSucceeded fact;
  fact.key = {CampaignName("turbofan"), RoundNumber(round), 1};
  fact.evaluated = evaluated;
  fact.task_time = time;
  return fact;
}

TEST(Effort, IsSinceTheVersionBeforeWithItsFailedAttempts) {
  CampaignState state = Begun(EnergySpec{15, "x"});
  RoundFailed failed{
      {CampaignName("turbofan"), RoundNumber(1), 1}, Reason::kTOO_FEW_UPDATES, "", seconds(3)};
  Apply(state, failed);
  Apply(state, Succeeded(1, seconds(10), 0));
  Apply(state, Succeeded(2, seconds(20), 1));
  Apply(state, Succeeded(3, seconds(5), 1));
  ASSERT_EQ(state.evaluations.size(), 2u);
  EXPECT_EQ(state.evaluations[0].effort, (Effort{seconds(33), 2}));
  EXPECT_EQ(state.evaluations[1].effort, (Effort{seconds(5), 1}));
}

TEST(Effort, ComesBackFromItsFactsAndLeavesThoseWithoutAsTheyWere) {
  const CampaignName name("turbofan");
  const RoundFailed failed{{name, RoundNumber(1), 1}, Reason::kTOO_FEW_UPDATES, "", seconds(3)};
  for (const Duration time : {Duration(0), Duration(12'345)}) {
    const auto row = EncodeCampaignFact(Succeeded(1, time, 0), "system", FromUnixMillis(1));
    ASSERT_THAT(row, testing::IsOk());
    EXPECT_EQ(row->find("device_ms") != row->npos, time.count() != 0);
    EXPECT_EQ(std::get<RoundSucceeded>(*DecodeCampaignFact(name, *row)).task_time, time);
  }
  const auto row = EncodeCampaignFact(failed, "system", FromUnixMillis(1));
  EXPECT_EQ(std::get<RoundFailed>(*DecodeCampaignFact(name, *row)).task_time, seconds(3));
}

// Whoever replays the facts of the campaign finds the estimate that was recorded.
TEST(Effort, IsTheSameAfterAReplay) {
  CampaignState state = Begun(EnergySpec{15, "x"}), again;
  std::vector<std::string> rows{
      *EncodeCampaignFact(CampaignApplied{state.spec, state.base}, "ann", {})};
  for (const CampaignFact& fact : {CampaignFact(Succeeded(1, seconds(10), 0)),
                                   CampaignFact(Succeeded(2, Duration(20'001), 1))}) {
    Apply(state, fact);
    rows.push_back(*EncodeCampaignFact(fact, "system", {}));
  }
  for (const std::string& row : rows)
    Apply(again, *DecodeCampaignFact(CampaignName("turbofan"), row));
  ASSERT_EQ(again.evaluations.size(), 1u);
  EXPECT_EQ(EnergyOf(again.spec.plan, again.evaluations[0]),
            EnergyOf(state.spec.plan, state.evaluations[0]));
  EXPECT_EQ(again.evaluations[0].effort.task_time, Duration(30'001));
}

}  // namespace
}  // namespace muster::coordinator
