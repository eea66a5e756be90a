#pragma once
// Trains through one long-lived worker process (`muster-torch worker`): a JSON line a task there,
// a JSON line an answer back. Whatever a model does to the worker, the agent only sees a failed
// task.
#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/subprocess.h"
#include "client/exec/children.h"
#include "client/trainer.h"

namespace muster::client {

struct WorkerConfig {
  std::vector<std::string> command = {"muster-torch", "worker"};
  std::string stderr_path;                    // Empty: this process's stderr.
  std::uint64_t max_address_space_bytes = 0;  // 0: no limit.
};

// The worker starts with the first task and takes one at a time; other threads wait, and their
// limit begins when their turn comes. A worker that crashed, answered nonsense or ran out of time
// is killed, and the next task starts another.
class WorkerTrainer final : public Trainer {
 public:
  // `launcher` must outlive it.
  WorkerTrainer(WorkerConfig config, SubprocessLauncher& launcher)
      : config_(std::move(config)), launcher_(launcher) {}
  ~WorkerTrainer() override;

  StatusOr<TrainResult> Run(const TaskDir& dir, Duration limit) override;
  void Stop() override { children_.Stop(); }

 private:
  Status EnsureWorker() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void EndWorker() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  StatusOr<std::string> Ask(std::string_view request, Duration limit)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const WorkerConfig config_;
  SubprocessLauncher& launcher_;
  RunningChildren children_;
  absl::Mutex mu_;
  std::unique_ptr<Subprocess> worker_ ABSL_GUARDED_BY(mu_);
};

}  // namespace muster::client
