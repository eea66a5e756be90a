#pragma once
// One stream of views from the server, read on a thread of its own. Only the newest view is kept:
// those that come too fast to be shown are passed over.
#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>
#include <grpcpp/grpcpp.h>

#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "base/status.h"
#include "rpc/status.h"

namespace muster::cli {

template <typename View>
class Feed {
 public:
  // Begins the stream; what it uses outlives the feed.
  using Open = std::function<std::unique_ptr<grpc::ClientReader<View>>(grpc::ClientContext*)>;

  explicit Feed(Open open) : reader_([this, open = std::move(open)] { Read(open); }) {}
  ~Feed() {
    context_.TryCancel();
    reader_.join();
  }
  Feed(const Feed&) = delete;
  Feed& operator=(const Feed&) = delete;

  // The newest view that was not given yet, or nullopt after `wait` or at the end.
  std::optional<View> Next(Duration wait) {
    absl::MutexLock lock(&mu_);
    const auto something = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
      return newest_.has_value() || end_.has_value();
    };
    mu_.AwaitWithTimeout(absl::Condition(&something), absl::Milliseconds(wait.count()));
    return std::exchange(newest_, std::nullopt);
  }
  // Why the stream ended, once it has and all views were given.
  std::optional<Status> end() {
    absl::MutexLock lock(&mu_);
    return newest_ ? std::nullopt : end_;
  }

 private:
  void Read(const Open& open) {
    const auto stream = open(&context_);
    for (View view; stream->Read(&view);) {
      absl::MutexLock lock(&mu_);
      newest_ = view;
    }
    const Status status = rpc::FromGrpc(stream->Finish());
    absl::MutexLock lock(&mu_);
    end_ = status;
  }

  grpc::ClientContext context_;
  absl::Mutex mu_;
  std::optional<View> newest_ ABSL_GUARDED_BY(mu_);
  std::optional<Status> end_ ABSL_GUARDED_BY(mu_);
  std::thread reader_;  // Last: it uses all of the above.
};

}  // namespace muster::cli
