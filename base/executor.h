#pragma once
#include <functional>

#include "base/clock.h"

namespace muster {

// Runs closures later. Simulation runs them in a seeded order on one thread.
class Executor {
 public:
  virtual ~Executor() = default;
  virtual void Post(std::function<void()> work) = 0;
  // Runs `work` once, not before `when` by this process's Clock. There is no cancelling: the work
  // looks at the state and does nothing when it came too late.
  virtual void PostAt(Timestamp when, std::function<void()> work) = 0;
};

}  // namespace muster
