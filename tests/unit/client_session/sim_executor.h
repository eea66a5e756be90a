#pragma once
// Closures in the order of a clock that only moves when they do. One thread.
#include <map>
#include <utility>

#include "base/executor.h"

namespace muster::testing {

class SimExecutor final : public Executor {
 public:
  explicit SimExecutor(ManualClock& clock) : clock_(clock) {}
  void Post(std::function<void()> work) override { PostAt(clock_.Now(), std::move(work)); }
  void PostAt(Timestamp when, std::function<void()> work) override {
    queue_.emplace(std::pair(std::max(when, clock_.Now()), order_++), std::move(work));
  }

  // Runs the next closure, moving the clock to it; false when none is due by `end`.
  bool Step(Timestamp end) {
    if (queue_.empty() || queue_.begin()->first.first > end) return false;
    const auto node = queue_.extract(queue_.begin());
    if (node.key().first > clock_.Now()) clock_.Advance(node.key().first - clock_.Now());
    node.mapped()();
    return true;
  }
  void RunFor(Duration d) {
    const Timestamp end = clock_.Now() + d;
    while (Step(end)) {
    }
    if (end > clock_.Now()) clock_.Advance(end - clock_.Now());
  }
  void Forget() { queue_.clear(); }

 private:
  ManualClock& clock_;
  std::uint64_t order_ = 0;
  std::map<std::pair<Timestamp, std::uint64_t>, std::function<void()>> queue_;
};

}  // namespace muster::testing
