#include "coordinator/runner/device_history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/fact.h"
#include "coordinator/campaign/campaign.h"
#include "coordinator/round/round_facts.h"
#include "tests/support/memory_journal.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/coordinator/specs.h"

namespace muster::coordinator {
namespace {
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Digest Number(int n) {
  std::array<std::byte, 32> bytes{};
  bytes[0] = static_cast<std::byte>(n);
  return Digest(bytes);
}

// A campaign from version 4 whose facts a test writes, a second apart.
class DeviceHistoryTest : public ::testing::Test {
 protected:
  void SetUp() override {
    CampaignSpec spec = SmallCampaign();
    spec.name = name;
    CampaignBase base;
    base.version = VersionNumber(4);
    base.params = Number(4);
    base.module = Number(99);
    Campaign(CampaignApplied{spec, base});
  }
  void Campaign(const CampaignFact& fact) { Append(CampaignStream(name), Encoded(fact)); }
  void Round(std::uint64_t round, const RoundFact& fact) {
    Append(RoundStream(Key(round)), *EncodeRoundFact(fact, "system", Tick()));
  }
  RoundKey Key(std::uint64_t round) const { return {name, RoundNumber(round), 1}; }
  std::vector<DeviceRun> Runs(const DeviceId& device, Timestamp until, std::uint32_t most = 10) {
    auto runs = RunsOf(journal, device, until, most);
    EXPECT_THAT(runs, testing::IsOk());
    return *std::move(runs);
  }
  // Rounds 1 (trained by a and b, registered as version 5) and 2 (trained by a, evaluated by c).
  void TwoRounds() {
    Campaign(RoundStarted{Key(1)});
    Round(1, RoundOpened{});
    Round(1, DevicesJoined{{a, b}, {}});
    joined_1 = now;
    Round(1, UpdatesCounted{{a}, "f", {}});
    Round(1, DeviceDropped{b, Reason::kDEVICE_SILENT, ""});
    Round(1, ModelAggregated{Number(1), {}, {}, {}});
    Campaign(RoundSucceeded{Key(1), Number(1), {}, 1, 0, {}, {}});
    Campaign(VersionRegistered{RoundNumber(1), VersionNumber(5)});
    registered = now;
    Campaign(RoundStarted{Key(2)});
    Round(2, DevicesJoined{{a}, {}});
    Round(2, UpdatesCounted{{a}, "g", {}});
    Round(2, ModelAggregated{Number(2), {}, {c}, {}});
    Round(2, EvaluationCounted{c, {}, {}});
  }

  const CampaignName name{"learn"};
  const DeviceId a{"a"}, b{"b"}, c{"c"}, d{"d"};
  testing::MemoryJournal journal;
  Timestamp now = FromUnixMillis(1'700'000'000'000);
  Timestamp joined_1, registered;

 private:
  Timestamp Tick() { return now += std::chrono::seconds(1); }
  std::string Encoded(const CampaignFact& fact) {
    return *EncodeCampaignFact(fact, "system", Tick());
  }
  void Append(const std::string& stream, const std::string& row) {
    ASSERT_THAT(journal.Append(stream, next_[stream]++, std::span(&row, 1)), testing::IsOk());
  }
  std::map<std::string, std::uint64_t> next_;
};

TEST_F(DeviceHistoryTest, IsWhatEachRoundGaveTheDeviceNewestFirst) {
  TwoRounds();
  const std::vector<DeviceRun> runs = Runs(a, now);
  ASSERT_THAT(runs, SizeIs(2));
  EXPECT_EQ(runs[0].round, Key(2));
  EXPECT_EQ(runs[0].params, Number(1));
  EXPECT_EQ(runs[0].version, VersionNumber(5));
  EXPECT_EQ(runs[0].module, Number(99));
  EXPECT_EQ(runs[0].outcome, "counted");
  EXPECT_EQ(runs[1].round, Key(1));
  EXPECT_EQ(runs[1].params, Number(4));
  EXPECT_EQ(runs[1].version, VersionNumber(4));
  EXPECT_EQ(runs[1].at, joined_1);
  EXPECT_EQ(runs[1].outcome_at, joined_1 + std::chrono::seconds(1));
}

TEST_F(DeviceHistoryTest, TellsWhatWasSoAtAnInstantAndNothingLater) {
  TwoRounds();
  EXPECT_THAT(Runs(a, joined_1 - std::chrono::milliseconds(1)), IsEmpty());
  const std::vector<DeviceRun> then = Runs(a, joined_1);
  ASSERT_THAT(then, SizeIs(1));
  EXPECT_EQ(then[0].outcome, "asked");
  EXPECT_EQ(then[0].outcome_at, std::nullopt);
  EXPECT_EQ(Runs(a, registered)[0].round, Key(1));
}

TEST_F(DeviceHistoryTest, TellsWhoWasDroppedAndWhoEvaluated) {
  TwoRounds();
  EXPECT_EQ(Runs(b, now).at(0).outcome, "dropped: DEVICE_SILENT");
  const std::vector<DeviceRun> evaluator = Runs(c, now);
  ASSERT_THAT(evaluator, SizeIs(1));
  EXPECT_EQ(evaluator[0].kind, TaskKind::kEvaluate);
  EXPECT_EQ(evaluator[0].params, Number(2));
  EXPECT_EQ(evaluator[0].version, VersionNumber(0)) << "nobody made a version of it";
  EXPECT_EQ(evaluator[0].outcome, "evaluated");
  EXPECT_THAT(Runs(d, now), IsEmpty());
}

TEST_F(DeviceHistoryTest, GivesNoMoreThanIsAskedFor) {
  TwoRounds();
  const std::vector<DeviceRun> newest = Runs(a, now, 1);
  ASSERT_THAT(newest, SizeIs(1));
  EXPECT_EQ(newest[0].round, Key(2));
}

}  // namespace
}  // namespace muster::coordinator
