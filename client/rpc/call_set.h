#pragma once
// The gRPC calls that an object has under way, so that it can end them all and know when the last
// callback has returned.
#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>
#include <grpcpp/client_context.h>

#include <set>

namespace muster::client {

// Safe from any thread. Shared with the calls, which may outlive their owner.
class CallSet {
 public:
  // Counts a call in until Leave; false after Cancel: do not start it.
  bool Enter(grpc::ClientContext* context) {
    absl::MutexLock lock(&mu_);
    if (cancelled_) return false;
    return calls_.insert(context).second;
  }
  void Leave(grpc::ClientContext* context) {
    absl::MutexLock lock(&mu_);
    calls_.erase(context);
  }
  bool cancelled() const {
    absl::MutexLock lock(&mu_);
    return cancelled_;
  }
  // Ends what runs and refuses what comes. Does not wait.
  void Cancel() {
    absl::MutexLock lock(&mu_);
    cancelled_ = true;
    for (grpc::ClientContext* const context : calls_) context->TryCancel();
  }
  // Returns when no call is under way. Not from a call's own callback.
  void Wait() {
    absl::MutexLock lock(&mu_);
    mu_.Await(absl::Condition(
        +[](std::set<grpc::ClientContext*>* calls) { return calls->empty(); }, &calls_));
  }

 private:
  mutable absl::Mutex mu_;
  bool cancelled_ ABSL_GUARDED_BY(mu_) = false;
  std::set<grpc::ClientContext*> calls_ ABSL_GUARDED_BY(mu_);
};

}  // namespace muster::client
