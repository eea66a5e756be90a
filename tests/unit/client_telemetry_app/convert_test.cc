#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/rpc/telemetry_convert.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/client_telemetry/events.h"

namespace muster::testing {
namespace {
using client::TelemetryAck;
using client::TelemetryBatch;
using enum client::TelemetryClass;

TEST(TelemetryMessage, HasWhatWasToldButRowsAndSeries) {
  TelemetryBatch batch{.spool = std::string(32, '5'), .records = {}};
  batch.records = {
      {kAlarm, 3, Alarm()}, {kFeedback, 1, Said()}, {kState, 2, State()}, {kSummary, 9, Summary()}};
  const auto again = client::TelemetryBatchFrom(client::ToMessage(batch));
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->spool, batch.spool);
  ASSERT_EQ(again->records.size(), 4U);
  auto& alarm = std::get<drift::Finding>(batch.records[0].event.what);
  alarm.from.row = 0;  // Where it stands in the device's own files is no matter of others.
  alarm.to.row = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(again->records[i].cls, batch.records[i].cls);
    EXPECT_EQ(again->records[i].sequence, batch.records[i].sequence);
    EXPECT_EQ(again->records[i].event, batch.records[i].event) << i;
  }
}

TEST(TelemetryMessage, HasNoLabel) {
  auto said = Said();
  std::get<client::Feedback>(said.what).label = 17;
  const auto message = client::ToMessage({std::string(32, '5'), {{kFeedback, 1, said}}});
  EXPECT_FALSE(message.records(0).feedback().has_label());
}

TEST(TelemetryMessage, AnAnswerIsReadAsFarAsItMakesSense) {
  v1::ReportTelemetryReply reply;
  (*reply.mutable_through())[1] = 7;
  (*reply.mutable_through())[9] = 7;
  (*reply.mutable_through())[-1] = 7;
  for (int i = 0; i < 1000; ++i) {
    auto& refused = *reply.add_refused();
    refused.set_class_(static_cast<v1::TelemetryRecord::Class>(i % 6));
    refused.set_reason("TELEMETRY_INVALID\n" + std::string(1000, 'x'));
  }
  const TelemetryAck ack = client::TelemetryAckFrom(reply);
  EXPECT_THAT(ack.through, ::testing::ElementsAre(::testing::Pair(kAlarm, 7)));
  EXPECT_EQ(ack.refused.size(), client::kMostTelemetryRecords);
  for (const auto& refused : ack.refused) {
    EXPECT_GE(refused.cls, kAlarm);
    EXPECT_LT(refused.reason.size(), 80U);
    EXPECT_EQ(refused.reason.find('\n'), std::string::npos);
  }
}

}  // namespace
}  // namespace muster::testing
