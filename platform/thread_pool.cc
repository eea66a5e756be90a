#include "platform/thread_pool.h"

#include <absl/time/time.h>

#include <algorithm>
#include <exception>
#include <utility>

namespace muster::platform {
namespace {
// absl waits by the wall clock, so a jump of it could stretch a wait for a timer by as much.
constexpr auto kLongestWait = std::chrono::seconds(1);
constexpr auto kLongestTimer = std::chrono::hours(24);
}  // namespace

ThreadPool::ThreadPool(const Clock& clock, Logger& logger, const ThreadPoolOptions& options)
    : clock_(clock), logger_(logger), options_(options) {
  threads_.reserve(options_.threads);
  for (std::size_t i = 0; i < std::max<std::size_t>(options_.threads, 1); ++i)
    threads_.emplace_back([this] { Work(); });
}

ThreadPool::~ThreadPool() { Stop(options_.stop); }

void ThreadPool::Post(std::function<void()> work) {
  absl::MutexLock lock(&mu_);
  if (ended_) return;
  queue_.push_back(std::move(work));
  changed_.Signal();
}

bool ThreadPool::TryPost(std::function<void()> work) {
  absl::MutexLock lock(&mu_);
  if (stopping_ || queue_.size() >= options_.max_queue) return false;
  queue_.push_back(std::move(work));
  changed_.Signal();
  return true;
}

void ThreadPool::PostAt(Timestamp when, std::function<void()> work) {
  absl::MutexLock lock(&mu_);
  if (stopping_) return;
  Schedule(when, timer_count_++, std::move(work));
  changed_.Signal();  // Whoever waits may be waiting for a later timer.
}

void ThreadPool::Schedule(Timestamp when, std::uint64_t order, std::function<void()> work) {
  // Far times are cut, or the sums could overflow; they are looked at again when due.
  const Timestamp now = clock_.Now();
  const Duration wait = std::min<Duration>(when <= now ? Duration(0) : when - now, kLongestTimer);
  timers_.push_back({Monotonic::now() + wait, when, order, std::move(work)});
  std::push_heap(timers_.begin(), timers_.end(), Later{});
}

void ThreadPool::ReleaseDueTimers() {
  const auto now = Monotonic::now();
  while (!timers_.empty() && timers_.front().due <= now) {
    std::pop_heap(timers_.begin(), timers_.end(), Later{});
    Timer timer = std::move(timers_.back());
    timers_.pop_back();
    if (clock_.Now() < timer.when) {
      // The clock was set back, or `when` was too far away for one wait.
      Schedule(timer.when, timer.order, std::move(timer.work));
      continue;
    }
    queue_.push_back(std::move(timer.work));
    changed_.Signal();
  }
}

void ThreadPool::WaitForWork() {
  if (timers_.empty()) return changed_.Wait(&mu_);
  const auto wait =
      std::min<Monotonic::duration>(timers_.front().due - Monotonic::now(), kLongestWait);
  changed_.WaitWithTimeout(&mu_, absl::FromChrono(wait));
}

void ThreadPool::Work() {
  absl::MutexLock lock(&mu_);
  for (;;) {
    ReleaseDueTimers();
    if (!queue_.empty()) {
      std::function<void()> work = std::move(queue_.front());
      queue_.pop_front();
      ++running_;
      mu_.Unlock();
      RunOne(work);
      work = nullptr;  // What it captured may post or lock in its destructor.
      mu_.Lock();
      --running_;
      if (Idle()) idle_.SignalAll();
    } else if (ended_) {
      return;
    } else {
      WaitForWork();
    }
  }
}

void ThreadPool::RunOne(const std::function<void()>& work) {
  try {
    work();
  } catch (const std::exception& e) {
    logger_.Error("work_threw", {{"what", e.what()}});
  } catch (...) {
    logger_.Error("work_threw", {{"what", "not a std::exception"}});
  }
}

bool ThreadPool::Drain(Duration timeout) {
  const auto end = Monotonic::now() + timeout;
  absl::MutexLock lock(&mu_);
  while (!Idle()) {
    const auto left = end - Monotonic::now();
    if (left <= Monotonic::duration(0)) return false;
    idle_.WaitWithTimeout(&mu_, absl::FromChrono(left));
  }
  return true;
}

bool ThreadPool::Stop(Duration timeout) {
  std::vector<Timer> timers;  // Destroyed after the lock, as closures may post from destructors.
  std::deque<std::function<void()>> discarded;
  {
    absl::MutexLock lock(&mu_);
    stopping_ = true;
    timers.swap(timers_);
  }
  const bool drained = Drain(timeout);
  {
    absl::MutexLock lock(&mu_);
    ended_ = true;
    discarded.swap(queue_);
    changed_.SignalAll();
  }
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  if (!discarded.empty()) logger_.Warn("work_discarded", {{"closures", discarded.size()}});
  return drained && discarded.empty();
}

std::size_t ThreadPool::queued() const {
  absl::MutexLock lock(&mu_);
  return queue_.size();
}

}  // namespace muster::platform
