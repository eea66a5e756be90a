#pragma once
// How long to wait before trying again: exponential, with full jitter, so that a fleet that lost
// its coordinator does not come back all at once.
// M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015 (full jitter).
#include <algorithm>

#include "base/clock.h"
#include "base/rng.h"

namespace muster::client {

class Backoff {
 public:
  static constexpr Duration kFirst = std::chrono::milliseconds(100);
  static constexpr Duration kMost = std::chrono::seconds(30);

  explicit Backoff(Rng& rng) : rng_(rng) {}

  // The wait before the next try: uniform in [1 ms, min(30 s, 100 ms * 2^n)] after n + 1 failures.
  Duration Next() {
    const Duration most = most_;
    most_ = std::min(kMost, 2 * most_);
    return Duration(
        1 + static_cast<std::int64_t>(rng_.Below(static_cast<std::uint64_t>(most.count()))));
  }
  void Reset() { most_ = kFirst; }

 private:
  Rng& rng_;
  Duration most_ = kFirst;
};

}  // namespace muster::client
