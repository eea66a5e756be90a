#pragma once
// The groups Z_{2^b} in which masked vectors are added, b in {16, 24, 32}. A lane is one element in
// memory: u16 for b = 16 and u32 otherwise; arithmetic wraps in the lane, which is a multiple of
// the group, and the wire takes the low b bits, little-endian.
#include <cstddef>
#include <cstdint>

#include "base/status.h"

namespace muster::aggregation::secagg {

enum class LaneBits : std::uint8_t { k16 = 16, k24 = 24, k32 = 32 };

// INVALID_ARGUMENT unless `bits` is 16, 24 or 32.
StatusOr<LaneBits> ParseLaneBits(std::uint64_t bits);

constexpr int BitsOf(LaneBits bits) { return static_cast<int>(bits); }
constexpr std::size_t WireBytesOf(LaneBits bits) { return static_cast<std::size_t>(bits) / 8; }
constexpr std::size_t LaneBytesOf(LaneBits bits) { return bits == LaneBits::k16 ? 2 : 4; }

// 2^(b-1) - 1: the largest |sum| that reads back as itself.
constexpr std::int64_t LargestSum(LaneBits bits) {
  return (std::int64_t{1} << (BitsOf(bits) - 1)) - 1;
}
// L = floor((2^(b-1) - 1) / n): with |x| <= L from each of n devices no sum wraps. n is the most
// devices that a session may hold, never those that survived; n >= 1.
constexpr std::int64_t LargestTerm(LaneBits bits, std::uint32_t devices) {
  return LargestSum(bits) / devices;
}

// The element in -2^(b-1) .. 2^(b-1) - 1 that a lane stands for.
constexpr std::int32_t SignedOf(LaneBits bits, std::uint32_t lane) {
  const int unused = 32 - BitsOf(bits);
  return static_cast<std::int32_t>(lane << unused) >> unused;
}

}  // namespace muster::aggregation::secagg
