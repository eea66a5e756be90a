#pragma once
// Threads that run closures, now or at a time. Never loses work that Post took while it runs, and
// never lets an exception out of a closure end the process.
#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <chrono>
#include <deque>
#include <functional>
#include <queue>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/executor.h"
#include "base/log.h"

namespace muster::platform {

struct ThreadPoolOptions {
  std::size_t threads = 2;
  std::size_t max_queue = 4096;             // Where TryPost begins to refuse.
  Duration stop = std::chrono::seconds(5);  // What the destructor grants queued work.
};

// Safe from any thread; Stop, Drain and the destructor not from the pool's own threads.
class ThreadPool final : public Executor {
 public:
  // `clock` says what PostAt's times mean; waiting itself goes by a monotonic clock, so a wall
  // clock that jumps ahead releases nothing early and one that jumps back is waited for again.
  ThreadPool(const Clock& clock, Logger& logger, const ThreadPoolOptions& options);
  ~ThreadPool() override;
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  // Takes any amount: for work that the system owes. Work from outside comes through TryPost.
  // Once Stop has returned, it is destroyed unrun.
  void Post(std::function<void()> work) override;
  void PostAt(Timestamp when, std::function<void()> work) override;
  // False, and `work` is destroyed, when `max_queue` closures wait already or Stop has begun.
  [[nodiscard]] bool TryPost(std::function<void()> work);

  // Waits until nothing is queued or running; timers that are not due do not count. False when
  // `timeout` passed first.
  bool Drain(Duration timeout);
  // Forgets timers, runs what is queued (and what that posts) for at most `timeout`, discards the
  // rest, and joins the threads: a closure that is running is always waited for. True when
  // nothing was discarded. Idempotent.
  bool Stop(Duration timeout);

  std::size_t queued() const;

 private:
  using Monotonic = std::chrono::steady_clock;
  struct Timer {
    Monotonic::time_point due;
    Timestamp when;
    std::uint64_t order;  // Equal times run in posting order.
    std::function<void()> work;
  };
  struct Later {
    bool operator()(const Timer& a, const Timer& b) const {
      return a.due != b.due ? a.due > b.due : a.order > b.order;
    }
  };

  void Work();
  void RunOne(const std::function<void()>& work);
  void Schedule(Timestamp when, std::uint64_t order, std::function<void()> work)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void ReleaseDueTimers() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void WaitForWork() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  bool Idle() const ABSL_SHARED_LOCKS_REQUIRED(mu_) { return queue_.empty() && running_ == 0; }

  const Clock& clock_;
  Logger& logger_;
  const ThreadPoolOptions options_;
  mutable absl::Mutex mu_;
  absl::CondVar changed_;  // Workers wait on it, and only they, or a Signal could be lost.
  absl::CondVar idle_;     // Drain waits on it.
  std::deque<std::function<void()>> queue_ ABSL_GUARDED_BY(mu_);
  std::vector<Timer> timers_ ABSL_GUARDED_BY(mu_);  // A heap, the next one first.
  std::uint64_t timer_count_ ABSL_GUARDED_BY(mu_) = 0;
  std::size_t running_ ABSL_GUARDED_BY(mu_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  bool ended_ ABSL_GUARDED_BY(mu_) = false;
  std::vector<std::thread> threads_;  // Touched by the constructor and Stop alone.
};

}  // namespace muster::platform
