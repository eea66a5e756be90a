#include "tests/unit/drift_detectors/python_random.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>
#include <set>

namespace muster::drift::testing {
namespace {
constexpr std::size_t kWords = 624;
constexpr std::size_t kMiddle = 397;
}  // namespace

PythonRandom::PythonRandom(std::uint64_t seed) {
  const std::array<std::uint32_t, 2> key = {static_cast<std::uint32_t>(seed),
                                            static_cast<std::uint32_t>(seed >> 32)};
  const std::size_t key_words = key[1] == 0 ? 1 : 2;
  words_[0] = 19650218;
  const auto mixed = [this](std::size_t i) { return words_[i - 1] ^ (words_[i - 1] >> 30); };
  for (std::uint32_t i = 1; i < kWords; ++i) words_[i] = 1812433253u * mixed(i) + i;
  std::size_t i = 1;
  const auto step = [&] {
    if (++i < kWords) return;
    words_[0] = words_[kWords - 1];
    i = 1;
  };
  for (std::size_t k = 0, j = 0; k < kWords; ++k, j = (j + 1) % key_words) {
    words_[i] = (words_[i] ^ (mixed(i) * 1664525u)) + key[j] + static_cast<std::uint32_t>(j);
    step();
  }
  for (std::size_t k = 1; k < kWords; ++k) {
    words_[i] = (words_[i] ^ (mixed(i) * 1566083941u)) - static_cast<std::uint32_t>(i);
    step();
  }
  words_[0] = 0x80000000u;
}

void PythonRandom::Twist() {
  for (std::size_t i = 0; i < kWords; ++i) {
    const std::uint32_t y = (words_[i] & 0x80000000u) | (words_[(i + 1) % kWords] & 0x7fffffffu);
    words_[i] = words_[(i + kMiddle) % kWords] ^ (y >> 1) ^ (y % 2 == 0 ? 0 : 0x9908b0dfu);
  }
  at_ = 0;
}

std::uint32_t PythonRandom::Next() {
  if (at_ == kWords) Twist();
  std::uint32_t y = words_[at_++];
  y ^= y >> 11;
  y ^= (y << 7) & 0x9d2c5680u;
  y ^= (y << 15) & 0xefc60000u;
  return y ^ (y >> 18);
}

double PythonRandom::Random() {
  const double high = Next() >> 5;
  const double low = Next() >> 6;
  return (high * 67108864.0 + low) / 9007199254740992.0;
}

std::uint32_t PythonRandom::Below(std::uint32_t bound) {
  const int bits = std::bit_width(bound);
  for (;;)
    if (const std::uint32_t draw = Next() >> (32 - bits); draw < bound) return draw;
}

std::vector<double> PythonRandom::Choices(int low, int high, std::size_t count) {
  std::vector<double> out(count);
  for (double& x : out) x = low + std::floor(Random() * (high - low));
  return out;
}

std::vector<double> PythonRandom::WeightedBits(double zero, double one, std::size_t count) {
  std::vector<double> out(count);
  for (double& x : out) x = Random() * (zero + one) < zero ? 0 : 1;
  return out;
}

void PythonRandom::Sample(std::uint32_t population, std::span<std::uint32_t> out) {
  const std::size_t count = out.size();
  // A list is shuffled where it is smaller than a set would be.
  const double set_size =
      21 + (count > 5 ? std::pow(4, std::ceil(std::log(3.0 * count) / std::log(4.0))) : 0);
  if (population <= set_size) {
    std::vector<std::uint32_t> pool(population);
    std::iota(pool.begin(), pool.end(), 0u);
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint32_t j = Below(static_cast<std::uint32_t>(population - i));
      out[i] = pool[j];
      pool[j] = pool[population - i - 1];
    }
    return;
  }
  std::set<std::uint32_t> chosen;
  for (std::uint32_t& position : out) {
    do position = Below(population);
    while (!chosen.insert(position).second);
  }
}

void PythonSampler::Sample(std::uint64_t draw, std::uint32_t population,
                           std::span<std::uint32_t> out) {
  if (draw < next_) {
    random_ = PythonRandom(seed_);
    next_ = 0;
  }
  for (; next_ <= draw; ++next_) random_.Sample(population, out);
}

}  // namespace muster::drift::testing
