#include "client/telemetry/event_json.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/status_matchers.h"
#include "tests/unit/client_telemetry/events.h"

namespace muster::testing {
namespace {
using client::EncodeEvent;
using client::ParseEvent;
using client::TelemetryEvent;
const auto kInvalid = Fails(absl::StatusCode::kInvalidArgument, Reason::kTELEMETRY_INVALID);

TEST(TelemetryJson, EachThingThatANodeTellsReadsBackAsItWas) {
  for (const TelemetryEvent& event : {Alarm(), Said(), State(), Summary()}) {
    const auto text = EncodeEvent(event);
    ASSERT_THAT(text, IsOk());
    const auto again = ParseEvent(*text);
    ASSERT_THAT(again, IsOk()) << *text;
    EXPECT_EQ(*again, event) << *text;
  }
}

TEST(TelemetryJson, WhatIsAbsentStaysAbsent) {
  TelemetryEvent alarm = Alarm();
  std::get<drift::Finding>(alarm.what).p.reset();
  TelemetryEvent served{.time = kThen, .model = {}, .version = {}, .what = client::Served{}};
  TelemetryEvent loaded{.time = kThen, .model = {}, .version = {}, .what = client::Loaded{}};
  for (const TelemetryEvent& event : {alarm, served, loaded})
    EXPECT_EQ(*ParseEvent(*EncodeEvent(event)), event);
}

TEST(TelemetryJson, ALabelIsInNoEvent) {
  TelemetryEvent said = Said();
  std::get<client::Feedback>(said.what).label = 112.5;
  const std::string text = *EncodeEvent(said);
  EXPECT_EQ(text.find("112"), std::string::npos) << text;
  EXPECT_EQ(*ParseEvent(text), Said());
}

TEST(TelemetryJson, ALongSentenceIsCutBetweenCharactersAndStaysOneLine) {
  const std::string long_text = "a\nb" + std::string(508, 'x') + "\xc3\xa4 and more";
  const auto event = ParseEvent(*EncodeEvent(Alarm(long_text)));
  ASSERT_THAT(event, IsOk());
  EXPECT_EQ(std::get<drift::Finding>(event->what).text, "a b" + std::string(508, 'x'));
}

TEST(TelemetryJson, NothingIsWrittenThatIsNotFiniteTooLongOrNoText) {
  TelemetryEvent nan = Alarm();
  std::get<drift::Finding>(nan.what).statistic = std::nan("");
  TelemetryEvent name = Alarm();
  std::get<drift::Finding>(name.what).monitor = std::string(200, 'm');
  TelemetryEvent line = Alarm();
  std::get<drift::Finding>(line.what).field = "a\nb";
  TelemetryEvent sketch = Summary();
  std::get<client::Served>(sketch.what).latency = std::string(70'000, '1');
  for (const TelemetryEvent& event :
       {nan, name, line, sketch, Said("Not An Id"), Said(""), Alarm("\xff\xfe is no UTF-8")})
    EXPECT_THAT(EncodeEvent(event), kInvalid);
}

TEST(TelemetryJson, ForeignTextIsRefusedWithAReason) {
  const std::string good = *EncodeEvent(Alarm());
  const auto replaced = [&](const std::string& a, const std::string& b) {
    std::string out = good;
    out.replace(out.find(a), a.size(), b);
    return out;
  };
  for (const std::string& text :
       {std::string(), std::string("{}"), std::string("[1]"), std::string("null"), good + " ",
        good.substr(0, good.size() - 1), replaced("began", "begun"), replaced("\"12.5\"", "12.5"),
        replaced("\"12.5\"", "\"nan\""), replaced("\"finding\"", "\"served\""),
        replaced("\"row\":7", "\"row\":-7"), replaced("\"version\":3", "\"version\":\"3\""),
        replaced("{\"finding\"", "{\"extra\":1,\"finding\""), std::string(100'000, '[')})
    EXPECT_THAT(ParseEvent(text), kInvalid) << text.substr(0, 200);
}

}  // namespace
}  // namespace muster::testing
