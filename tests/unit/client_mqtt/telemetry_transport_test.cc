// The device's transport and the coordinator's desk, with a broker between them that nobody trusts.
#include "client/mqtt/telemetry_transport.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <muster/v1/telemetry.pb.h>

#include "base/telemetry_signing.h"
#include "coordinator/mqtt/telemetry_desk.h"
#include "platform/sha256.h"
#include "tests/support/manual_executor.h"
#include "tests/support/memory_broker.h"
#include "tests/support/null_metrics.h"
#include "tests/support/status_matchers.h"
#include "tests/support/symbolic_crypto.h"

namespace muster::client {
namespace {
using ::muster::testing::Fails;
using ::muster::testing::HasCode;
using ::muster::testing::IsOk;
using ::muster::testing::ManualExecutor;
using ::muster::testing::MemoryBroker;
using ::muster::testing::NullMetrics;
using ::muster::testing::SymbolicCrypto;
using ::muster::testing::SymbolicSigner;
using ::testing::ElementsAre;

const DeviceId kDevice{"00112233445566778899aabbccddeeff"};
const DeviceId kOther{"ffeeddccbbaa99887766554433221100"};

Bytes BytesOf(std::string_view text) { return {AsBytes(text).begin(), AsBytes(text).end()}; }

// Bodies that tests can read: "<spool> <records>", and as many bytes more as `padding`.
TelemetryCodec Codec(std::size_t padding) {
  return {.encode =
              [padding](const TelemetryBatch& batch) {
                return BytesOf(fmt::format("{} {}", batch.spool, batch.records.size()) +
                               std::string(padding * batch.records.size(), '.'));
              },
          .decode = [](ByteView body) -> StatusOr<TelemetryAck> {
            TelemetryAck ack;
            ack.through[TelemetryClass::kAlarm] = body.size();
            return ack;
          }};
}

class MqttTelemetryTest : public ::testing::Test {
 protected:
  void SetUp() override {
    StartTransport(0);
    StartDesk();
  }
  void StartTransport(std::size_t padding) {
    transport_.reset();
    auto transport =
        MqttTelemetryTransport::Make({.device = kDevice,
                                      .identity = identity_,
                                      .log_key = log_key_.public_key(),
                                      .codec = Codec(padding)},
                                     {*device_mqtt_, crypto_, clock_, executor_, log_});
    ASSERT_THAT(transport, IsOk());
    transport_ = *std::move(transport);
  }
  void StartDesk() {
    auto desk = coordinator::MqttTelemetryDesk::Start(
        {.mqtt = *desk_mqtt_,
         .pool = executor_,
         .crypto = crypto_,
         .log_signer = log_key_,
         .log = log_,
         .metrics = metrics_,
         .key_of =
             [this](const DeviceId& id, const auto& done) {
               if (id == kDevice) return done(identity_->public_key());
               done(WithReason(PermissionDenied("no such device"), Reason::kNOT_ENROLLED));
             },
         .report =
             [this](const DeviceId& device, const Bytes& body, const auto& done) {
               reported_.push_back(
                   fmt::format("{}: {}", device.value().substr(0, 4), AsText(body).substr(0, 8)));
               done(report_answer_);
             }});
    ASSERT_THAT(desk, IsOk());
    desk_ = *std::move(desk);
  }
  void Settle() {
    for (int i = 0; i < 10; ++i) {
      broker_.Run();
      executor_.Run();
    }
  }
  TelemetryBatch Batch(std::size_t records) {
    return {.spool = "spool", .records = std::vector<TelemetryRecord>(records)};
  }
  void Send(std::size_t records = 2) {
    transport_->Send(Batch(records),
                     [this](const StatusOr<TelemetryAck>& ack) { answers_.push_back(ack); });
  }

  MemoryBroker broker_;
  const std::unique_ptr<Mqtt> device_mqtt_ = broker_.Connect();
  const std::unique_ptr<Mqtt> desk_mqtt_ = broker_.Connect();
  const platform::OpenSslHasher hasher_{};
  const SymbolicCrypto crypto_{hasher_};
  const std::shared_ptr<const Signer> identity_ = std::make_shared<SymbolicSigner>(crypto_, 1);
  const SymbolicSigner log_key_{crypto_, 2};
  ManualClock clock_{FromUnixMillis(1'780'000'000'000)};
  ManualExecutor executor_;
  NullLogger log_;
  NullMetrics metrics_;
  StatusOr<Bytes> report_answer_ = BytesOf("four");
  std::vector<std::string> reported_;
  std::vector<StatusOr<TelemetryAck>> answers_;
  std::unique_ptr<coordinator::MqttTelemetryDesk> desk_;
  std::unique_ptr<MqttTelemetryTransport> transport_;
};

TEST_F(MqttTelemetryTest, WhatADeviceSignsIsHeardAndTheAnswerComesBack) {
  Send();
  Settle();
  EXPECT_THAT(reported_, ElementsAre("0011: spool 2"));
  ASSERT_EQ(answers_.size(), 1U);
  ASSERT_THAT(answers_[0], IsOk());
  EXPECT_EQ(answers_[0]->through.at(TelemetryClass::kAlarm), 4U);
}

TEST_F(MqttTelemetryTest, ThatTheBrokerHasItIsNoAcknowledgement) {
  broker_.tap = [](const std::string&, const Bytes&) { return false; };  // It takes, and loses.
  Send();
  Settle();
  EXPECT_TRUE(answers_.empty());
  clock_.Advance(std::chrono::seconds(20));
  executor_.RunUntil(clock_.Now());
  ASSERT_EQ(answers_.size(), 1U);
  EXPECT_THAT(answers_[0], HasCode(absl::StatusCode::kDeadlineExceeded));
  broker_.tap = nullptr;
  Send();
  Settle();
  ASSERT_EQ(answers_.size(), 2U);
  EXPECT_THAT(answers_[1], IsOk());
}

TEST_F(MqttTelemetryTest, WithoutABrokerTheSenderHearsAtOnce) {
  Send();
  broker_.Kill();
  ASSERT_EQ(answers_.size(), 1U);
  EXPECT_THAT(answers_[0], Fails(absl::StatusCode::kUnavailable, Reason::kBROKER_UNREACHABLE));
  Send();
  ASSERT_EQ(answers_.size(), 2U);
  EXPECT_THAT(answers_[1], Fails(absl::StatusCode::kUnavailable, Reason::kBROKER_UNREACHABLE));
  broker_.Restart();
  Send();
  Settle();
  ASSERT_EQ(answers_.size(), 3U);
  EXPECT_THAT(answers_[2], IsOk());
}

TEST_F(MqttTelemetryTest, NothingIsHeardThatTheTopicsDeviceDidNotSign) {
  std::string envelope;
  broker_.tap = [&](const std::string&, const Bytes& payload) {
    envelope = AsText(payload);
    return false;
  };
  Send();
  Settle();
  broker_.tap = nullptr;
  // Under another device's name, changed by a byte, cut short, and as rubbish.
  const std::string own = fmt::format("{}{}", kTelemetryTopics, kDevice.value());
  broker_.Say(fmt::format("{}{}", kTelemetryTopics, kOther.value()), envelope);
  Settle();
  v1::TelemetryEnvelope changed;
  ASSERT_TRUE(changed.ParseFromString(envelope));
  changed.mutable_body()->append("x");
  broker_.Say(own, changed.SerializeAsString());
  Settle();
  broker_.Say(own, envelope.substr(0, envelope.size() - 1));
  Settle();
  broker_.Say(own, "rubbish");
  Settle();
  broker_.Say(fmt::format("{}..", kTelemetryTopics), envelope);
  Settle();
  EXPECT_TRUE(reported_.empty());
  broker_.Say(own, envelope);  // As it was, it is taken: the coordinator knows what comes twice.
  Settle();
  EXPECT_THAT(reported_, ElementsAre("0011: spool 2"));
}

// Else what lies on its disk after an outage comes in at a batch each time that it gives up
// waiting.
TEST_F(MqttTelemetryTest, ADeviceMaySendTheNextAsSoonAsItHearsTheAnswer) {
  std::string envelope;
  broker_.tap = [&](const std::string& topic, const Bytes& payload) {
    if (topic.starts_with(kTelemetryTopics)) envelope = AsText(payload);
    if (topic.starts_with(kTelemetryAckTopics) && reported_.size() == 1)
      broker_.Say(fmt::format("{}{}", kTelemetryTopics, kDevice.value()), envelope);
    return true;
  };
  Send();
  Settle();
  EXPECT_THAT(reported_, ElementsAre("0011: spool 2", "0011: spool 2"));
}

TEST_F(MqttTelemetryTest, AForgedOrAnOldAcknowledgementAcknowledgesNothing) {
  std::string real;
  broker_.tap = [&](const std::string& topic, const Bytes& payload) {
    if (topic.starts_with(kTelemetryAckTopics)) real = AsText(payload);
    return true;
  };
  Send(1);
  Settle();
  ASSERT_EQ(answers_.size(), 1U);
  ASSERT_FALSE(real.empty());

  broker_.tap = [](const std::string&, const Bytes&) { return false; };
  Send(2);
  Settle();
  const std::string topic = fmt::format("{}{}", kTelemetryAckTopics, kDevice.value());
  broker_.Say(topic, real);  // Of the envelope before.
  v1::TelemetryAck forged;
  ASSERT_TRUE(forged.ParseFromString(real));
  const Digest digest = crypto_.Sha256(AsBytes("spool 2"));
  forged.set_body_digest(std::string(AsText(digest.bytes())));
  broker_.Say(topic, forged.SerializeAsString());  // With the right digest, and the old signature,
  const SymbolicSigner stranger(crypto_, 3);
  const auto signature =
      stranger.Sign(TelemetryAckBytesToSign(kDevice, digest, AsBytes(forged.body())));
  forged.set_signature(std::string(AsText(*signature)));
  broker_.Say(topic, forged.SerializeAsString());  // and with a stranger's.
  broker_.Say(topic, "rubbish");
  EXPECT_EQ(answers_.size(), 1U);
  const auto genuine =
      log_key_.Sign(TelemetryAckBytesToSign(kDevice, digest, AsBytes(forged.body())));
  forged.set_signature(std::string(AsText(*genuine)));
  broker_.Say(topic, forged.SerializeAsString());
  EXPECT_EQ(answers_.size(), 2U);
}

TEST_F(MqttTelemetryTest, WhatTheCoordinatorCouldNotRecordIsAnsweredWithSilence) {
  report_answer_ = Unavailable("the journal is busy");
  Send();
  Settle();
  EXPECT_EQ(reported_.size(), 1U);
  EXPECT_TRUE(answers_.empty());
  clock_.Advance(std::chrono::seconds(20));
  executor_.RunUntil(clock_.Now());
  report_answer_ = BytesOf("four");
  Send();
  Settle();
  ASSERT_EQ(answers_.size(), 2U);
  EXPECT_THAT(answers_[1], IsOk());
}

TEST_F(MqttTelemetryTest, OfALargeBatchTheFirstRecordsGo) {
  StartTransport(100 << 10);
  Send(8);
  Settle();
  EXPECT_THAT(reported_, ElementsAre("0011: spool 2."));
  StartTransport(300 << 10);
  Send(1);
  EXPECT_THAT(answers_.back(),
              Fails(absl::StatusCode::kInvalidArgument, Reason::kTELEMETRY_INVALID));
}

TEST_F(MqttTelemetryTest, ATransportThatIsGoneAnswersNoMore) {
  Send();
  transport_.reset();
  Settle();
  clock_.Advance(std::chrono::seconds(20));
  executor_.RunUntil(clock_.Now());
  EXPECT_TRUE(answers_.empty());
}

}  // namespace
}  // namespace muster::client
