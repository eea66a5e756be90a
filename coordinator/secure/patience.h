#pragma once
// When the last devices of a step are not worth waiting for. Pure.
#include <algorithm>
#include <cstddef>
#include <optional>

#include "base/clock.h"

namespace muster::coordinator {

// A step waits for devices that are silent as long as its window says; but once no more are missing
// than the session was laid out to lose, only a few times as long after the last as two of the
// others ever lay apart. So one device that vanishes costs a fleet on one floor milliseconds, and a
// fleet whose devices differ by minutes as many minutes.
class Patience {
 public:
  static constexpr int kTimes = 4;  // As long as the longest gap between two of the others.

  explicit Patience(Duration least) : least_(least) {}

  // `step` tells one step from the next; so many have come to it.
  void See(std::size_t step, std::size_t came, Timestamp now) {
    if (step_ != step) {
      step_ = step;
      last_ = now;
      came_ = 0;
      gap_ = {};
    }
    if (came_ == came) return;
    if (came_ > 0) gap_ = std::max(gap_, now - last_);  // How long the first took says nothing.
    came_ = came;
    last_ = now;
  }
  // When the step ends without the rest.
  Timestamp Until() const { return last_ + std::max(least_, gap_ * kTimes); }

 private:
  const Duration least_;
  std::optional<std::size_t> step_;
  std::size_t came_ = 0;
  Timestamp last_;  // Somebody came, or the step began.
  Duration gap_{};
};

}  // namespace muster::coordinator
