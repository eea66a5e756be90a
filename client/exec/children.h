#pragma once
// What the trainers that run child processes share: which children run, and how long they may.
#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <chrono>
#include <set>

#include "base/clock.h"
#include "base/status.h"
#include "base/subprocess.h"

namespace muster::client {

// Time left of a limit. On the monotonic clock, as the limits of Subprocess are: a child runs in
// real time, whatever the clock on the wall is set to meanwhile.
class TimeLimit {
 public:
  explicit TimeLimit(Duration limit) : end_(std::chrono::steady_clock::now() + limit) {}
  Duration left() const {
    const auto left = std::chrono::ceil<Duration>(end_ - std::chrono::steady_clock::now());
    return std::max(left, Duration(0));
  }

 private:
  std::chrono::steady_clock::time_point end_;
};

// The children that run now, so that another thread can end them. Safe from any thread.
class RunningChildren {
 public:
  // CANCELLED (SHUTTING_DOWN) after Stop. The child must stay until Remove.
  Status Add(Subprocess& child);
  void Remove(Subprocess& child);
  // Kills all of them and lets no other in.
  void Stop();
  // CANCELLED (SHUTTING_DOWN) after Stop, `otherwise` before: a child that Stop killed did not
  // fail.
  Status Blame(Status otherwise) const;

 private:
  mutable absl::Mutex mu_;
  std::set<Subprocess*> children_ ABSL_GUARDED_BY(mu_);
  bool stopped_ ABSL_GUARDED_BY(mu_) = false;
};

// FAILED_PRECONDITION (TASK_FAILED).
Status TaskFailed(std::string_view why);

}  // namespace muster::client
