#pragma once
// Python's random.Random, as far as river and its examples draw from it: for tests, which compare
// with what river said of the same draws.
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "drift/detectors/sampler.h"

namespace muster::drift::testing {

// MT19937 (Matsumoto and Nishimura, TOMACS 8(1), 1998), seeded by init_by_array with the seed's
// words of 32 bits, as Python does.
class PythonRandom {
 public:
  explicit PythonRandom(std::uint64_t seed);
  double Random();  // In [0, 1), of 53 bits.
  std::uint32_t Below(std::uint32_t bound);
  // choices(range(low, high), k=count)
  std::vector<double> Choices(int low, int high, std::size_t count);
  // choices([0, 1], weights=[zero, one], k=count)
  std::vector<double> WeightedBits(double zero, double one, std::size_t count);
  // sample(range(population), k=out.size())
  void Sample(std::uint32_t population, std::span<std::uint32_t> out);

 private:
  std::uint32_t Next();
  void Twist();
  std::array<std::uint32_t, 624> words_;
  std::size_t at_ = 624;
};

// The draws of river's KSWIN, which seeds its generator again at every reset.
class PythonSampler final : public Sampler {
 public:
  explicit PythonSampler(std::uint64_t seed) : seed_(seed), random_(seed) {}
  void Sample(std::uint64_t draw, std::uint32_t population, std::span<std::uint32_t> out) override;

 private:
  std::uint64_t seed_;
  PythonRandom random_;
  std::uint64_t next_ = 0;
};

}  // namespace muster::drift::testing
