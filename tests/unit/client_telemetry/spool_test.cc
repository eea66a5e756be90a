#include "client/telemetry/spool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"
#include "tests/unit/client_telemetry/events.h"
#include "tests/unit/client_telemetry/frail_folder.h"

namespace muster::testing {
namespace {
using client::TelemetryBatch;
using client::TelemetryClass;
using client::TelemetrySpool;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using enum client::TelemetryClass;

class SpoolTest : public ::testing::Test {
 protected:
  void Open(client::SpoolLimits limits = {}) {
    spool_.reset();
    auto opened =
        TelemetrySpool::Open("engine-1", std::make_unique<FrailFolder>(disk_), limits, rng_, log_);
    ASSERT_THAT(opened, IsOk());
    spool_ = *std::move(opened);
  }
  std::vector<std::string> Waiting() {
    std::vector<std::string> out;
    const TelemetryBatch batch = *spool_->Next();
    for (const auto& record : batch.records)
      out.push_back(fmt::format("{} {}", client::NameOf(record.cls), record.sequence));
    return out;
  }
  // Summaries until the bound is reached.
  std::uint64_t Fill() {
    std::uint64_t added = 0;
    while (spool_->counts().overwritten == 0) {
      EXPECT_THAT(spool_->Add(Summary(added)), IsOk());
      ++added;
    }
    return added;
  }

  std::shared_ptr<FrailDisk> disk_ = std::make_shared<FrailDisk>();
  CountingRng rng_;
  NullLogger log_;
  std::unique_ptr<TelemetrySpool> spool_;
};

TEST_F(SpoolTest, GivesTheOldestOfTheHighestClassFirst) {
  Open();
  for (const auto& event : {Summary(1), State(), Summary(2), Said(), Alarm("a"), Alarm("b")})
    ASSERT_THAT(spool_->Add(event), IsOk());
  EXPECT_THAT(Waiting(),
              ElementsAre("alarm 1", "alarm 2", "feedback 1", "state 1", "summary 1", "summary 2"));
  EXPECT_EQ(spool_->Next()->records[1].event, Alarm("b"));
}

TEST_F(SpoolTest, KeepsEventTimesAndTheSpoolsNameOverARestart) {
  Open();
  const Timestamp old = kThen - std::chrono::hours(24 * 30);
  ASSERT_THAT(spool_->Add(Alarm("late", old)), IsOk());
  const TelemetryBatch before = *spool_->Next();
  Open();
  const TelemetryBatch after = *spool_->Next();
  EXPECT_EQ(after.spool, before.spool);
  EXPECT_EQ(after.spool.size(), 32U);
  ASSERT_EQ(after.records.size(), 1U);
  EXPECT_EQ(after.records[0].event.time, old);
}

TEST_F(SpoolTest, LetsGoOfWhatWasAcknowledgedAndNeverGivesASequenceTwice) {
  Open();
  for (int i = 0; i < 3; ++i) ASSERT_THAT(spool_->Add(Alarm()), IsOk());
  ASSERT_THAT(spool_->Acknowledge({{kAlarm, 2}}), IsOk());
  EXPECT_THAT(Waiting(), ElementsAre("alarm 3"));
  Open();
  EXPECT_THAT(Waiting(), ElementsAre("alarm 3"));
  ASSERT_THAT(spool_->Acknowledge({{kAlarm, 3}}), IsOk());
  EXPECT_EQ(disk_->files.size(), 1U) << "its segments are gone, its state stays";
  EXPECT_EQ(spool_->counts().bytes, 0U);
  Open();
  EXPECT_THAT(Waiting(), IsEmpty());
  ASSERT_THAT(spool_->Add(Alarm()), IsOk());
  EXPECT_THAT(Waiting(), ElementsAre("alarm 4"));
}

TEST_F(SpoolTest, AnAcknowledgementOfMoreThanThereIsIsWorthWhatThereIs) {
  Open();
  ASSERT_THAT(spool_->Add(Alarm()), IsOk());
  ASSERT_THAT(spool_->Acknowledge({{kAlarm, 1'000'000}, {kSummary, 7}}), IsOk());
  ASSERT_THAT(spool_->Add(Alarm()), IsOk());
  ASSERT_THAT(spool_->Add(Summary()), IsOk());
  EXPECT_THAT(Waiting(), ElementsAre("alarm 2", "summary 1"));
}

TEST_F(SpoolTest, ABatchIsBoundedInRecordsAndBytes) {
  Open();
  for (int i = 0; i < 300; ++i) ASSERT_THAT(spool_->Add(State()), IsOk());
  EXPECT_EQ(spool_->Next()->records.size(), client::kMostTelemetryRecords);
  auto large = Summary();
  std::get<client::Served>(large.what).latency = std::string(60'000, '1');
  ASSERT_THAT(spool_->Acknowledge({{kState, 300}}), IsOk());
  for (int i = 0; i < 20; ++i) ASSERT_THAT(spool_->Add(large), IsOk());
  EXPECT_EQ(spool_->Next()->records.size(), 7U);
}

TEST_F(SpoolTest, AtTheBoundTheOldestOfTheLowestClassGoes) {
  Open({.most_bytes = client::kLeastSpoolBytes});
  ASSERT_THAT(spool_->Add(Alarm()), IsOk());
  ASSERT_THAT(spool_->Add(Said()), IsOk());
  ASSERT_THAT(spool_->Add(State()), IsOk());
  const std::uint64_t added = Fill();
  const std::vector<client::TelemetryRecord> summaries = *spool_->Pending(kSummary);
  EXPECT_EQ(summaries.size(), added - spool_->counts().overwritten);
  EXPECT_EQ(summaries.front().sequence, spool_->counts().overwritten + 1);
  EXPECT_EQ(summaries.back().sequence, added);
  EXPECT_EQ(Waiting()[0], "alarm 1");
  EXPECT_EQ(Waiting()[1], "feedback 1");
  EXPECT_EQ(Waiting()[2], "state 1");
  EXPECT_LE(spool_->counts().bytes, client::kLeastSpoolBytes);
}

TEST_F(SpoolTest, NoAlarmGoesWhileASummaryIsThere) {
  Open({.most_bytes = client::kLeastSpoolBytes});
  Fill();
  while (!spool_->Pending(kSummary)->empty()) {
    ASSERT_THAT(spool_->Add(Alarm()), IsOk());
    ASSERT_EQ(spool_->Pending(kAlarm)->front().sequence, 1U);
  }
  // From then on alarms give way to alarms, and a summary finds no more than the room that is left.
  for (int i = 0; i < 100; ++i) ASSERT_THAT(spool_->Add(Alarm()), IsOk());
  const std::uint64_t oldest = spool_->Pending(kAlarm)->front().sequence;
  EXPECT_GT(oldest, 1U);
  auto large = Summary();
  std::get<client::Served>(large.what).latency = std::string(60'000, '1');
  EXPECT_THAT(spool_->Add(large),
              Fails(absl::StatusCode::kResourceExhausted, Reason::kTELEMETRY_FULL));
  EXPECT_EQ(spool_->Pending(kAlarm)->front().sequence, oldest);
  EXPECT_EQ(spool_->counts().refused, 1U);
}

TEST_F(SpoolTest, AFloodOfAlarmsLeavesWhatPeopleSaidAndWhatIsServedTheirShares) {
  Open({.most_bytes = client::kLeastSpoolBytes});
  for (int i = 0; i < 20; ++i) ASSERT_THAT(spool_->Add(Said(fmt::format("tap-{}", i))), IsOk());
  for (int i = 0; i < 10; ++i) ASSERT_THAT(spool_->Add(State()), IsOk());
  for (int i = 0; i < 1000; ++i) ASSERT_THAT(spool_->Add(Alarm()), IsOk());
  EXPECT_EQ(spool_->Pending(kFeedback)->size(), 20U);
  EXPECT_EQ(spool_->Pending(kState)->size(), 10U);
  // And within its share each finds room, at the alarms' cost.
  for (int i = 0; i < 5; ++i) ASSERT_THAT(spool_->Add(Said(fmt::format("more-{}", i))), IsOk());
  EXPECT_EQ(spool_->Pending(kFeedback)->size(), 25U);
}

TEST_F(SpoolTest, SequencesGoOnWhereAllOfAClassWasOverwritten) {
  Open({.most_bytes = client::kLeastSpoolBytes});
  ASSERT_THAT(spool_->Add(Summary()), IsOk());
  while (!spool_->Pending(kSummary)->empty()) ASSERT_THAT(spool_->Add(Alarm()), IsOk());
  Open({.most_bytes = client::kLeastSpoolBytes * 2});
  ASSERT_THAT(spool_->Add(Summary()), IsOk());
  EXPECT_EQ(spool_->Pending(kSummary)->front().sequence, 2U);
}

TEST_F(SpoolTest, ADamagedSegmentCostsItsRecordsAndNoSequence) {
  Open({.most_bytes = client::kLeastSpoolBytes, .segment_bytes = 1024});
  for (int i = 0; i < 10; ++i) ASSERT_THAT(spool_->Add(Alarm()), IsOk());
  ASSERT_GT(disk_->files.size(), 3U);
  Bytes& first = disk_->files.find("alarm-0000000000000001")->second;
  first[40] ^= std::byte{1};
  Open({.most_bytes = client::kLeastSpoolBytes});
  EXPECT_EQ(spool_->counts().damaged, 1U);
  const auto left = *spool_->Pending(kAlarm);
  EXPECT_EQ(left.back().sequence, 10U);
  EXPECT_LT(left.size(), 10U);
  ASSERT_THAT(spool_->Add(Alarm()), IsOk());
  EXPECT_GT(spool_->Pending(kAlarm)->back().sequence, 10U);
}

TEST_F(SpoolTest, DamageAtTheEndOfTheNewestSegmentGivesNoSequenceAnew) {
  Open();
  for (int i = 0; i < 3; ++i) ASSERT_THAT(spool_->Add(Alarm()), IsOk());
  Bytes& only = disk_->files.find("alarm-0000000000000001")->second;
  only[only.size() - 1] ^= std::byte{1};
  Open();
  Open();  // The damage is cut off by then; what it cost is remembered.
  ASSERT_THAT(spool_->Add(Alarm()), IsOk());
  EXPECT_GT(spool_->Pending(kAlarm)->back().sequence, 3U);
}

TEST_F(SpoolTest, DamageThatComesWhileItIsOpenCostsTheRecordsAndBlocksNothing) {
  Open();
  ASSERT_THAT(spool_->Add(Alarm()), IsOk());
  ASSERT_THAT(spool_->Add(Summary()), IsOk());
  disk_->files.find("alarm-0000000000000001")->second[30] ^= std::byte{1};
  EXPECT_THAT(Waiting(), ElementsAre("summary 1"));
  ASSERT_THAT(spool_->Add(Alarm()), IsOk());
  EXPECT_THAT(Waiting(), ElementsAre("alarm 2", "summary 1"));
  EXPECT_EQ(spool_->counts().damaged, 1U);
}

TEST_F(SpoolTest, ASpoolWithoutItsStateIsAnotherOneAndLosesNothing) {
  Open();
  ASSERT_THAT(spool_->Add(Alarm()), IsOk());
  const std::string before = spool_->Next()->spool;
  disk_->files.find("spool.json")->second[0] = std::byte{'!'};
  Open();
  EXPECT_NE(spool_->Next()->spool, before);
  EXPECT_THAT(Waiting(), ElementsAre("alarm 1"));
}

TEST_F(SpoolTest, AFullDiskRefusesAndWhatIsThereStays) {
  Open();
  ASSERT_THAT(spool_->Add(Alarm("one")), IsOk());
  disk_->full = true;
  EXPECT_THAT(spool_->Add(Alarm("lost")),
              Fails(absl::StatusCode::kResourceExhausted, Reason::kDISK_FULL));
  EXPECT_THAT(spool_->Acknowledge({{kAlarm, 1}}), HasCode(absl::StatusCode::kResourceExhausted));
  disk_->full = false;
  ASSERT_THAT(spool_->Add(Alarm("three")), IsOk());
  EXPECT_THAT(Waiting(), ElementsAre("alarm 3"));
  Open();
  EXPECT_THAT(Waiting(), ElementsAre("alarm 1", "alarm 3")) << "the mark was not written";
}

TEST_F(SpoolTest, TellsWhoeverWantsToKnowThatSomethingCame) {
  Open();
  int told = 0;
  spool_->OnAdded([&told] { ++told; });
  ASSERT_THAT(spool_->Add(Alarm()), IsOk());
  EXPECT_THAT(spool_->Add(Said("Not An Id")), HasCode(absl::StatusCode::kInvalidArgument));
  EXPECT_EQ(told, 1);
}

}  // namespace
}  // namespace muster::testing
