#include "client/telemetry/telemetry_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/seeded.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/client_session/sim_executor.h"
#include "tests/unit/client_telemetry/events.h"
#include "tests/unit/client_telemetry/frail_folder.h"

namespace muster::testing {
namespace {
using namespace std::chrono_literals;
using client::TelemetryAck;
using client::TelemetryBatch;
using client::TelemetryClass;
using client::TelemetryRecord;
using enum client::TelemetryClass;

// A coordinator at the end of a line that a test cuts and heals.
class FakeLine final : public client::TelemetryTransport {
 public:
  FakeLine(SimExecutor& executor, ManualClock& clock) : executor_(executor), clock_(clock) {}

  void Send(const TelemetryBatch& batch, Callback done) override {
    ++under_way;
    most_under_way = std::max(most_under_way, under_way);
    sent.push_back(batch);
    executor_.PostAt(clock_.Now() + 10ms, [this, batch, done = std::move(done)] {
      --under_way;
      if (!up) return done(Unavailable("the line is down"));
      TelemetryAck ack = answer ? answer(batch) : Whole(batch);
      if (!lose_answers) return done(std::move(ack));
      done(MakeStatus(absl::StatusCode::kDeadlineExceeded, "no answer"));
    });
  }
  // Takes all of it.
  TelemetryAck Whole(const TelemetryBatch& batch) {
    TelemetryAck ack;
    for (const TelemetryRecord& record : batch.records) {
      received.push_back(record);
      ack.through[record.cls] = record.sequence;
    }
    return ack;
  }

  bool up = true;
  bool lose_answers = false;
  std::function<TelemetryAck(const TelemetryBatch&)> answer;
  std::vector<TelemetryBatch> sent;
  std::vector<TelemetryRecord> received;
  int under_way = 0;
  int most_under_way = 0;

 private:
  SimExecutor& executor_;
  ManualClock& clock_;
};

class TelemetrySessionTest : public ::testing::Test {
 protected:
  TelemetrySessionTest() { Boot(); }
  void Boot() {
    executor_.Forget();
    session_.reset();
    spool_ =
        *client::TelemetrySpool::Open("n", std::make_unique<FrailFolder>(disk_), {}, ids_, log_);
    line_ = std::make_shared<FakeLine>(executor_, clock_);
    session_ = client::TelemetrySession::Make(DeviceName("n"), {clock_, executor_, rng_, log_},
                                              spool_, line_);
  }
  void Add(const client::TelemetryEvent& event) { ASSERT_THAT(spool_->Add(event), IsOk()); }

  ManualClock clock_{kThen};
  SimExecutor executor_{clock_};
  SeededRng rng_{1};
  CountingRng ids_;
  NullLogger log_;
  std::shared_ptr<FrailDisk> disk_ = std::make_shared<FrailDisk>();
  std::shared_ptr<client::TelemetrySpool> spool_;
  std::shared_ptr<FakeLine> line_;
  std::shared_ptr<client::TelemetrySession> session_;
};

TEST_F(TelemetrySessionTest, SendsWhatLaysThereAndThenWhatComesOneBatchAtATime) {
  Add(Summary());
  session_->Start();
  executor_.RunFor(1s);
  EXPECT_EQ(line_->received.size(), 1U);
  for (int i = 0; i < 5; ++i) Add(Alarm());
  executor_.RunFor(1s);
  EXPECT_EQ(line_->received.size(), 6U);
  EXPECT_EQ(line_->most_under_way, 1);
  EXPECT_EQ(spool_->counts().bytes, 0U);
  const std::size_t calls = line_->sent.size();
  executor_.RunFor(1h);
  EXPECT_EQ(line_->sent.size(), calls) << "it asks nobody while there is nothing";
}

// Ten minutes without a coordinator, at ten records a second, and a restart in the middle.
TEST_F(TelemetrySessionTest, AfterAnOutageAllOfItArrivesInOrderWithTheTimesOfItsEvents) {
  session_->Start();
  line_->up = false;
  std::vector<Timestamp> times;
  for (int i = 0; i < 6000; ++i) {
    executor_.RunFor(100ms);
    times.push_back(clock_.Now());
    if (i % 10 == 0)
      Add(Alarm("s2 has moved", clock_.Now()));
    else
      Add(Summary(static_cast<std::uint64_t>(i), clock_.Now()));
    if (i == 3000) {
      Boot();
      line_->up = false;
      session_->Start();
    }
  }
  EXPECT_TRUE(line_->received.empty());
  line_->up = true;
  executor_.RunFor(60s);
  ASSERT_EQ(line_->received.size(), 6000U);
  std::map<TelemetryClass, std::uint64_t> last;
  std::vector<Timestamp> arrived;
  for (const TelemetryRecord& record : line_->received) {
    EXPECT_EQ(record.sequence, ++last[record.cls]);
    arrived.push_back(record.event.time);
  }
  std::ranges::sort(arrived);
  EXPECT_EQ(arrived, times);
}

TEST_F(TelemetrySessionTest, WithoutAnAnswerTheSameBatchGoesAgain) {
  Add(Alarm("first"));
  line_->lose_answers = true;
  session_->Start();
  executor_.RunFor(50ms);
  Add(Alarm("second"));
  executor_.RunFor(5s);
  ASSERT_GE(line_->sent.size(), 3U);
  for (const TelemetryBatch& batch : line_->sent) {
    ASSERT_EQ(batch.records.size(), 1U);
    EXPECT_EQ(batch.records[0].event, Alarm("first"));
    EXPECT_EQ(batch.spool, line_->sent[0].spool);
  }
  line_->lose_answers = false;
  executor_.RunFor(60s);
  EXPECT_EQ(line_->received.back().event, Alarm("second"));
  EXPECT_EQ(spool_->counts().bytes, 0U);
}

TEST_F(TelemetrySessionTest, ACoordinatorThatIsGoneIsAskedLessAndLess) {
  line_->up = false;
  Add(Alarm());
  session_->Start();
  executor_.RunFor(10min);
  EXPECT_LT(line_->sent.size(), 100U);
  EXPECT_GT(line_->sent.size(), 15U) << "at least each 30 s, on the average each 15";
}

TEST_F(TelemetrySessionTest, WhatIsNotTakenYetStaysAndGoesOn) {
  for (int i = 0; i < 5; ++i) Add(Alarm());
  line_->answer = [this](TelemetryBatch batch) {
    batch.records.resize(1);  // A rate that allows one at a time.
    return line_->Whole(batch);
  };
  session_->Start();
  executor_.RunFor(60s);
  ASSERT_EQ(line_->received.size(), 5U);
  for (std::uint64_t i = 0; i < 5; ++i) EXPECT_EQ(line_->received[i].sequence, i + 1);
}

TEST_F(TelemetrySessionTest, ARefusedRecordIsNotSentAgain) {
  Add(Alarm("bad"));
  Add(Alarm("good"));
  line_->answer = [this](const TelemetryBatch& batch) {
    TelemetryAck ack = line_->Whole(batch);
    ack.refused.push_back({kAlarm, 1, "TELEMETRY_INVALID"});
    return ack;
  };
  session_->Start();
  executor_.RunFor(60s);
  EXPECT_EQ(line_->sent.size(), 1U);
}

TEST_F(TelemetrySessionTest, NobodyAcknowledgesMoreThanWasSent) {
  Add(Alarm("sent"));
  line_->answer = [this](const TelemetryBatch&) {
    Add(Alarm("came meanwhile"));
    line_->answer = nullptr;
    TelemetryAck ack;
    ack.through = {{kAlarm, 1'000'000}, {kSummary, 1'000'000}};
    return ack;
  };
  session_->Start();
  executor_.RunFor(60s);
  ASSERT_EQ(line_->received.size(), 1U);
  EXPECT_EQ(line_->received[0].event, Alarm("came meanwhile"));
}

TEST_F(TelemetrySessionTest, ACoordinatorThatTakesNothingIsNotAskedAsFastAsTheLineAllows) {
  Add(Alarm());
  line_->answer = [](const TelemetryBatch&) { return TelemetryAck(); };
  session_->Start();
  executor_.RunFor(10min);
  EXPECT_LT(line_->sent.size(), 100U);
}

TEST_F(TelemetrySessionTest, StoppedItSendsNothingMoreAndTheDiskKeepsIt) {
  session_->Start();
  session_->Stop();
  Add(Alarm());
  executor_.RunFor(60s);
  EXPECT_TRUE(line_->sent.empty());
  Boot();
  session_->Start();
  executor_.RunFor(1s);
  EXPECT_EQ(line_->received.size(), 1U);
}

}  // namespace
}  // namespace muster::testing
