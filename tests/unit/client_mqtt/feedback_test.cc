#include "client/mqtt/feedback.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/memory_broker.h"
#include "tests/support/status_matchers.h"

namespace muster::client {
namespace {
using ::muster::testing::IsOk;
using ::muster::testing::MemoryBroker;
using ::testing::ElementsAre;

class MqttFeedbackTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto started = MqttFeedback::Start(
        {DeviceName("n1"), DeviceName("n2")}, *mqtt_,
        [this](const DeviceName& node, std::string_view text) -> StatusOr<std::string> {
          said_.push_back(fmt::format("{}: {}", node.value(), text));
          if (text == "rubbish")
            return WithReason(InvalidArgument("no JSON"), Reason::kPAYLOAD_INVALID);
          return std::string("id-1");
        },
        log_);
    ASSERT_THAT(started, IsOk());
    feedback_ = *std::move(started);
    const auto hear = [this](const MqttMessage& message) {
      answers_.push_back(fmt::format("{} {}", message.topic, AsText(message.payload)));
    };
    token_ = *mqtt_->Subscribe("muster/v1/feedback/+/answer", 1, hear);
  }

  MemoryBroker broker_;
  const std::unique_ptr<Mqtt> mqtt_ = broker_.Connect();
  NullLogger log_;
  std::vector<std::string> said_;
  std::vector<std::string> answers_;
  std::unique_ptr<MqttFeedback> feedback_;
  std::shared_ptr<void> token_;
};

TEST_F(MqttFeedbackTest, WhatIsSaidOfANodeIsTakenAndAnsweredUnderItsName) {
  broker_.Say("muster/v1/feedback/n2", "{}");
  EXPECT_THAT(said_, ElementsAre("n2: {}"));
  EXPECT_THAT(answers_, ElementsAre(R"(muster/v1/feedback/n2/answer {"id":"id-1"})"));
}

TEST_F(MqttFeedbackTest, WhatCannotBeTakenIsAnsweredWithItsReason) {
  broker_.Say("muster/v1/feedback/n1", "rubbish");
  EXPECT_THAT(answers_, ElementsAre(R"(muster/v1/feedback/n1/answer )"
                                    R"({"error":"no JSON","reason":"PAYLOAD_INVALID"})"));
}

TEST_F(MqttFeedbackTest, NobodyIsHeardUnderANameThatIsNotHereNorFromTheBrokersMemory) {
  broker_.Say("muster/v1/feedback/n3", "{}");
  broker_.Say("muster/v1/feedback/n1/answer", "{}");
  broker_.Say("muster/v1/feedback/n1", "{}", /*retained=*/true);
  EXPECT_TRUE(said_.empty());
}

}  // namespace
}  // namespace muster::client
