#include "client/exec/worker_trainer.h"

#include "client/exec/task_dir.h"

namespace muster::client {

StatusOr<TrainResult> WorkerTrainer::Run(const TaskDir& dir, Duration limit) {
  {
    absl::MutexLock lock(&mu_);
    const Status done = worker_.Ask({{"dir", std::filesystem::absolute(dir.path).string()}}, limit);
    if (absl::IsUnavailable(done)) return TaskFailed(MessageOf(done));  // It did not start.
    MUSTER_TRY(done);
  }
  return ReadResult(dir);
}

}  // namespace muster::client
