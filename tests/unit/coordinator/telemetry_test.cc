#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "coordinator/telemetry/check.h"
#include "coordinator/telemetry/telemetry_desk.h"
#include "drift/sketches/ddsketch.h"
#include "tests/support/null_metrics.h"
#include "tests/support/status_matchers.h"

namespace muster::coordinator {
namespace {
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using testing::Fails;
using testing::HasCode;
using ::testing::IsEmpty;
using testing::IsOk;
using ::testing::Pair;
using enum TelemetryClass;
const Timestamp kNow = FromUnixMillis(1'700'000'000'000);
const DeviceId kDevice(std::string(32, 'a'));
const auto kInvalid = Fails(absl::StatusCode::kInvalidArgument, Reason::kTELEMETRY_INVALID);

TelemetryRecord Alarm(std::uint64_t sequence) {
  return {kAlarm,
          sequence,
          kNow,
          ModelName("rul"),
          VersionNumber(3),
          DriftFinding{.monitor = "rul.level",
                       .kind = "change",
                       .field = "$error",
                       .began = true,
                       .alarm = true,
                       .from = kNow,
                       .to = std::nullopt,
                       .statistic = 3,
                       .threshold = 1,
                       .p = 0.5,
                       .text = "s2 has moved"}};
}
TelemetryRecord Said(std::uint64_t sequence) {
  Feedback said;
  said.id = "tap-1";
  said.monitor = "rul.level";
  return {kFeedback, sequence, kNow, {}, {}, said};
}
TelemetryRecord State(std::uint64_t sequence) {
  return {kState, sequence, kNow, ModelName("rul"), VersionNumber(3), Loaded{"serving", "", ""}};
}
TelemetryRecord Summary(std::uint64_t sequence) {
  Served served;
  served.rows = 5;
  served.latency = drift::DdSketch::Make()->Encode();
  served.not_judged = {{"late", 2}};
  return {kSummary, sequence, kNow, ModelName("rul"), VersionNumber(3), served};
}

TEST(CheckTelemetry, TakesWhatAgentsTell) {
  for (const TelemetryRecord& record : {Alarm(1), Said(1), State(1), Summary(1)})
    EXPECT_THAT(CheckTelemetry(record, kNow), IsOk());
}

// A record that `spoil` made into another one is refused.
template <typename What, typename Spoil>
void ExpectRefused(TelemetryRecord record, Spoil spoil, int line) {
  spoil(std::get<What>(record.what));
  EXPECT_THAT(CheckTelemetry(record, kNow), kInvalid) << "line " << line;
}

TEST(CheckTelemetry, RefusesNamesTextsAndNumbersThatNoAgentSends) {
  const double nan = std::nan("");
  using F = DriftFinding;
  ExpectRefused<F>(
      Alarm(1), [](F& f) { f.monitor = ""; }, __LINE__);
  ExpectRefused<F>(
      Alarm(1), [](F& f) { f.monitor = "a b"; }, __LINE__);
  ExpectRefused<F>(
      Alarm(1), [](F& f) { f.monitor = std::string(200, 'm'); }, __LINE__);
  ExpectRefused<F>(
      Alarm(1), [](F& f) { f.field = "$$"; }, __LINE__);
  ExpectRefused<F>(
      Alarm(1), [](F& f) { f.kind = "a/b"; }, __LINE__);
  ExpectRefused<F>(
      Alarm(1), [](F& f) { f.text = std::string(513, 't'); }, __LINE__);
  ExpectRefused<F>(
      Alarm(1), [](F& f) { f.text = "two\nlines"; }, __LINE__);
  ExpectRefused<F>(
      Alarm(1), [](F& f) { f.text = "\xff"; }, __LINE__);
  ExpectRefused<F>(
      Alarm(1), [nan](F& f) { f.statistic = nan; }, __LINE__);
  ExpectRefused<F>(
      Alarm(1), [](F& f) { f.threshold = INFINITY; }, __LINE__);
  ExpectRefused<F>(
      Alarm(1), [](F& f) { f.p = 1.5; }, __LINE__);
  ExpectRefused<F>(
      Alarm(1), [nan](F& f) { f.p = nan; }, __LINE__);
  ExpectRefused<Feedback>(
      Said(1), [](Feedback& f) { f.id = "No Id"; }, __LINE__);
  ExpectRefused<Feedback>(
      Said(1), [](Feedback& f) { f.id = ""; }, __LINE__);
  ExpectRefused<Feedback>(
      Said(1), [](Feedback& f) { f.by = std::string(200, 'b'); }, __LINE__);
  ExpectRefused<Loaded>(
      State(1), [](Loaded& l) { l.state = "loaded"; }, __LINE__);
  ExpectRefused<Loaded>(
      State(1), [](Loaded& l) { l.reason = "BECAUSE"; }, __LINE__);
  ExpectRefused<Served>(
      Summary(1), [](Served& s) { s.rows = 1ULL << 53; }, __LINE__);
  ExpectRefused<Served>(
      Summary(1), [](Served& s) { s.joules = -1; }, __LINE__);
  ExpectRefused<Served>(
      Summary(1), [](Served& s) { s.latency = "{}"; }, __LINE__);
  ExpectRefused<Served>(
      Summary(1), [](Served& s) { s.not_judged["a b"] = 1; }, __LINE__);
}

TEST(CheckTelemetry, RefusesTimesThatNoClockShowsWhereverTheyStand) {
  const std::array<Timestamp, 4> bad = {Timestamp(), kNow + 25h, FromUnixMillis(4'102'444'800'000),
                                        FromUnixMillis(std::numeric_limits<std::int64_t>::min())};
  for (const Timestamp time : bad) {
    TelemetryRecord record = Alarm(1);
    record.time = time;
    EXPECT_THAT(CheckTelemetry(record, kNow), kInvalid);
    ExpectRefused<DriftFinding>(
        Alarm(1), [&](DriftFinding& f) { f.to = time; }, __LINE__);
    ExpectRefused<Feedback>(
        Said(1), [&](Feedback& f) { f.about = time; }, __LINE__);
    ExpectRefused<Served>(
        Summary(1), [&](Served& s) { s.from = time; }, __LINE__);
  }
  TelemetryRecord replayed = Alarm(1);
  replayed.time = kNow - 24h * 300;
  EXPECT_THAT(CheckTelemetry(replayed, kNow), IsOk()) << "an old time is what an outage leaves";
}

TEST(CheckTelemetry, ARecordIsOfItsClass) {
  TelemetryRecord record = Alarm(1);
  record.cls = kSummary;
  EXPECT_THAT(CheckTelemetry(record, kNow), kInvalid);
  record = Alarm(1);
  record.model = ModelName("no model");
  EXPECT_THAT(CheckTelemetry(record, kNow), kInvalid);
}

class Listener final : public TelemetryListener {
 public:
  Status OnTelemetry(const DeviceId& device, const std::string& spool,
                     std::span<const TelemetryRecord> records) override {
    if (!answer.ok()) return answer;
    for (const TelemetryRecord& record : records)
      heard.push_back(fmt::format("{} {} {} {}", device.value().substr(0, 1), spool.substr(0, 1),
                                  NameOf(record.cls), record.sequence));
    return Ok();
  }
  Status answer;
  std::vector<std::string> heard;
};

class TelemetryDeskTest : public ::testing::Test {
 protected:
  TelemetryDeskTest() { desk_.SetListener(&listener_); }
  TelemetryBatch Batch(std::vector<TelemetryRecord> records) {
    return {.spool = std::string(32, '5'), .records = std::move(records)};
  }
  TelemetryBatch Alarms(std::uint64_t from, std::uint64_t upto) {
    TelemetryBatch out = Batch({});
    for (std::uint64_t i = from; i <= upto; ++i) out.records.push_back(Alarm(i));
    return out;
  }
  ManualClock clock_{kNow};
  testing::NullMetrics metrics_;
  NullLogger log_;
  TelemetryDesk desk_{clock_, metrics_, log_, {.records_a_minute = 20, .alarms_a_minute = 6}};
  Listener listener_;
};

TEST_F(TelemetryDeskTest, HasARecordHeardAndAcknowledgesItByClass) {
  const auto ack = desk_.Take(kDevice, Batch({Alarm(3), Alarm(7), Summary(1)}));
  ASSERT_THAT(ack, IsOk());
  EXPECT_THAT(ack->through, ElementsAre(Pair(kAlarm, 7), Pair(kSummary, 1)));
  EXPECT_THAT(listener_.heard, ElementsAre("a 5 alarm 3", "a 5 alarm 7", "a 5 summary 1"));
}

TEST_F(TelemetryDeskTest, WhatCouldNotBeWrittenIsNotAcknowledged) {
  listener_.answer = ResourceExhausted("the disk is full");
  EXPECT_THAT(desk_.Take(kDevice, Batch({Alarm(1)})),
              HasCode(absl::StatusCode::kResourceExhausted));
  listener_.answer = Ok();
  EXPECT_THAT(desk_.Take(kDevice, Batch({Alarm(1)}))->through, ElementsAre(Pair(kAlarm, 1)));
}

TEST_F(TelemetryDeskTest, ARefusedRecordIsDoneWithAndTheOthersAreTaken) {
  TelemetryBatch batch = Batch({Alarm(1), Alarm(3)});
  batch.refused = {{kAlarm, 2, "TELEMETRY_INVALID"}, {kState, 9, "TELEMETRY_INVALID"}};
  const auto ack = desk_.Take(kDevice, batch);
  ASSERT_THAT(ack, IsOk());
  EXPECT_EQ(ack->refused.size(), 2U);
  EXPECT_THAT(ack->through, ElementsAre(Pair(kAlarm, 3), Pair(kState, 9)));
  EXPECT_EQ(listener_.heard.size(), 2U);
}

TEST_F(TelemetryDeskTest, ADeviceThatFloodsIsHeardAsMuchAsItsRateAllowsAndLosesNothing) {
  const auto first = desk_.Take(kDevice, Alarms(1, 10));
  ASSERT_THAT(first, IsOk());
  EXPECT_THAT(first->through, ElementsAre(Pair(kAlarm, 6)));
  EXPECT_THAT(desk_.Take(kDevice, Alarms(7, 10)),
              Fails(absl::StatusCode::kResourceExhausted, Reason::kTELEMETRY_FULL));
  clock_.Advance(20s);  // Two more.
  EXPECT_THAT(desk_.Take(kDevice, Alarms(7, 10))->through, ElementsAre(Pair(kAlarm, 8)));
  clock_.Advance(1h);
  EXPECT_THAT(desk_.Take(kDevice, Alarms(9, 10))->through, ElementsAre(Pair(kAlarm, 10)));
  EXPECT_EQ(listener_.heard.size(), 10U);
}

TEST_F(TelemetryDeskTest, ItsAlarmsDoNotKeepItsSummariesWaitingNorOtherDevices) {
  TelemetryBatch batch = Alarms(1, 10);
  batch.records.push_back(Summary(1));
  EXPECT_THAT(desk_.Take(kDevice, batch)->through, ElementsAre(Pair(kAlarm, 6), Pair(kSummary, 1)));
  EXPECT_THAT(desk_.Take(DeviceId(std::string(32, 'b')), Alarms(1, 3))->through,
              ElementsAre(Pair(kAlarm, 3)));
}

TEST_F(TelemetryDeskTest, ARefusedRecordBehindOnesThatWaitIsSeenAgainWithThem) {
  TelemetryBatch batch = Alarms(1, 10);
  batch.refused = {{kAlarm, 11, "TELEMETRY_INVALID"}};
  const auto ack = desk_.Take(kDevice, batch);
  ASSERT_THAT(ack, IsOk());
  EXPECT_THAT(ack->through, ElementsAre(Pair(kAlarm, 6)));
  EXPECT_THAT(ack->refused, IsEmpty());
}

TEST_F(TelemetryDeskTest, ABatchThatNoSpoolWouldGiveIsRefusedAsAWhole) {
  TelemetryBatch no_spool = Alarms(1, 1);
  no_spool.spool = "mine";
  EXPECT_THAT(desk_.Take(kDevice, no_spool), kInvalid);
  EXPECT_THAT(desk_.Take(kDevice, Batch({Alarm(2), Alarm(2)})), kInvalid);
  EXPECT_THAT(desk_.Take(kDevice, Batch({Alarm(0)})), kInvalid);
  EXPECT_THAT(desk_.Take(kDevice, Batch({Alarm(1ULL << 53)})), kInvalid);
  EXPECT_THAT(desk_.Take(kDevice, Alarms(1, 257)), kInvalid);
  EXPECT_THAT(listener_.heard, IsEmpty());
}

TEST_F(TelemetryDeskTest, WithoutAListenerAndWithoutRecordsThereIsAnAnswer) {
  desk_.SetListener(nullptr);
  EXPECT_THAT(desk_.Take(kDevice, Alarms(1, 2))->through, ElementsAre(Pair(kAlarm, 2)));
  EXPECT_THAT(desk_.Take(kDevice, Batch({}))->through, IsEmpty());
}

}  // namespace
}  // namespace muster::coordinator
