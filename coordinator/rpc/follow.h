#pragma once
// Follows one thing of the coordinator's for one watcher: its view now, and one for each change, at
// most ten a second.
#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <functional>
#include <memory>
#include <utility>

#include "base/clock.h"
#include "base/executor.h"
#include "rpc/watch.h"

namespace muster::coordinator {

// What is followed. Both outlive the watcher.
template <typename View>
struct Followed {
  struct Look {
    View view;
    bool over = false;  // Nothing will change any more: the stream ends well.
  };
  // Calls `changed` after each change, from any thread, until the token goes.
  std::function<std::shared_ptr<void>(std::function<void()> changed)> watch;
  // One answer, from any thread. An error ends the stream with it.
  std::function<void(std::function<void(StatusOr<Look>)>)> look;
};

// One stream. Owns itself until it ends, or the watcher goes. Safe from any thread.
template <typename View>
class Follow : public std::enable_shared_from_this<Follow<View>> {
 public:
  static void Begin(Executor& executor, Clock& clock, Followed<View> what, rpc::Watcher<View> out) {
    const std::shared_ptr<Follow> follow(
        new Follow(executor, clock, std::move(what), std::move(out)));
    follow->Start();
  }

 private:
  static constexpr Duration kPace{100};

  Follow(Executor& executor, Clock& clock, Followed<View> what, rpc::Watcher<View> out)
      : executor_(executor), clock_(clock), what_(std::move(what)), out_(std::move(out)) {}

  void Start() {
    out_.OnCancel([weak = this->weak_from_this()] {
      if (const auto self = weak.lock()) self->End();
    });
    {
      absl::MutexLock lock(&mu_);
      self_ = this->shared_from_this();
      token_ = what_.watch([weak = this->weak_from_this()] {
        if (const auto self = weak.lock()) self->Changed();
      });
    }
    Look();
  }
  void Changed() {
    {
      absl::MutexLock lock(&mu_);
      if (ended_ || std::exchange(scheduled_, true)) return;
    }
    executor_.PostAt(clock_.Now() + kPace, [weak = this->weak_from_this()] {
      if (const auto self = weak.lock()) self->Look();
    });
  }
  void Look() {
    {
      absl::MutexLock lock(&mu_);
      if (ended_) return;
      scheduled_ = false;
    }
    what_.look([self = this->shared_from_this()](StatusOr<typename Followed<View>::Look> look) {
      if (!look.ok()) {
        self->out_.End(look.status());
        return self->End();
      }
      self->out_.Show(std::move(look->view));
      if (!look->over) return;
      self->out_.End(Ok());
      self->End();
    });
  }
  void End() {
    std::shared_ptr<void> token;
    std::shared_ptr<Follow> self;
    absl::MutexLock lock(&mu_);
    ended_ = true;
    token.swap(token_);
    self.swap(self_);
    // Dropped after the lock: `self` may be the last owner of this mutex.
    executor_.Post([token, self] {});
  }

  Executor& executor_;
  Clock& clock_;
  const Followed<View> what_;
  rpc::Watcher<View> out_;
  absl::Mutex mu_;
  std::shared_ptr<Follow> self_ ABSL_GUARDED_BY(mu_);  // Until the end.
  std::shared_ptr<void> token_ ABSL_GUARDED_BY(mu_);
  bool scheduled_ ABSL_GUARDED_BY(mu_) = false;
  bool ended_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace muster::coordinator
