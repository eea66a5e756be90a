#pragma once
// One vector of lanes laid out by Segments: what a device masks and sends, and what the server
// folds uploads into and unmasks. It holds no keys and makes no decisions.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "aggregation/secagg/mask.h"
#include "aggregation/secagg/segments.h"
#include "base/bytes.h"
#include "base/status.h"

namespace muster::aggregation::secagg {

// Tiles [begin, end) of Segments::TileAt. Threads that own disjoint ranges need no lock.
struct TileRange {
  std::uint64_t begin;
  std::uint64_t end;
};

class LaneVector {
 public:
  explicit LaneVector(Segments segments);  // All zero; segments.stream_bytes() of memory.
  ~LaneVector();                           // Erased: on a device it held an unmasked update.
  LaneVector(LaneVector&&) = default;
  LaneVector& operator=(LaneVector&&) = delete;

  const Segments& segments() const { return segments_; }
  TileRange AllTiles() const { return {0, segments_.tiles()}; }

  // Writes values[i] into element first + i. INVALID_ARGUMENT beyond the segment's end;
  // UPDATE_OVER_BOUND when |value| is over the segment's limit (nothing is written then).
  Status Set(std::size_t segment, std::uint64_t first, std::span<const std::int32_t> values);

  // Adds masks to whole tiles; each stream is read where the tile's lanes lie in it.
  Status AddMasks(std::span<const Mask> masks, TileRange tiles);

  // The wire form of whole tiles: bytes [TileAt(begin).wire_offset, end of the last). `out` has
  // that length, INVALID_ARGUMENT otherwise.
  Status WriteWire(TileRange tiles, std::span<std::byte> out) const;
  // Adds a wire form, of the same tiles, or takes it away; UPDATE_WRONG_LAYOUT when the length is
  // not theirs, and nothing is changed.
  Status AddWire(TileRange tiles, ByteView wire, Sign sign = Sign::kAdd);

  // out[i] = element first + i as a signed number, once every mask is off. FAILED_PRECONDITION with
  // UPDATE_OVER_BOUND when
  // one is beyond contributors * limit, which no honest sum can be: a mask is left, or somebody
  // sent more than the limit. INVALID_ARGUMENT beyond the segment's end or when contributors is
  // not in 1..devices.
  Status Sums(std::size_t segment, std::uint64_t first, std::uint32_t contributors,
              std::span<std::int32_t> out) const;

 private:
  Status CheckRange(std::size_t segment, std::uint64_t first, std::size_t count) const;
  template <typename Lane>
  std::span<Lane> Lanes(std::size_t segment, std::uint64_t first, std::size_t count) const;
  template <typename Work>
  auto WithLanes(std::size_t segment, std::uint64_t first, std::size_t count, Work work) const;

  Segments segments_;
  std::unique_ptr<std::byte[]> memory_;  // Lanes lie where their words lie in a keystream.
};                                       // One thread at a time for each tile.

}  // namespace muster::aggregation::secagg
