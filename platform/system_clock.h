#pragma once
// The machine's wall clock behind base's Clock. It may jump when an operator or NTP sets it.
#include "base/clock.h"

namespace muster::platform {

// Stateless; safe from any thread.
class SystemClock final : public Clock {
 public:
  Timestamp Now() const override {
    return std::chrono::floor<Duration>(std::chrono::system_clock::now());
  }
};

}  // namespace muster::platform
