#pragma once
// Simulated time and the order of things: one thread, a seeded queue. The same seed gives the same
// run, event for event.
#include <functional>
#include <map>
#include <memory>
#include <utility>

#include "base/clock.h"
#include "base/executor.h"
#include "base/seeded.h"

namespace muster::sim {

class Scheduler {
 public:
  explicit Scheduler(std::uint64_t seed) : rng_(SeedOf({"scheduler", std::to_string(seed)})) {}

  ManualClock& clock() { return clock_; }
  SeededRng& rng() { return rng_; }
  bool Chance(std::uint64_t percent) { return rng_.Below(100) < percent; }

  // Runs `work` at `when`, unless `alive` has turned false by then. What falls on the same
  // millisecond runs in a drawn order.
  void At(Timestamp when, std::shared_ptr<const bool> alive, std::function<void()> work) {
    if (closed_) return;
    const Timestamp due = std::max(when, clock_.Now());
    queue_.emplace(std::pair(due, rng_.Next()), Event{std::move(alive), std::move(work)});
  }

  // Drops what is queued, and all that dropping it would queue.
  void Close() {
    closed_ = true;
    std::exchange(queue_, {});
  }

  // One event; false when nothing is left.
  bool Step() {
    if (queue_.empty()) return false;
    auto first = queue_.extract(queue_.begin());
    const Timestamp due = first.key().first;
    if (due > clock_.Now()) clock_.Advance(due - clock_.Now());
    if (*first.mapped().alive) first.mapped().work();
    return true;
  }

 private:
  struct Event {
    std::shared_ptr<const bool> alive;
    std::function<void()> work;
  };
  ManualClock clock_{Timestamp(Duration(1'700'000'000'000))};
  SeededRng rng_;
  bool closed_ = false;
  std::multimap<std::pair<Timestamp, std::uint64_t>, Event> queue_;
};

// One process: its work is dropped, not run, once it has been killed.
class Process final : public Executor {
 public:
  explicit Process(Scheduler& scheduler) : scheduler_(scheduler) {}
  ~Process() override { Kill(); }
  void Post(std::function<void()> work) override {
    scheduler_.At(
        scheduler_.clock().Now() + Duration(static_cast<std::int64_t>(scheduler_.rng().Below(3))),
        alive_, std::move(work));
  }
  void PostAt(Timestamp when, std::function<void()> work) override {
    scheduler_.At(when, alive_, std::move(work));
  }
  void Kill() { *alive_ = false; }
  std::shared_ptr<const bool> alive() const { return alive_; }

 private:
  Scheduler& scheduler_;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace muster::sim
