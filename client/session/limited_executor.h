#pragma once
// At most so many closures at once on the threads of another executor: for work that blocks, so
// that it cannot take them all.
#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <deque>
#include <functional>
#include <memory>
#include <utility>

#include "base/executor.h"

namespace muster::client {

// Begins closures in the order they came. Safe from any thread. Like Strand, what is queued when it
// is destroyed still runs.
class LimitedExecutor final : public Executor {
 public:
  LimitedExecutor(Executor& executor, std::size_t at_once)
      : core_(std::make_shared<Core>(executor, at_once)) {}

  void Post(std::function<void()> work) override { Core::Push(core_, std::move(work)); }
  void PostAt(Timestamp when, std::function<void()> work) override {
    core_->executor.PostAt(when, [core = core_, work = std::move(work)]() mutable {
      Core::Push(core, std::move(work));
    });
  }

 private:
  struct Core {
    Core(Executor& e, std::size_t n) : executor(e), at_once(n) {}
    static void Push(const std::shared_ptr<Core>& core, std::function<void()> work) {
      {
        absl::MutexLock lock(&core->mu);
        core->queue.push_back(std::move(work));
        if (core->running == core->at_once) return;
        ++core->running;
        ++core->on_their_way;
      }
      core->executor.Post([core] { RunOne(core); });
    }
    // One closure a turn, so that others on the same executor get theirs in between.
    static void RunOne(const std::shared_ptr<Core>& core) {
      std::function<void()> work;
      {
        absl::MutexLock lock(&core->mu);
        --core->on_their_way;
        work = std::move(core->queue.front());
        core->queue.pop_front();
      }
      work();
      work = nullptr;
      {
        absl::MutexLock lock(&core->mu);
        if (core->queue.size() == core->on_their_way) {  // The rest is spoken for.
          --core->running;
          return;
        }
        ++core->on_their_way;
      }
      core->executor.Post([core] { RunOne(core); });
    }
    Executor& executor;
    const std::size_t at_once;
    absl::Mutex mu;
    std::deque<std::function<void()>> queue ABSL_GUARDED_BY(mu);
    std::size_t running ABSL_GUARDED_BY(mu) = 0;       // Turns posted or under way.
    std::size_t on_their_way ABSL_GUARDED_BY(mu) = 0;  // Of these, without a closure yet.
  };
  std::shared_ptr<Core> core_;
};

}  // namespace muster::client
