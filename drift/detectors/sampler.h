#pragma once
// Draws without replacement, by number: so that a detector that was stored and restored goes on
// with the draws it would have made.
#include <cstdint>
#include <span>
#include <vector>

namespace muster::drift {

class Sampler {
 public:
  virtual ~Sampler() = default;
  // Fills `out` with different positions in [0, population), every subset alike; out.size() <=
  // population. The same `draw` gives the same positions, in a sampler of the same seed.
  virtual void Sample(std::uint64_t draw, std::uint32_t population,
                      std::span<std::uint32_t> out) = 0;
};

// Floyd's sampling: Bentley and Floyd, "A sample of brilliance", CACM 30(9), 1987; numbers below a
// bound by Lemire, "Fast random integer generation in an interval", TOMACS 29(1), 2019. Each draw
// has a SeededRng of its own. Cost: O(out.size()).
class SeededSampler final : public Sampler {  // Used from one thread.
 public:
  explicit SeededSampler(std::uint64_t seed) : seed_(seed) {}
  void Sample(std::uint64_t draw, std::uint32_t population, std::span<std::uint32_t> out) override;

 private:
  std::uint64_t seed_;
  std::vector<bool> taken_;  // All false between calls.
};

}  // namespace muster::drift
