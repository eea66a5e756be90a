#pragma once
// A queue of closures that run one at a time, in order, on an executor's threads.
#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <deque>
#include <functional>
#include <memory>
#include <utility>

#include "base/executor.h"

namespace muster {

// Everything posted to one Strand runs without overlap and in posting order, so the state it
// guards needs no lock. Safe to post from any thread. Work queued when the strand is destroyed
// still runs; owners outlive it by draining the executor first.
class Strand final : public Executor {
 public:
  explicit Strand(Executor& executor) : core_(std::make_shared<Core>(executor)) {}

  void Post(std::function<void()> work) override { Core::Push(core_, std::move(work)); }
  void PostAt(Timestamp when, std::function<void()> work) override {
    core_->executor.PostAt(when, [core = core_, work = std::move(work)]() mutable {
      Core::Push(core, std::move(work));
    });
  }

 private:
  struct Core {
    explicit Core(Executor& e) : executor(e) {}
    static void Push(const std::shared_ptr<Core>& core, std::function<void()> work) {
      {
        absl::MutexLock lock(&core->mu);
        core->queue.push_back(std::move(work));
        if (std::exchange(core->running, true)) return;
      }
      core->executor.Post([turn = std::make_shared<Turn>(core)] { turn->Take(); });
    }
    // The right to run the queue. An executor that ends drops it unrun; the queue then goes with
    // it, or work that owns the strand's owner would keep both for ever.
    struct Turn {
      explicit Turn(std::shared_ptr<Core> c) : core(std::move(c)) {}
      Turn(const Turn&) = delete;
      Turn& operator=(const Turn&) = delete;
      ~Turn() {
        if (!core) return;
        std::deque<std::function<void()>>
            dropped;  // Destroyed outside the lock: it may own anything.
        {
          absl::MutexLock lock(&core->mu);
          dropped.swap(core->queue);
          core->running = false;
        }
      }
      void Take() { Run(std::exchange(core, nullptr)); }
      std::shared_ptr<Core> core;
    };
    static void Run(const std::shared_ptr<Core>& core) {
      for (;;) {
        std::function<void()> work;
        {
          absl::MutexLock lock(&core->mu);
          if (core->queue.empty()) {
            core->running = false;
            return;
          }
          work = std::move(core->queue.front());
          core->queue.pop_front();
        }
        work();
      }
    }
    Executor& executor;
    absl::Mutex mu;
    std::deque<std::function<void()>> queue ABSL_GUARDED_BY(mu);
    bool running ABSL_GUARDED_BY(mu) = false;
  };
  std::shared_ptr<Core> core_;
};

}  // namespace muster
