#include "client/serving/node_monitors.h"

#include <gmock/gmock.h>

#include <cmath>

#include "base/canonical_json.h"
#include "tests/support/status_matchers.h"

namespace muster::client {
namespace {
using muster::testing::IsOk;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const double kNull = std::nan("");

class KeptLog final : public Logger {
 public:
  void Write(LogLevel, std::string_view event, std::initializer_list<LogField> fields) override {
    std::string line(event);
    for (const LogField& field : fields) line += fmt::format(" {}={}", field.key, field.value);
    lines.push_back(line);
  }
  std::vector<std::string> lines;
};

class NodeMonitorsTest : public ::testing::Test {
 protected:
  NodeMonitors Make(const char* json) {
    const auto specs = drift::ReadMonitors(Json::parse(json));
    EXPECT_THAT(specs, IsOk());
    return NodeMonitors::Make({.series = "engine-1",
                               .fields = {{"a", 0, 10}, {"b", 0, 10}},
                               .specs = *specs,
                               .reference = std::nullopt},
                              log_);
  }
  void Feed(NodeMonitors& monitors, double a, double latency = 1) {
    const std::vector<double> row = {a, 1};
    monitors.Feed(std::nullopt, row, {kNull, 5, latency, kNull}, found_);
  }
  KeptLog log_;
  std::vector<drift::Finding> found_;
};

TEST_F(NodeMonitorsTest, WatchWhatServingSaysOfRows) {
  NodeMonitors monitors = Make(
      R"({"monitors":[{"name":"slow","kind":"range","field":"$latency","max":"50","window":30}]})");
  for (int i = 0; i < 40; ++i) Feed(monitors, 1, 20);
  EXPECT_THAT(found_, IsEmpty());
  for (int i = 0; i < 5; ++i) Feed(monitors, 1, 80);
  ASSERT_THAT(found_, SizeIs(1));
  EXPECT_EQ(found_[0].field, "$latency");
  EXPECT_EQ(found_[0].series, "engine-1");
}

TEST_F(NodeMonitorsTest, ARuleThatNamesNoFieldIsOfTheContractsNumbersAlone) {
  NodeMonitors monitors = Make(R"({"monitors":[{"name":"still","kind":"stuck","rows":5}]})");
  for (int i = 0; i < 10; ++i) Feed(monitors, i);
  ASSERT_THAT(found_, SizeIs(1));  // b; the prediction is as still, and nobody's business here.
  EXPECT_EQ(found_[0].field, "b");
}

TEST_F(NodeMonitorsTest, WhatCannotRunIsLeftOutAloud) {
  NodeMonitors monitors = Make(R"({"monitors":[
    {"name":"shape","kind":"input"},
    {"name":"odd","kind":"stuck","rows":5,"fields":["absent","a"]},
    {"name":"still","kind":"stuck","rows":5,"fields":["b"]}]})");
  EXPECT_EQ(monitors.rules(), 2u);
  ASSERT_THAT(log_.lines, SizeIs(2));
  EXPECT_THAT(log_.lines[0], ::testing::HasSubstr("rule=shape"));
  EXPECT_THAT(log_.lines[1], ::testing::HasSubstr("field=absent"));
}

TEST_F(NodeMonitorsTest, GoOnFromTheirStateAndEndWhatBeganBefore) {
  const char* const rules = R"({"monitors":[{"name":"still","kind":"stuck","rows":5}]})";
  NodeMonitors before = Make(rules);
  for (int i = 0; i < 10; ++i) Feed(before, i);
  NodeMonitors after = Make(rules);
  ASSERT_THAT(after.Restore(before.Save()), IsOk());
  EXPECT_EQ(after.Save(), before.Save());
  found_.clear();
  Feed(after, 0);
  EXPECT_THAT(found_, IsEmpty());  // It is told once.
  after.Close(found_);
  ASSERT_THAT(found_, SizeIs(1));
  EXPECT_EQ(found_[0].phase, drift::Phase::kEnded);
  after.Close(found_);
  EXPECT_THAT(found_, SizeIs(1));
}

TEST_F(NodeMonitorsTest, AStateOfOtherRulesIsRefused) {
  NodeMonitors before = Make(R"({"monitors":[{"name":"still","kind":"stuck","rows":5}]})");
  NodeMonitors after = Make(R"({"monitors":[{"name":"still","kind":"stuck","rows":6}]})");
  EXPECT_FALSE(after.Restore(before.Save()).ok());
  EXPECT_FALSE(after.Restore(Json::parse("[]")).ok());
}

}  // namespace
}  // namespace muster::client
