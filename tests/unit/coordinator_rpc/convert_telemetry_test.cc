#include "coordinator/rpc/convert_telemetry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace muster::coordinator {
namespace {
using testing::Fails;
using testing::IsOk;
const Timestamp kNow = FromUnixMillis(1'700'000'000'000);
const auto kInvalid = Fails(absl::StatusCode::kInvalidArgument, Reason::kTELEMETRY_INVALID);

v1::TelemetryRecord& Add(v1::ReportTelemetryRequest& to, v1::TelemetryRecord::Class cls,
                         std::uint64_t sequence) {
  v1::TelemetryRecord& out = *to.add_records();
  out.set_class_(cls);
  out.set_sequence(sequence);
  out.set_event_unix_ms(UnixMillis(kNow));
  out.set_model("rul");
  out.set_version(3);
  return out;
}
v1::DriftFinding& AddAlarm(v1::ReportTelemetryRequest& to, std::uint64_t sequence) {
  v1::DriftFinding& out = *Add(to, v1::TelemetryRecord::ALARM, sequence).mutable_finding();
  out.set_monitor("rul.level");
  out.set_kind("change");
  out.set_field("s2");
  out.set_phase("ended");
  out.set_severity("warning");
  out.set_from_unix_ms(UnixMillis(kNow) - 5);
  out.set_statistic(2.5);
  out.set_threshold(1.5);
  out.set_p(0.25);
  out.set_text("s2 has moved");
  return out;
}
v1::ReportTelemetryRequest Empty() {
  v1::ReportTelemetryRequest out;
  out.set_spool(std::string(32, '5'));
  return out;
}

TEST(ConvertTelemetry, ReadsEachThingThatADeviceTells) {
  v1::ReportTelemetryRequest in = Empty();
  AddAlarm(in, 4);
  v1::Feedback& said = *Add(in, v1::TelemetryRecord::FEEDBACK, 5).mutable_feedback();
  said.set_id("tap-1");
  said.set_verdict(v1::Feedback::MISSED);
  said.set_about_unix_ms(UnixMillis(kNow));
  said.set_label(17);  // It is not to be there, and is not read.
  said.set_by("ann");
  v1::Loaded& loaded = *Add(in, v1::TelemetryRecord::STATE, 6).mutable_loaded();
  loaded.set_state("refused");
  loaded.set_reason("SELF_TEST_FAILED");
  v1::Served& served = *Add(in, v1::TelemetryRecord::SUMMARY, 7).mutable_served();
  served.set_rows(60);
  served.set_joules(0.5);
  (*served.mutable_not_judged())["late"] = 2;
  const auto batch = FromProto(in, kNow);
  ASSERT_THAT(batch, IsOk());
  EXPECT_THAT(batch->refused, ::testing::IsEmpty());
  ASSERT_EQ(batch->records.size(), 4U);
  EXPECT_EQ(batch->records[0].sequence, 4U);
  EXPECT_EQ(batch->records[0].time, kNow);
  const auto& finding = std::get<DriftFinding>(batch->records[0].what);
  EXPECT_FALSE(finding.began);
  EXPECT_FALSE(finding.alarm);
  EXPECT_EQ(finding.from, kNow - Duration(5));
  EXPECT_EQ(finding.to, std::nullopt);
  EXPECT_EQ(finding.p, 0.25);
  EXPECT_EQ(std::get<Feedback>(batch->records[1].what).verdict, Feedback::Verdict::kMissed);
  EXPECT_EQ(std::get<Loaded>(batch->records[2].what).reason, "SELF_TEST_FAILED");
  EXPECT_EQ(std::get<Served>(batch->records[3].what).not_judged.at("late"), 2U);
}

TEST(ConvertTelemetry, ABadRecordIsRefusedByItsSequenceAndTheOthersAreTaken) {
  v1::ReportTelemetryRequest in = Empty();
  AddAlarm(in, 1);
  AddAlarm(in, 2).set_phase("perhaps");
  AddAlarm(in, 3).set_statistic(std::numeric_limits<double>::quiet_NaN());
  AddAlarm(in, 4);
  Add(in, v1::TelemetryRecord::STATE, 1);  // Says nothing.
  Add(in, v1::TelemetryRecord::SUMMARY, 1).mutable_loaded()->set_state("serving");
  const auto batch = FromProto(in, kNow);
  ASSERT_THAT(batch, IsOk());
  ASSERT_EQ(batch->records.size(), 2U);
  EXPECT_EQ(batch->records[1].sequence, 4U);
  ASSERT_EQ(batch->refused.size(), 4U);
  for (const auto& refused : batch->refused) EXPECT_EQ(refused.reason, "TELEMETRY_INVALID");
  EXPECT_EQ(batch->refused[0].sequence, 2U);
  EXPECT_EQ(batch->refused[3].cls, TelemetryClass::kSummary);
}

TEST(ConvertTelemetry, WhatIsNoBatchIsRefusedAsAWhole) {
  v1::ReportTelemetryRequest no_class = Empty(), unordered = Empty(), many = Empty(),
                             large = Empty(), no_spool;
  AddAlarm(no_class, 1);
  no_class.mutable_records(0)->set_class_(static_cast<v1::TelemetryRecord::Class>(9));
  AddAlarm(unordered, 2).set_phase("perhaps");  // Also of those that are refused.
  AddAlarm(unordered, 2);
  for (std::uint64_t i = 1; i <= 257; ++i) AddAlarm(many, i);
  AddAlarm(large, 1).set_text(std::string(600'000, 'x'));
  AddAlarm(no_spool, 1);
  for (const auto& in : {no_class, unordered, many, large, no_spool})
    EXPECT_THAT(FromProto(in, kNow), kInvalid);
}

TEST(ConvertTelemetry, AnAnswerNamesClassesAndSequences) {
  TelemetryAck ack;
  ack.through = {{TelemetryClass::kAlarm, 7}, {TelemetryClass::kSummary, 9}};
  ack.refused = {{TelemetryClass::kAlarm, 5, "TELEMETRY_INVALID"}};
  const v1::ReportTelemetryReply out = ToProto(ack);
  EXPECT_EQ(out.through().at(1), 7U);
  EXPECT_EQ(out.through().at(4), 9U);
  ASSERT_EQ(out.refused_size(), 1);
  EXPECT_EQ(out.refused(0).class_(), v1::TelemetryRecord::ALARM);
  EXPECT_EQ(out.refused(0).reason(), "TELEMETRY_INVALID");
}

}  // namespace
}  // namespace muster::coordinator
