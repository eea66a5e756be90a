#include "base/seeded.h"

namespace muster {
namespace {
std::uint64_t Mix(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}
}  // namespace

std::uint64_t SeedOf(std::initializer_list<std::string_view> parts) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  const auto take = [&hash](unsigned char byte) { hash = (hash ^ byte) * 0x100000001b3ULL; };
  for (const std::string_view part : parts) {
    for (int shift = 0; shift < 64; shift += 8)  // The length keeps {"ab", "c"} from {"a", "bc"}.
      take(static_cast<unsigned char>(static_cast<std::uint64_t>(part.size()) >> shift));
    for (const char c : part) take(static_cast<unsigned char>(c));
  }
  return Mix(hash);
}

std::uint64_t SeededRng::Next() {
  state_ += 0x9e3779b97f4a7c15ULL;
  return Mix(state_);
}

std::uint64_t SeededRng::Below(std::uint64_t bound) {
  const std::uint64_t threshold = (0 - bound) % bound;  // 2^64 mod bound
  for (;;)
    if (const std::uint64_t draw = Next(); draw >= threshold) return draw % bound;
}

}  // namespace muster
