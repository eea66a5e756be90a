#include "base/mqtt.h"

#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace muster {
namespace {
using ::muster::testing::Fails;
using ::muster::testing::IsOk;

TEST(Mqtt, FiltersMatchAsTheSpecificationSays) {
  // MQTT 5, section 4.7.1.2 and 4.7.1.3, with their own examples.
  for (const char* topic :
       {"sport/tennis/player1", "sport/tennis/player1/ranking", "sport/tennis/player1/score/x"})
    EXPECT_TRUE(MqttMatches("sport/tennis/player1/#", topic)) << topic;
  EXPECT_TRUE(MqttMatches("sport/#", "sport"));
  EXPECT_TRUE(MqttMatches("#", "a/b"));
  EXPECT_TRUE(MqttMatches("sport/tennis/+", "sport/tennis/player1"));
  EXPECT_FALSE(MqttMatches("sport/tennis/+", "sport/tennis/player1/ranking"));
  EXPECT_FALSE(MqttMatches("sport/+", "sport"));
  EXPECT_TRUE(MqttMatches("sport/+", "sport/"));
  EXPECT_TRUE(MqttMatches("+/+", "/finance"));
  EXPECT_TRUE(MqttMatches("/+", "/finance"));
  EXPECT_FALSE(MqttMatches("+", "/finance"));
  EXPECT_FALSE(MqttMatches("a/b", "a/b/c"));
  EXPECT_FALSE(MqttMatches("a/b/c", "a/b"));
}

TEST(Mqtt, AWildcardAtTheBeginningDoesNotReachTheBrokersOwnTopics) {
  EXPECT_FALSE(MqttMatches("#", "$SYS/uptime"));
  EXPECT_FALSE(MqttMatches("+/uptime", "$SYS/uptime"));
  EXPECT_TRUE(MqttMatches("$SYS/#", "$SYS/uptime"));
}

TEST(Mqtt, WildcardsStandForWholeLevelsAndTheLastOne) {
  for (const char* good : {"#", "+", "a/#", "+/b/+", "a//b", "/"})
    EXPECT_THAT(CheckMqttFilter(good), IsOk()) << good;
  for (const char* bad : {"", "a#", "a/#/b", "a+/b", "#/", "a\nb"})
    EXPECT_THAT(CheckMqttFilter(bad),
                Fails(absl::StatusCode::kInvalidArgument, Reason::kFIELD_INVALID))
        << bad;
  EXPECT_THAT(CheckMqttFilter(std::string(kMostMqttTopic + 1, 'a')),
              Fails(absl::StatusCode::kInvalidArgument, Reason::kFIELD_INVALID));
  EXPECT_THAT(CheckMqttTopic("a/+"),
              Fails(absl::StatusCode::kInvalidArgument, Reason::kFIELD_INVALID));
}

TEST(Mqtt, ABrokersAddressSaysWhetherThereIsTls) {
  MqttOptions options;
  ASSERT_THAT(ParseMqttBroker("mqtts://broker.site:8883", options), IsOk());
  EXPECT_EQ(options.broker.host, "broker.site");
  EXPECT_EQ(options.broker.port, 8883);
  EXPECT_TRUE(options.tls);
  ASSERT_THAT(ParseMqttBroker("mqtt://[::1]:1883", options), IsOk());
  EXPECT_FALSE(options.tls);
  for (const char* bad : {"", "broker:1883", "tcp://b:1", "mqtts://b", "mqtts://b:0", "mqtt://:1"})
    EXPECT_THAT(ParseMqttBroker(bad, options),
                Fails(absl::StatusCode::kInvalidArgument, Reason::kFIELD_INVALID))
        << bad;
}

}  // namespace
}  // namespace muster
