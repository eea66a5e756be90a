#pragma once
// Masks: words of a keystream added to lanes, or taken away. Also the wire form of lanes. Callers
// check sizes; what runs here is the inner loop of secure aggregation.

#include <cstddef>
#include <cstdint>
#include <span>

#include "aggregation/secagg/lanes.h"
#include "base/bytes.h"
#include "base/crypto.h"
#include "base/status.h"

namespace muster::aggregation::secagg {

enum class Sign : std::int8_t { kAdd = 1, kSubtract = -1 };
constexpr Sign Opposite(Sign sign) { return sign == Sign::kAdd ? Sign::kSubtract : Sign::kAdd; }

struct Mask {
  Keystream* stream;
  Sign sign;
};

// lanes[i] += the sum over masks of sign * w(i), modulo the lane, where w(i) is the little-endian
// word of the lane's size at stream_offset + i * sizeof(lane) of the mask's keystream.
//
// Every mask is expanded over one tile that stays in the first-level cache before the next tile is
// begun, so lanes cross the memory bus once for all masks. Disjoint spans may be masked from
// different threads at once, each with keystreams of its own: no lock is needed. Errors are those
// of Keystream::Fill and leave the lanes half masked. Cost: 0.65 of memcpy's bytes a second, 1.7
// with streams that add their words themselves.
Status AddMasks(std::span<const Mask> masks, std::uint64_t stream_offset,
                std::span<std::uint32_t> lanes);
Status AddMasks(std::span<const Mask> masks, std::uint64_t stream_offset,
                std::span<std::uint16_t> lanes);
// The same with one mask.
Status AddMask(Keystream& stream, Sign sign, std::uint64_t stream_offset,
               std::span<std::uint32_t> lanes);
Status AddMask(Keystream& stream, Sign sign, std::uint64_t stream_offset,
               std::span<std::uint16_t> lanes);

// The low b bits of each lane, little-endian; `out` has lanes.size() * WireBytesOf(bits) bytes.
// u32 lanes are of 24 or 32 bits, u16 lanes of 16.
void PackLanes(LaneBits bits, std::span<const std::uint32_t> lanes, std::span<std::byte> out);
void PackLanes(std::span<const std::uint16_t> lanes, std::span<std::byte> out);
// lanes[i] += sign * what the wire has at i; the same sizes.
void AddPacked(LaneBits bits, ByteView packed, std::span<std::uint32_t> lanes,
               Sign sign = Sign::kAdd);
void AddPacked(ByteView packed, std::span<std::uint16_t> lanes, Sign sign = Sign::kAdd);

}  // namespace muster::aggregation::secagg
