#pragma once
// What happens to one stream, one thing at a time and in order. Unlike base/strand.h it gives the
// executor's thread back after every piece, so that a fast upload cannot keep one for itself.
#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <deque>
#include <functional>
#include <memory>
#include <utility>

#include "base/executor.h"

namespace muster::rpc {

// Safe to post from any thread. Work that the executor drops unrun is destroyed with the Turns.
class Turns {
 public:
  explicit Turns(Executor& executor) : core_(std::make_shared<Core>(executor)) {}

  void Post(std::function<void()> work) {
    {
      absl::MutexLock lock(&core_->mu);
      core_->queue.push_back(std::move(work));
      if (std::exchange(core_->running, true)) return;
    }
    Schedule(core_);
  }

 private:
  struct Core {
    explicit Core(Executor& e) : executor(e) {}
    Executor& executor;
    absl::Mutex mu;
    std::deque<std::function<void()>> queue ABSL_GUARDED_BY(mu);
    bool running ABSL_GUARDED_BY(mu) = false;
  };

  static void Schedule(const std::shared_ptr<Core>& core) {
    core->executor.Post([core] { RunOne(core); });
  }
  static void RunOne(const std::shared_ptr<Core>& core) {
    std::function<void()> work;
    {
      absl::MutexLock lock(&core->mu);
      work = std::move(core->queue.front());
      core->queue.pop_front();
    }
    work();
    work = nullptr;  // What it owned goes before the next piece begins.
    {
      absl::MutexLock lock(&core->mu);
      core->running = !core->queue.empty();
      if (!core->running) return;
    }
    Schedule(core);
  }

  std::shared_ptr<Core> core_;
};

}  // namespace muster::rpc
