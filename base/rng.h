#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

namespace muster {

// Unpredictable bytes for keys, masks and privacy noise. There is no seeded
// implementation outside tests/, so none can be passed here by accident.
class SecureRng {
 public:
  virtual ~SecureRng() = default;
  virtual void Fill(std::span<std::byte> out) = 0;
};

// Repeatable draws for cohort sampling, jitter and simulation.
class Rng {
 public:
  virtual ~Rng() = default;
  // Uniform in [0, bound); bound > 0.
  virtual std::uint64_t Below(std::uint64_t bound) = 0;
};

}  // namespace muster
