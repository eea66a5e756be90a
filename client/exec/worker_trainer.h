#pragma once
// Trains through one long-lived worker process (`muster-torch worker`). Whatever a model does to
// the worker, the agent only sees a failed task.
#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include "client/exec/worker_process.h"
#include "client/trainer.h"

namespace muster::client {

// The worker starts with the first task and takes one at a time; other threads wait, and their
// limit begins when their turn comes. A worker that crashed, answered nonsense or ran out of time
// is killed, and the next task starts another.
class WorkerTrainer final : public Trainer {
 public:
  // `launcher` must outlive it.
  WorkerTrainer(WorkerConfig config, SubprocessLauncher& launcher)
      : worker_(std::move(config), launcher) {}

  StatusOr<TrainResult> Run(const TaskDir& dir, Duration limit) override;
  void Stop() override ABSL_NO_THREAD_SAFETY_ANALYSIS { worker_.Stop(); }

 private:
  absl::Mutex mu_;
  WorkerProcess worker_ ABSL_GUARDED_BY(mu_);  // But for Stop, which any thread may call.
};

}  // namespace muster::client
