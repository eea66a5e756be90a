#pragma once
// Predicts through a worker process of its own, which keeps the models that it was asked about: a
// small batch costs about a millisecond. Training has other workers, so neither waits for the
// other.
#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <filesystem>

#include "client/exec/worker_process.h"
#include "client/serving/predictor.h"

namespace muster::client {

class WorkerPredictor final : public Predictor {
 public:
  //   scratch   a folder for batches on their way, of this predictor alone; made when it is
  //   missing. launcher  must outlive it.
  WorkerPredictor(WorkerConfig config, std::filesystem::path scratch, SubprocessLauncher& launcher);

  StatusOr<std::vector<float>> Predict(const ModelFiles& model, std::span<const float> x,
                                       std::size_t width, Duration limit) override;
  void Stop() override ABSL_NO_THREAD_SAFETY_ANALYSIS { worker_.Stop(); }

 private:
  const std::filesystem::path scratch_;
  absl::Mutex mu_;
  WorkerProcess worker_ ABSL_GUARDED_BY(mu_);  // But for Stop.
};

}  // namespace muster::client
