#pragma once
// Several trainers of one kind as one, for an agent that runs tasks beside each other: each worker
// process does one task at a time.
#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <memory>
#include <utility>
#include <vector>

#include "client/trainer.h"

namespace muster::client {

// A task waits for a free trainer; the one used last goes first, so that an agent which seldom has
// two tasks starts one worker.
class TrainerPool final : public Trainer {
 public:
  explicit TrainerPool(std::vector<std::unique_ptr<Trainer>> trainers)
      : trainers_(std::move(trainers)) {
    for (const auto& trainer : trainers_) free_.push_back(trainer.get());
  }

  StatusOr<TrainResult> Run(const TaskDir& dir, Duration limit) override {
    Trainer* const trainer = Take();
    StatusOr<TrainResult> result = trainer->Run(dir, limit);
    absl::MutexLock lock(&mu_);
    free_.push_back(trainer);
    return result;
  }
  void Stop() override {
    for (const auto& trainer : trainers_) trainer->Stop();
  }

 private:
  Trainer* Take() {
    absl::MutexLock lock(&mu_);
    mu_.Await(absl::Condition(
        +[](std::vector<Trainer*>* free) { return !free->empty(); }, &free_));
    Trainer* const trainer = free_.back();
    free_.pop_back();
    return trainer;
  }
  const std::vector<std::unique_ptr<Trainer>> trainers_;
  absl::Mutex mu_;
  std::vector<Trainer*> free_ ABSL_GUARDED_BY(mu_);
};

}  // namespace muster::client
