#include "client/serving/told_events.h"

#include "tests/unit/client_serving/serving_harness.h"

namespace muster::testing {
namespace {
using client::Loaded;
using client::Served;
using client::TelemetryEvent;
using client::ToldEvents;
using ::testing::ElementsAre;

class ToldEventsTest : public ::testing::Test {
 protected:
  // In the class of states, with a word to know it by.
  static TelemetryEvent State(std::string word) {
    return {FromUnixMillis(1'800'000'000'000), ModelName("m"), VersionNumber(1),
            Loaded{Loaded::State::kRefused, Reason::kSELF_TEST_FAILED, std::move(word)}};
  }
  static TelemetryEvent Summary() {
    return {FromUnixMillis(1'800'000'000'000), ModelName("m"), VersionNumber(1), Served{}};
  }
  // What another life makes of a state, and tells.
  Status GoOn(const Json& state) {
    ToldEvents told;
    MUSTER_TRY(told.Restore(state, telemetry_));
    return Send(told);
  }
  Status Send(ToldEvents& told) {
    return told.Send(
        telemetry_, [](const Status&) {},
        [&] {
          saved_ = told.Save(telemetry_);
          return Ok();
        });
  }
  std::vector<std::string> Words() const {
    std::vector<std::string> out;
    for (const Loaded& state : telemetry_.Of<Loaded>()) out.push_back(state.detail);
    return out;
  }

  KeptTelemetry telemetry_;
  Json saved_;
};

TEST_F(ToldEventsTest, WhatWentBeforeTheCrashDoesNotGoAgain) {
  ToldEvents told;
  for (const char* word : {"one", "two"}) told.Add(State(word));
  told.Add(Summary());
  const Json state = told.Save(telemetry_);
  ASSERT_THAT(Send(told), IsOk());
  EXPECT_TRUE(told.empty());
  ASSERT_THAT(GoOn(state), IsOk());
  EXPECT_THAT(Words(), ElementsAre("one", "two"));
  EXPECT_EQ(telemetry_.Of<Served>().size(), 1u);
}

TEST_F(ToldEventsTest, WhatDidNotGoBeforeTheCrashGoesAfterIt) {
  ToldEvents told;
  for (const char* word : {"one", "two", "three"}) told.Add(State(word));
  told.Add(Summary());
  const Json state = told.Save(telemetry_);
  ASSERT_THAT(telemetry_.Add(State("one")), IsOk());  // As far as the process came.
  ASSERT_THAT(GoOn(state), IsOk());
  EXPECT_THAT(Words(), ElementsAre("one", "two", "three"));
  EXPECT_EQ(telemetry_.Of<Served>().size(), 1u);
}

TEST_F(ToldEventsTest, OneThatIsRefusedTakesNoSequence) {
  ToldEvents told;
  for (const char* word : {"one", "two"}) told.Add(State(word));
  telemetry_.refusal = WithReason(ResourceExhausted("full"), Reason::kTELEMETRY_FULL);
  const Status sent = told.Send(
      telemetry_, [&](const Status&) { telemetry_.refusal = Ok(); },
      [&] {
        saved_ = told.Save(telemetry_);
        return Ok();
      });
  ASSERT_THAT(sent, IsOk());
  ASSERT_THAT(GoOn(saved_), IsOk());
  EXPECT_THAT(Words(), ElementsAre("two"));
}

TEST_F(ToldEventsTest, ADiskThatFailsUsesUpASequenceAndNoEvent) {
  ToldEvents told;
  told.Add(State("one"));
  telemetry_.refusal = Unavailable("the disk");
  ++telemetry_.next[client::TelemetryClass::kState];  // As a spool does.
  EXPECT_THAT(Send(told), HasCode(absl::StatusCode::kUnavailable));
  telemetry_.refusal = Ok();
  ASSERT_THAT(GoOn(saved_), IsOk());
  EXPECT_THAT(Words(), ElementsAre("one"));
}

TEST_F(ToldEventsTest, AStateThatIsNoneIsRefused) {
  for (const char* text : {"{}", "[1]", "[{}]", R"([{"event":"x","sequence":1}])"}) {
    ToldEvents told;
    EXPECT_THAT(told.Restore(Json::parse(text), telemetry_), HasCode(absl::StatusCode::kDataLoss))
        << text;
    EXPECT_TRUE(told.empty());
  }
}

}  // namespace
}  // namespace muster::testing
