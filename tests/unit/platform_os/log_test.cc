// Lines that people and programs read, and that nobody can forge.
#include "platform/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

namespace muster::platform {
namespace {
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

const Timestamp kAt = FromUnixMillis(1795162530250);  // 2026-11-20T08:15:30.250Z

std::string Text(std::initializer_list<LogField> fields) {
  return FormatLogLine(LogFormat::kText, kAt, LogLevel::kInfo, "e", fields);
}

TEST(Log, ATextLineNamesTimeLevelEventAndFields) {
  EXPECT_EQ(FormatLogLine(LogFormat::kText, kAt, LogLevel::kInfo, "round_closed",
                          {{"campaign", "turbofan"}, {"round", 12}}),
            "2026-11-20T08:15:30.250Z info round_closed campaign=turbofan round=12");
}

TEST(Log, ValuesThatCouldConfuseAReaderAreQuotedAndEscaped) {
  const auto value = [](std::string v) { return Text({{"k", v}}).substr(25); };
  EXPECT_EQ(value("a-b/c.d:1"), "info e k=a-b/c.d:1");
  EXPECT_EQ(value("two words"), "info e k=\"two words\"");
  EXPECT_EQ(value(""), "info e k=\"\"");
  EXPECT_EQ(value("a=b"), "info e k=\"a=b\"");
  EXPECT_EQ(value("say \"hi\" \\ bye"), "info e k=\"say \\\"hi\\\" \\\\ bye\"");
  EXPECT_EQ(value("\xc3\xa4"), "info e k=\"\\xc3\\xa4\"");
}

TEST(Log, NoByteInAValueCanBeginALineOrReachTheTerminal) {
  for (int c = 0; c < 256; ++c) {
    for (const LogFormat format : {LogFormat::kText, LogFormat::kJson}) {
      const std::string line = FormatLogLine(format, kAt, LogLevel::kInfo, "e",
                                             {{"k", "a" + std::string(1, static_cast<char>(c))}});
      for (const char out : line) EXPECT_TRUE(out >= ' ' && out < 0x7f) << c;
    }
  }
  EXPECT_THAT(Text({{"k", "x\n2026-11-20T08:15:30.250Z info forged"}}),
              HasSubstr(R"(k="x\n2026-11-20T08:15:30.250Z info forged")"));
}

TEST(Log, AJsonLineIsOneObjectWithTheSameFields) {
  const auto line = FormatLogLine(LogFormat::kJson, kAt, LogLevel::kWarn, "update_refused",
                                  {{"reason", "a \"b\"\n\xff"}, {"round", 12}});
  const auto json = nlohmann::json::parse(line);
  EXPECT_EQ(json["time"], "2026-11-20T08:15:30.250Z");
  EXPECT_EQ(json["level"], "warn");
  EXPECT_EQ(json["event"], "update_refused");
  EXPECT_EQ(json["reason"], "a \"b\"\n\xef\xbf\xbd");
  EXPECT_EQ(json["round"], "12");
  EXPECT_EQ(json.size(), 5u);
}

TEST(Log, ALongValueIsCut) {
  const std::string line = Text({{"k", std::string(1 << 20, 'a')}});
  EXPECT_LT(line.size(), 2200u);
  EXPECT_TRUE(line.ends_with("aaa..."));
}

TEST(Log, LevelsAndFormatsAreParsedStrictly) {
  EXPECT_EQ(ParseLogLevel("debug").value(), LogLevel::kDebug);
  EXPECT_EQ(ParseLogLevel("error").value(), LogLevel::kError);
  EXPECT_EQ(ParseLogFormat("json").value(), LogFormat::kJson);
  for (const char* bad : {"", "INFO", "warning", "trace"})
    EXPECT_EQ(ReasonOf(ParseLogLevel(bad).status()), Reason::kFIELD_INVALID);
  EXPECT_EQ(ReasonOf(ParseLogFormat("xml").status()), Reason::kFIELD_INVALID);
}

struct LogFileTest : testing::Test {
  void SetUp() override {
    std::string pattern = testing::TempDir() + "log-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    dir = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(dir); }
  std::vector<std::string> Lines() {
    std::ifstream in(dir + "/log");
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
  }
  ManualClock clock{kAt};
  std::string dir;
};

TEST_F(LogFileTest, EventsBelowTheLevelAreDroppedAndTheRestIsThereAtOnce) {
  const auto logger = MakeLogger({.level = LogLevel::kWarn, .file = dir + "/log"}, clock).value();
  logger->Info("quiet");
  logger->Warn("heard", {{"n", 1}});
  clock.Advance(Duration(750));
  logger->Error("heard_too", {{"percent", "%d {} %v"}});
  EXPECT_THAT(Lines(),
              ElementsAre("2026-11-20T08:15:30.250Z warn heard n=1",
                          "2026-11-20T08:15:31.000Z error heard_too percent=\"%d {} %v\""));
}

TEST_F(LogFileTest, ASecondStartAppends) {
  for (int i = 0; i < 2; ++i)
    MakeLogger({.file = dir + "/log"}, clock).value()->Info("started", {{"n", i}});
  EXPECT_EQ(Lines().size(), 2u);
}

TEST_F(LogFileTest, AFileThatCannotBeOpenedIsAnErrorThatNamesIt) {
  const auto logger = MakeLogger({.file = dir}, clock);
  EXPECT_EQ(logger.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(logger.status().ToString(), HasSubstr(dir));
}

}  // namespace
}  // namespace muster::platform
