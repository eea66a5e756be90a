#pragma once
// Keeps the tamper-evident log up with the journal: whatever is recorded is under a signed
// checkpoint a moment later. What the log is, registry/audit/merkle_log.h says.
#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <memory>
#include <thread>

#include "base/clock.h"
#include "base/journal.h"
#include "base/log.h"
#include "registry/audit/merkle_log.h"

namespace muster::coordinator {

class LogKeeper {
 public:
  // Facts that come within this are under one signature; twice that is how late a checkpoint is.
  static constexpr Duration kRest{200};

  // Takes up what the journal has that the log has not, then follows it on a thread of its own.
  // All outlive this. An error of the log is logged once and ends the following: facts are still
  // recorded, no checkpoint is signed over a history that is not the one that was logged.
  LogKeeper(Journal& journal, registry::audit::MerkleLog& log, Logger& logger);
  ~LogKeeper();  // What is recorded by now is under a checkpoint, if all is well.
  LogKeeper(const LogKeeper&) = delete;
  LogKeeper& operator=(const LogKeeper&) = delete;

  // How it stands: not OK once the following has ended.
  Status status() const ABSL_LOCKS_EXCLUDED(mu_);

 private:
  void Follow() ABSL_LOCKS_EXCLUDED(mu_);
  Status CatchUp();

  registry::audit::MerkleLog& log_;
  Logger& logger_;
  mutable absl::Mutex mu_;
  bool grown_ ABSL_GUARDED_BY(mu_) = true;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  Status status_ ABSL_GUARDED_BY(mu_);
  std::shared_ptr<void> subscription_;
  std::jthread thread_;
};  // Safe from any thread.

}  // namespace muster::coordinator
