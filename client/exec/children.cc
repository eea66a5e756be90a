#include "client/exec/children.h"

namespace muster::client {
namespace {
Status Stopped() {
  return WithReason(Cancelled("the trainer is stopping"), Reason::kSHUTTING_DOWN);
}
}  // namespace

Status RunningChildren::Add(Subprocess& child) {
  absl::MutexLock lock(&mu_);
  if (stopped_) return Stopped();
  children_.insert(&child);
  return Ok();
}

void RunningChildren::Remove(Subprocess& child) {
  absl::MutexLock lock(&mu_);
  children_.erase(&child);
}

void RunningChildren::Stop() {
  absl::MutexLock lock(&mu_);
  stopped_ = true;
  for (Subprocess* const child : children_) child->Kill();
}

Status RunningChildren::Blame(Status otherwise) const {
  absl::MutexLock lock(&mu_);
  return stopped_ ? Stopped() : otherwise;
}

Status TaskFailed(std::string_view why) {
  return WithReason(FailedPrecondition("{}", why), Reason::kTASK_FAILED);
}

}  // namespace muster::client
