#include "client/mqtt/source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "client/mqtt/sink.h"
#include "client/pipeline/csv_source.h"
#include "tests/support/memory_broker.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace muster::client {
namespace {
using ::muster::testing::Fails;
using ::muster::testing::IsOk;
using ::muster::testing::MemoryBroker;
using ::muster::testing::TempDir;
using ::testing::ElementsAre;

class LineLogger final : public Logger {
 public:
  void Write(LogLevel, std::string_view event, std::initializer_list<LogField> fields) override {
    std::string line(event);
    for (const LogField& field : fields) line += fmt::format(" {}={}", field.key, field.value);
    lines.push_back(line);
  }
  std::vector<std::string> lines;
};

class MqttSourceTest : public ::testing::Test {
 protected:
  std::unique_ptr<MqttSource> Start() {
    auto source = MqttSource::Start("n1",
                                    {.topic = "plant/+/state",
                                     .mapping = {.fields = {{"t", "t"}}, .time = "/at"},
                                     .keep_rows = 100},
                                    dir_ / "rows.csv", *mqtt_, clock_, log_);
    EXPECT_THAT(source, IsOk());
    return *std::move(source);
  }
  std::vector<double> Rows() {
    std::vector<double> out;
    CsvSource csv(dir_ / "rows.csv");
    const std::vector<std::string> columns = {"t"};
    EXPECT_THAT(csv.Read(columns,
                         [&](const Row& row) {
                           out.push_back(row.cells[0].number);
                           return Ok();
                         }),
                IsOk());
    return out;
  }

  const TempDir dir_;
  MemoryBroker broker_;
  const std::unique_ptr<Mqtt> mqtt_ = broker_.Connect();
  ManualClock clock_{FromUnixMillis(1'780'000'000'000)};
  LineLogger log_;
};

TEST_F(MqttSourceTest, RowsComeIntoTheFileThatThePipelineReads) {
  const auto source = Start();
  broker_.Say("plant/7/state", R"({"at": 1780000000, "t": 1.5})");
  broker_.Say("plant/7/other", R"({"at": 1780000000, "t": 9})");
  broker_.Say("plant/8/state", R"({"at": 1779999999, "t": 2})");  // Late: as it comes.
  EXPECT_THAT(Rows(), ElementsAre(1.5, 2));
  EXPECT_EQ(source->counts().rows, 2U);
}

TEST_F(MqttSourceTest, AMessageThatComesTwiceIsOneRow) {
  const auto source = Start();
  broker_.copies = 2;
  broker_.Say("plant/7/state", R"({"at": 1780000000, "t": 1})");
  broker_.Say("plant/7/state", R"({"at": 1780000001, "t": 1})");
  EXPECT_THAT(Rows(), ElementsAre(1, 1));
  EXPECT_EQ(source->counts().duplicates, 2U);
}

TEST_F(MqttSourceTest, WhatTheBrokerRemembersIsNoNewRow) {
  const auto source = Start();
  broker_.Say("plant/7/state", R"({"at": 1780000000, "t": 1})", /*retained=*/true);
  EXPECT_EQ(source->counts().rows, 0U);
}

TEST_F(MqttSourceTest, ForeignPayloadsAreCountedAndToldOnceWithoutTheirValues) {
  const auto source = Start();
  for (int i = 0; i < 9; ++i) broker_.Say("plant/7/state", R"({"at": 1780000000, "t": [4711]})");
  broker_.Say("plant/7/state", "\x01\x02");
  EXPECT_EQ(source->counts().invalid, 10U);
  EXPECT_EQ(source->counts().rows, 0U);
  ASSERT_EQ(log_.lines.size(), 2U);
  EXPECT_NE(log_.lines[0].find("PAYLOAD_INVALID"), std::string::npos);
  EXPECT_EQ(log_.lines[0].find("4711"), std::string::npos);
}

TEST_F(MqttSourceTest, AfterItsEndNothingIsWritten) {
  auto source = Start();
  broker_.Say("plant/7/state", R"({"at": 1780000000, "t": 1})");
  source.reset();
  broker_.Say("plant/7/state", R"({"at": 1780000001, "t": 2})");
  EXPECT_THAT(Rows(), ElementsAre(1));
}

TEST_F(MqttSourceTest, PredictionsGoToTheirTopicWhileTheBrokerIsThere) {
  std::vector<std::string> heard;
  const auto token = mqtt_->Subscribe("plant/7/rul", 1, [&](const MqttMessage& message) {
    heard.emplace_back(AsText(message.payload));
  });
  const auto sink = MqttSink::Make("plant/7/rul", 1, *mqtt_, log_);
  ASSERT_THAT(sink, IsOk());
  EXPECT_THAT((*sink)->Give(R"({"prediction":1})"), IsOk());
  broker_.Run();
  EXPECT_THAT(heard, ElementsAre(R"({"prediction":1})"));
  EXPECT_THAT((*sink)->Give(R"({"prediction":2})"), IsOk());
  broker_.Kill();
  EXPECT_EQ(log_.lines.size(), 1U);  // It was sent, and nobody knows whether it came.
  EXPECT_THAT((*sink)->Give(R"({"prediction":3})"),
              Fails(absl::StatusCode::kUnavailable, Reason::kSINK_FAILED));
  EXPECT_THAT(MqttSink::Make("plant/#", 1, *mqtt_, log_),
              Fails(absl::StatusCode::kInvalidArgument, Reason::kFIELD_INVALID));
}

}  // namespace
}  // namespace muster::client
