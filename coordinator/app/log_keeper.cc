#include "coordinator/app/log_keeper.h"

#include <absl/time/time.h>

namespace muster::coordinator {

LogKeeper::LogKeeper(Journal& journal, registry::audit::MerkleLog& log, Logger& logger)
    : log_(log),
      logger_(logger),
      subscription_(journal.Subscribe([this](std::uint64_t) {
        absl::MutexLock lock(&mu_);
        grown_ = true;
      })),
      thread_([this] { Follow(); }) {}

LogKeeper::~LogKeeper() {
  subscription_.reset();
  absl::MutexLock lock(&mu_);
  stopping_ = true;
}

Status LogKeeper::status() const {
  absl::MutexLock lock(&mu_);
  return status_;
}

void LogKeeper::Follow() {
  for (bool stopping = false; !stopping;) {
    {
      absl::MutexLock lock(&mu_);
      const auto due = [this]() ABSL_SHARED_LOCKS_REQUIRED(mu_) { return grown_ || stopping_; };
      mu_.Await(absl::Condition(&due));
      grown_ = false;
    }
    const Status caught_up = CatchUp();
    absl::MutexLock lock(&mu_);
    if (!caught_up.ok()) {
      status_ = caught_up;
      logger_.Error("log_stopped", {{"error", MessageOf(caught_up)}});
      return;
    }
    mu_.AwaitWithTimeout(absl::Condition(&stopping_), absl::Milliseconds(kRest.count()));
    stopping = stopping_ && !grown_;
  }
}

Status LogKeeper::CatchUp() {
  for (;;) {
    MUSTER_ASSIGN(const auto advanced, log_.Advance());
    if (advanced.at_end) break;
  }
  return log_.Publish().status();
}

}  // namespace muster::coordinator
