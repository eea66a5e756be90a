// What several threads tell goes once to whom it is sent to, while they tell it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <absl/synchronization/notification.h>

#include "base/seeded.h"
#include "base/strand.h"
#include "client/telemetry/feedback_desk.h"
#include "client/telemetry/telemetry_session.h"
#include "platform/system_clock.h"
#include "platform/thread_pool.h"
#include "tests/support/memory_blobs.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/client_telemetry/events.h"
#include "tests/unit/client_telemetry/frail_folder.h"

namespace muster::testing {
namespace {
using client::TelemetryClass;
constexpr std::uint64_t kEach = 100;  // Events of one thread.
const DeviceName kNode("press-3");

// Answers from another thread than it was asked on, at times with an error after it was heard.
class Coordinator final : public client::TelemetryTransport {
 public:
  Coordinator(Executor& pool, std::map<TelemetryClass, std::uint64_t> wanted)
      : pool_(pool), wanted_(std::move(wanted)) {}
  void Send(const client::TelemetryBatch& batch, Callback done) override {
    pool_.Post([this, batch, done = std::move(done)] {
      client::TelemetryAck ack;
      const bool lost = Hear(batch, ack.through);
      done(lost ? StatusOr<client::TelemetryAck>(Unavailable("lost")) : ack);
    });
  }
  absl::Notification all;  // That is wanted has come and is acknowledged.
  std::map<TelemetryClass, std::vector<std::uint64_t>> heard() {
    absl::MutexLock lock(&mu_);
    return heard_;
  }

 private:
  bool Hear(const client::TelemetryBatch& batch, std::map<TelemetryClass, std::uint64_t>& through) {
    absl::MutexLock lock(&mu_);
    for (const client::TelemetryRecord& record : batch.records) {
      std::uint64_t& mark = marks_[record.cls];
      if (record.sequence > mark) heard_[record.cls].push_back(record.sequence);
      mark = std::max(mark, record.sequence);
    }
    through = marks_;
    if (++batches_ % 8 == 1) return true;
    if (marks_ == wanted_ && !all.HasBeenNotified()) all.Notify();
    return false;
  }

  Executor& pool_;
  const std::map<TelemetryClass, std::uint64_t> wanted_;
  absl::Mutex mu_;
  std::map<TelemetryClass, std::uint64_t> marks_ ABSL_GUARDED_BY(mu_);
  std::map<TelemetryClass, std::vector<std::uint64_t>> heard_ ABSL_GUARDED_BY(mu_);
  int batches_ ABSL_GUARDED_BY(mu_) = 0;
};

TEST(TelemetryThreads, WhatManyTellAtOnceIsHeardOnceAndInOrder) {
  platform::SystemClock clock;
  NullLogger log;
  MemoryFiles files;
  CountingRng ids;
  SeededRng jitter(1);
  platform::ThreadPool pool(clock, log, {.threads = 3});
  Strand strand(pool);
  const std::shared_ptr<client::TelemetrySpool> spool = *client::TelemetrySpool::Open(
      kNode.value(), std::make_unique<FrailFolder>(std::make_shared<FrailDisk>()), {}, ids, log);
  client::FeedbackDesk desk(files, clock, ids, log);
  ASSERT_THAT(desk.AddNode(kNode, spool, *client::Labels::Open(files, "labels.json")), IsOk());
  auto coordinator = std::make_shared<Coordinator>(
      pool, std::map<TelemetryClass, std::uint64_t>{{TelemetryClass::kAlarm, 2 * kEach},
                                                    {TelemetryClass::kFeedback, kEach},
                                                    {TelemetryClass::kSummary, kEach}});
  auto session =
      client::TelemetrySession::Make(kNode, {clock, strand, jitter, log}, spool, coordinator);
  strand.Post([&] { session->Start(); });

  std::atomic<std::uint64_t> taken = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i)
    threads.emplace_back([&] {
      for (std::uint64_t n = 0; n < kEach; ++n) ASSERT_THAT(spool->Add(Alarm()), IsOk());
    });
  threads.emplace_back([&] {
    for (std::uint64_t n = 0; n < kEach; ++n) ASSERT_THAT(spool->Add(Summary()), IsOk());
  });
  for (int i = 0; i < 2; ++i)  // Two ways for the same words: each counts once.
    threads.emplace_back([&] {
      for (std::uint64_t n = 0; n < kEach; ++n) {
        client::Feedback said;
        said.id = fmt::format("tap-{}", n);
        said.verdict = client::Feedback::Verdict::kMissed;
        const auto answer = desk.Submit(kNode, said);
        ASSERT_THAT(answer, IsOk());
        taken += answer->taken;
        static_cast<void>(spool->counts());
      }
    });
  for (std::thread& thread : threads) thread.join();
  coordinator->all.WaitForNotification();
  absl::Notification stopped;
  strand.Post([&] {
    session->Stop();
    stopped.Notify();
  });
  stopped.WaitForNotification();
  EXPECT_EQ(taken, kEach);
  for (const auto& [cls, sequences] : coordinator->heard())
    for (std::size_t i = 0; i < sequences.size(); ++i) ASSERT_EQ(sequences[i], i + 1);
  pool.Stop(std::chrono::seconds(10));
}

}  // namespace
}  // namespace muster::testing
