#pragma once
// An executor whose work runs when the test says so, on the test's thread, in posting order.
#include <deque>
#include <functional>
#include <map>
#include <utility>

#include "base/executor.h"

namespace muster::testing {

class ManualExecutor final : public Executor {
 public:
  void Post(std::function<void()> work) override { queue_.push_back(std::move(work)); }
  void PostAt(Timestamp when, std::function<void()> work) override {
    timers_.emplace(when, std::move(work));
  }
  // Runs what is posted, and what that posts; timers only through RunUntil.
  void Run() {
    while (!queue_.empty()) {
      const std::function<void()> work = std::move(queue_.front());
      queue_.pop_front();
      work();
    }
  }
  // Runs the timers that are due at `now`, in order of time, and all that they post.
  void RunUntil(Timestamp now) {
    Run();
    while (!timers_.empty() && timers_.begin()->first <= now) {
      const std::function<void()> work = std::move(timers_.begin()->second);
      timers_.erase(timers_.begin());
      work();
      Run();
    }
  }

 private:
  std::deque<std::function<void()>> queue_;
  std::multimap<Timestamp, std::function<void()>> timers_;
};

}  // namespace muster::testing
