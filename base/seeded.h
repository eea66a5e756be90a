#pragma once
// Seeds and the repeatable generator behind them. Not for secrets: see SecureRng.
#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "base/rng.h"

namespace muster {

// A 64-bit seed from named parts, the same on every machine: FNV-1a over each part's length and
// bytes, then SplitMix64's finaliser. Numbers are passed as decimal text.
std::uint64_t SeedOf(std::initializer_list<std::string_view> parts);

// SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014).
class SeededRng final : public Rng {
 public:
  explicit SeededRng(std::uint64_t seed) : state_(seed) {}
  std::uint64_t Next();
  // Unbiased by rejection.
  std::uint64_t Below(std::uint64_t bound) override;

 private:
  std::uint64_t state_;
};

}  // namespace muster
