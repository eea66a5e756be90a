#pragma once
// What happens to one stream, one thing at a time and in order. Unlike base/strand.h it gives the
// executor's thread back after every piece, so that a fast upload cannot keep one for itself; and
// short pieces may run where they come up, for a hand-over costs more than a chunk.
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

  // Runs `work` before it returns when nothing of the stream is under way or waits, else as Post.
  // For work that never blocks.
  void RunOrPost(std::function<void()> work) {
    const std::shared_ptr<Core> core = core_;  // The work may be the last to hold this.
    {
      absl::MutexLock lock(&core->mu);
      if (std::exchange(core->running, true)) return core->queue.push_back(std::move(work));
    }
    RunThis(core, std::move(work));
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
    RunThis(core, std::move(work));
  }
  static void RunThis(const std::shared_ptr<Core>& core, std::function<void()> work) {
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
