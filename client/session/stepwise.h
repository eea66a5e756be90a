#pragma once
// For state machines that go from one awaited answer to the next on a strand: callbacks that fall
// away by themselves when they come late, twice, or to nobody.
#include <memory>
#include <utility>

#include "base/clock.h"
#include "base/executor.h"

namespace muster::client {

// Base of a class that lives in a shared_ptr and is used on `strand` alone.
template <typename Self>
class Stepwise : public std::enable_shared_from_this<Self> {
 protected:
  Stepwise(Clock& clock, Executor& strand) : clock_(clock), strand_(strand) {}
  ~Stepwise() = default;

  // A callback for any thread that runs f(*this, answer...) on the strand, once, and only if no
  // other step was begun since and this still lives.
  template <typename F>
  auto Then(F f) {
    return [weak = this->weak_from_this(), strand = &strand_, step = ++step_,
            f = std::move(f)](auto... answer) {
      strand->Post([weak, step, f, answer...]() mutable {
        const std::shared_ptr<Self> self = weak.lock();
        if (!self || static_cast<Stepwise&>(*self).step_ != step) return;
        ++static_cast<Stepwise&>(*self).step_;
        f(*self, std::move(answer)...);
      });
    };
  }
  template <typename F>
  void After(Duration wait, F f) {
    strand_.PostAt(clock_.Now() + wait, Then(std::move(f)));
  }
  // Lets every callback that is out fall away.
  void StopSteps() { ++step_; }

 private:
  Clock& clock_;
  Executor& strand_;
  std::uint64_t step_ = 0;
};

}  // namespace muster::client
