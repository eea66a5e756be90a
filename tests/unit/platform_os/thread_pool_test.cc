// The pool and the strand under real threads; run under ThreadSanitizer too.
#include "platform/thread_pool.h"

#include <absl/synchronization/notification.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>

#include "base/strand.h"
#include "platform/system_clock.h"

namespace muster::platform {
namespace {
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;

class RecordingLogger final : public Logger {
 public:
  void Write(LogLevel, std::string_view event, std::initializer_list<LogField> fields) override {
    absl::MutexLock lock(&mu_);
    lines_.push_back(std::string(event) + " " + fields.begin()->value);
  }
  std::vector<std::string> lines() {
    absl::MutexLock lock(&mu_);
    return lines_;
  }

 private:
  absl::Mutex mu_;
  std::vector<std::string> lines_ ABSL_GUARDED_BY(mu_);
};

// A pool still runs what is queued when it is destroyed: what closures refer to is declared first.
struct ThreadPoolTest : testing::Test {
  SystemClock clock;
  RecordingLogger logger;
};

TEST_F(ThreadPoolTest, EveryPostFromEveryThreadRunsOnce) {
  constexpr int kThreads = 4, kPosts = 2000;
  std::vector<std::atomic<int>> runs(kThreads * kPosts);
  ThreadPool pool(clock, logger, {.threads = 3, .max_queue = 1});  // Post ignores the bound.
  std::vector<std::thread> posters;
  for (int t = 0; t < kThreads; ++t)
    posters.emplace_back([&, t] {
      for (int i = 0; i < kPosts; ++i) pool.Post([&runs, n = t * kPosts + i] { ++runs[n]; });
    });
  for (std::thread& poster : posters) poster.join();
  ASSERT_TRUE(pool.Drain(seconds(30)));
  for (const auto& n : runs) EXPECT_EQ(n.load(), 1);
}

TEST_F(ThreadPoolTest, TryPostRefusesWhenTheQueueIsFullAndTakesAgainAfterwards) {
  absl::Notification started, release;
  std::atomic<int> ran = 0;
  ThreadPool pool(clock, logger, {.threads = 1, .max_queue = 2});
  pool.Post([&] {
    started.Notify();
    release.WaitForNotification();
  });
  started.WaitForNotification();
  EXPECT_TRUE(pool.TryPost([&] { ++ran; }));
  EXPECT_TRUE(pool.TryPost([&] { ++ran; }));
  EXPECT_EQ(pool.queued(), 2u);
  EXPECT_FALSE(pool.TryPost([&] { ran += 100; }));
  pool.Post([&] { ++ran; });  // What the system owes itself is taken all the same.
  release.Notify();
  ASSERT_TRUE(pool.Drain(seconds(30)));
  EXPECT_EQ(ran.load(), 3);
  EXPECT_TRUE(pool.TryPost([&] { ++ran; }));
}

TEST_F(ThreadPoolTest, TimersRunInTheirOrderAndNotBeforeTheirTime) {
  std::vector<int> order;
  std::vector<bool> early;
  absl::Notification done;
  ThreadPool pool(clock, logger, {.threads = 1});
  const Timestamp now = clock.Now();
  const auto at = [&](int n, Duration wait, bool last = false) {
    pool.PostAt(now + wait, [&, n, wait, last] {
      order.push_back(n);
      early.push_back(clock.Now() < now + wait);
      if (last) done.Notify();
    });
  };
  at(3, milliseconds(60), true);
  at(1, milliseconds(20));
  at(2, milliseconds(40));
  at(0, -hours(1));
  done.WaitForNotification();
  ASSERT_TRUE(pool.Drain(seconds(30)));
  EXPECT_THAT(order, ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(early, ElementsAre(false, false, false, false));
}

TEST_F(ThreadPoolTest, ATimerWaitsUntilTheClockItNamesAgrees) {
  struct SlowClock final : Clock {
    Timestamp Now() const override { return FromUnixMillis(calls++ < 4 ? 1000 : 2000); }
    mutable std::atomic<int> calls = 0;
  } slow;  // Stands still for a few looks, then jumps.
  absl::Notification done;
  ThreadPool pool(slow, logger, {.threads = 1});
  pool.PostAt(FromUnixMillis(1001), [&] { done.Notify(); });
  done.WaitForNotification();
  EXPECT_GE(slow.calls.load(), 5);
}

TEST_F(ThreadPoolTest, AnExceptionIsLoggedAndTheThreadGoesOn) {
  std::atomic<bool> ran = false;
  ThreadPool pool(clock, logger, {.threads = 1});
  pool.Post([] { throw std::runtime_error("broken model"); });
  pool.Post([] { throw 7; });
  pool.Post([&] { ran = true; });
  ASSERT_TRUE(pool.Drain(seconds(30)));
  EXPECT_TRUE(ran);
  EXPECT_THAT(logger.lines(),
              ElementsAre("work_threw broken model", "work_threw not a std::exception"));
}

TEST_F(ThreadPoolTest, StopRunsWhatIsQueuedAndWhatThatPostsButNoTimers) {
  std::atomic<int> ran = 0;
  auto forgotten = std::make_shared<int>(0);
  ThreadPool pool(clock, logger, {.threads = 1});
  pool.PostAt(clock.Now() + hours(1), [&ran, forgotten] { ran += 100; });
  pool.PostAt(Timestamp::max(), [&ran] { ran += 100; });
  pool.Post([&] {
    ++ran;
    pool.Post([&] { ++ran; });
  });
  EXPECT_TRUE(pool.Stop(seconds(30)));
  EXPECT_EQ(ran.load(), 2);
  EXPECT_EQ(forgotten.use_count(), 1);  // Its closure is gone.
  EXPECT_FALSE(pool.TryPost([] {}));
  pool.Post([&] { ran += 100; });
  pool.PostAt(clock.Now(), [&] { ran += 100; });
  EXPECT_TRUE(pool.Stop(seconds(30)));
  EXPECT_EQ(ran.load(), 2);
}

TEST_F(ThreadPoolTest, StopDiscardsWhatItsDeadlineCutsOffAndSaysSo) {
  absl::Notification started, release;
  std::atomic<bool> ran = false;
  ThreadPool pool(clock, logger, {.threads = 1});
  pool.Post([&] {
    started.Notify();
    release.WaitForNotification();
  });
  pool.Post([&] { ran = true; });
  started.WaitForNotification();
  EXPECT_FALSE(pool.Drain(milliseconds(1)));
  std::thread opener([&] {
    while (pool.queued() != 0) std::this_thread::yield();  // Until Stop has given up on it.
    release.Notify();
  });
  EXPECT_FALSE(pool.Stop(milliseconds(1)));
  opener.join();
  EXPECT_FALSE(ran);
  EXPECT_THAT(logger.lines(), ElementsAre("work_discarded 1"));
}

TEST_F(ThreadPoolTest, AStrandKeepsOrderAndNeverOverlapsOnManyThreads) {
  constexpr int kStrands = 8, kPosts = 500;
  ThreadPool pool(clock, logger, {.threads = 4});
  struct Lane {
    explicit Lane(Executor& executor) : strand(executor) {}
    Strand strand;
    std::vector<int> seen;  // No lock: the strand is the lock, which ThreadSanitizer checks.
  };
  std::vector<std::unique_ptr<Lane>> lanes;
  for (int s = 0; s < kStrands; ++s) lanes.push_back(std::make_unique<Lane>(pool));
  for (int i = 0; i < kPosts; ++i)
    for (auto& lane : lanes) lane->strand.Post([&seen = lane->seen, i] { seen.push_back(i); });
  ASSERT_TRUE(pool.Drain(seconds(30)));
  std::vector<int> expected(kPosts);
  for (int i = 0; i < kPosts; ++i) expected[i] = i;
  for (const auto& lane : lanes) EXPECT_EQ(lane->seen, expected);
}

TEST_F(ThreadPoolTest, AStrandsTimersRunOnTheStrand) {
  ThreadPool pool(clock, logger, {.threads = 4});
  Strand strand(pool);
  int count = 0;  // Guarded by the strand.
  std::atomic<int> left = 50;
  absl::Notification done;
  for (int i = 0; i < 50; ++i)
    strand.PostAt(clock.Now() + milliseconds(i % 5), [&] {
      ++count;
      if (--left == 0) done.Notify();
    });
  done.WaitForNotification();
  ASSERT_TRUE(pool.Drain(seconds(30)));
  EXPECT_EQ(count, 50);
}

}  // namespace
}  // namespace muster::platform
