#include "aggregation/secagg/mask.h"

#include <string.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "aggregation/secagg/lane_kernels.h"

namespace muster::aggregation::secagg {
namespace {
static_assert(std::endian::native == std::endian::little, "words are used as they lie");

// Of keystream, expanded at a time. With as many lanes beside it, it stays in the first-level
// cache.
constexpr std::size_t kTileBytes = 16 * 1024;

template <typename Lane>
Status AddTo(std::span<Lane> tile, const Mask& mask, std::uint64_t offset, Lane* words) {
  const bool adds = mask.sign == Sign::kAdd;
  if (AddingKeystream* const stream = mask.stream->adding())
    return adds ? stream->Add(offset, tile) : stream->Subtract(offset, tile);
  MUSTER_TRY(mask.stream->Fill(offset, std::as_writable_bytes(std::span(words, tile.size()))));
  if (adds)
    AddWords(words, tile.size(), tile.data());
  else
    SubtractWords(words, tile.size(), tile.data());
  return Ok();
}

template <typename Lane>
Status AddTiles(std::span<const Mask> masks, std::uint64_t offset, std::span<Lane> lanes) {
  struct Words {
    alignas(64) std::array<Lane, kTileBytes / sizeof(Lane)> value;
    ~Words() { explicit_bzero(&value, sizeof value); }
  } words;
  while (!lanes.empty()) {
    const auto tile = lanes.first(std::min(lanes.size(), words.value.size()));
    for (const Mask& mask : masks) MUSTER_TRY(AddTo(tile, mask, offset, words.value.data()));
    offset += tile.size_bytes();
    lanes = lanes.subspan(tile.size());
  }
  return Ok();
}
}  // namespace

Status AddMasks(std::span<const Mask> masks, std::uint64_t stream_offset,
                std::span<std::uint32_t> lanes) {
  return AddTiles(masks, stream_offset, lanes);
}
Status AddMasks(std::span<const Mask> masks, std::uint64_t stream_offset,
                std::span<std::uint16_t> lanes) {
  return AddTiles(masks, stream_offset, lanes);
}
Status AddMask(Keystream& stream, Sign sign, std::uint64_t stream_offset,
               std::span<std::uint32_t> lanes) {
  const Mask mask{&stream, sign};
  return AddTiles(std::span(&mask, 1), stream_offset, lanes);
}
Status AddMask(Keystream& stream, Sign sign, std::uint64_t stream_offset,
               std::span<std::uint16_t> lanes) {
  const Mask mask{&stream, sign};
  return AddTiles(std::span(&mask, 1), stream_offset, lanes);
}

void PackLanes(LaneBits bits, std::span<const std::uint32_t> lanes, std::span<std::byte> out) {
  if (bits == LaneBits::k32) {
    if (!lanes.empty()) std::memcpy(out.data(), lanes.data(), lanes.size_bytes());
    return;
  }
  std::byte* to = out.data();
  for (const std::uint32_t lane : lanes) {
    to[0] = static_cast<std::byte>(lane);
    to[1] = static_cast<std::byte>(lane >> 8);
    to[2] = static_cast<std::byte>(lane >> 16);
    to += 3;
  }
}
void PackLanes(std::span<const std::uint16_t> lanes, std::span<std::byte> out) {
  if (!lanes.empty()) std::memcpy(out.data(), lanes.data(), lanes.size_bytes());
}

namespace {
// word(i) is what lane i is to be changed by.
template <typename Lane, typename Word>
void Apply(std::span<Lane> lanes, Sign sign, Word word) {
  if (sign == Sign::kAdd)
    for (std::size_t i = 0; i < lanes.size(); ++i) lanes[i] = static_cast<Lane>(lanes[i] + word(i));
  else
    for (std::size_t i = 0; i < lanes.size(); ++i) lanes[i] = static_cast<Lane>(lanes[i] - word(i));
}

template <typename Lane>
auto WordsAt(ByteView packed) {
  return [from = packed.data()](std::size_t i) {
    Lane word;
    std::memcpy(&word, from + i * sizeof word, sizeof word);
    return word;
  };
}
}  // namespace

void AddPacked(LaneBits bits, ByteView packed, std::span<std::uint32_t> lanes, Sign sign) {
  if (bits == LaneBits::k32) return Apply(lanes, sign, WordsAt<std::uint32_t>(packed));
  Apply(lanes, sign, [packed](std::size_t i) {
    const std::byte* const from = packed.data() + 3 * i;
    return std::to_integer<std::uint32_t>(from[0]) | std::to_integer<std::uint32_t>(from[1]) << 8 |
           std::to_integer<std::uint32_t>(from[2]) << 16;
  });
}
void AddPacked(ByteView packed, std::span<std::uint16_t> lanes, Sign sign) {
  Apply(lanes, sign, WordsAt<std::uint16_t>(packed));
}

}  // namespace muster::aggregation::secagg
