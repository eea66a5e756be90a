#include "drift/detectors/sampler.h"

#include "base/seeded.h"

namespace muster::drift {
namespace {
// Uniform numbers below small bounds, two from each word of the generator.
class SmallDraws {
 public:
  explicit SmallDraws(std::uint64_t seed) : rng_(seed) {}
  std::uint32_t Below(std::uint32_t bound) {
    std::uint64_t product = std::uint64_t{Half()} * bound;
    if (static_cast<std::uint32_t>(product) < bound) {
      const std::uint32_t threshold = (0 - bound) % bound;  // 2^32 mod bound
      while (static_cast<std::uint32_t>(product) < threshold)
        product = std::uint64_t{Half()} * bound;
    }
    return static_cast<std::uint32_t>(product >> 32);
  }

 private:
  std::uint32_t Half() {
    held_ = !held_;
    if (held_) word_ = rng_.Next();
    return static_cast<std::uint32_t>(held_ ? word_ : word_ >> 32);
  }
  SeededRng rng_;
  std::uint64_t word_ = 0;
  bool held_ = false;
};
}  // namespace

void SeededSampler::Sample(std::uint64_t draw, std::uint32_t population,
                           std::span<std::uint32_t> out) {
  if (taken_.size() < population) taken_.resize(population);
  // Mixed first: generators whose states differ by a draw would be one step apart at the worst.
  SmallDraws draws(SeededRng(seed_ + draw).Next());
  const auto chosen = static_cast<std::uint32_t>(out.size());
  for (std::uint32_t i = 0; i < chosen; ++i) {
    const std::uint32_t top = population - chosen + i;
    const std::uint32_t position = draws.Below(top + 1);
    out[i] = taken_[position] ? top : position;
    taken_[out[i]] = true;
  }
  for (const std::uint32_t position : out) taken_[position] = false;
}

}  // namespace muster::drift
