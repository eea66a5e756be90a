#pragma once
// Keeps the tamper-evident log up with the journal: whatever is recorded is under a signed
// checkpoint a moment later. What the log is, registry/audit/merkle_log.h says.
#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <memory>

#include "base/clock.h"
#include "base/executor.h"
#include "base/journal.h"
#include "base/log.h"
#include "registry/audit/merkle_log.h"

namespace muster::coordinator {

class LogKeeper {
 public:
  // Facts that come within this are under one signature; twice that is how late a checkpoint is.
  static constexpr Duration kRest{200};

  struct Ports {  // All outlive the keeper.
    Journal& journal;
    registry::audit::MerkleLog& log;
    const Clock& clock;
    Executor& executor;  // Hashes and signs, and is busy with it as long as the log is behind.
    Logger& logger;
  };

  // Takes up what the journal has that the log has not, then follows it. An error of the log is
  // logged once and ends the following: facts are still recorded, no checkpoint is signed over a
  // history that is not the one that was logged.
  explicit LogKeeper(const Ports& ports);
  // The executor runs none of its work any more. What is recorded by now is under a checkpoint, if
  // all is well.
  ~LogKeeper();
  LogKeeper(const LogKeeper&) = delete;
  LogKeeper& operator=(const LogKeeper&) = delete;

  // How it stands: not OK once the following has ended.
  Status status() const ABSL_LOCKS_EXCLUDED(mu_);

 private:
  enum class Phase { kIdle, kWorking, kResting, kEnded };

  void Grow() ABSL_LOCKS_EXCLUDED(mu_);
  void Work() ABSL_LOCKS_EXCLUDED(mu_);
  void EndRest() ABSL_LOCKS_EXCLUDED(mu_);
  Status CatchUp();
  void Post(void (LogKeeper::*step)());

  const Ports ports_;
  mutable absl::Mutex mu_;
  Phase phase_ ABSL_GUARDED_BY(mu_) = Phase::kWorking;
  bool grown_ ABSL_GUARDED_BY(mu_) = false;  // Since the work, or the rest after it, began.
  Timestamp rest_from_ ABSL_GUARDED_BY(mu_);
  Status status_ ABSL_GUARDED_BY(mu_);
  std::shared_ptr<LogKeeper*> self_;  // What is posted asks whether this is still there.
  std::shared_ptr<void> subscription_;
};  // Safe from any thread.

}  // namespace muster::coordinator
