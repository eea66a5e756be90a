#pragma once
// How a masked vector is laid out: named runs of integers, each with its own group, and a bound
// that keeps the sum of every device's part from wrapping. Pure description; it holds no values.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "aggregation/secagg/lanes.h"
#include "base/bytes.h"
#include "base/status.h"

namespace muster::aggregation::secagg {

struct Segment {
  std::string name;         // [a-z0-9_]{1,32}: "update", "weight", "loss", "examples", "clipped".
  std::uint64_t count = 0;  // Elements, >= 1.
  LaneBits bits = LaneBits::k32;
  std::int64_t limit = 0;  // L: one device gives at most this in either direction, >= 1.
  friend bool operator==(const Segment&, const Segment&) = default;
};

// Up to kTileLanes consecutive elements of one segment: the unit in which vectors are masked,
// folded and written, so that a thread owns whole tiles and never shares a word.
struct Tile {
  std::size_t segment;
  std::uint64_t first;  // Index within the segment.
  std::size_t lanes;
  std::uint64_t wire_offset;  // Of the first lane in the message.
  std::size_t wire_bytes;
  friend bool operator==(const Tile&, const Tile&) = default;
};

// On the wire segments follow one another without gaps, elements little-endian in b / 8 bytes. In a
// keystream each segment begins at a multiple of 64 bytes, and takes 2 or 4 bytes per element.
class Segments {
 public:
  static constexpr std::size_t kMostSegments = 256;
  static constexpr std::uint32_t kMostDevices = 1024;
  static constexpr std::uint64_t kMostElements = std::uint64_t{1} << 40;
  static constexpr std::size_t kTileLanes = 4096;
  static constexpr std::size_t kMostEncodedBytes = 8 + kMostSegments * (1 + 32 + 8 + 1 + 4);

  // FIELD_INVALID with the arithmetic when a segment is malformed, a name comes twice, there are
  // none or too many, devices is not in 1..kMostDevices, or devices * limit may wrap.
  static StatusOr<Segments> Make(std::uint32_t devices, std::vector<Segment> segments);
  // The inverse of Encode, and of nothing else; ARTEFACT_INVALID and MALFORMED on other bytes.
  static StatusOr<Segments> Parse(ByteView bytes);
  // One encoding per value, for the hash of the task. Little-endian: u32 devices, u32 number of
  // segments; per segment u8 length of the name, the name, u64 count, u8 bits, u32 limit.
  Bytes Encode() const;

  std::uint32_t devices() const { return devices_; }
  const std::vector<Segment>& all() const { return segments_; }
  const Segment& operator[](std::size_t i) const { return segments_[i]; }
  // Index of the segment of this name; NOT_FOUND.
  StatusOr<std::size_t> Find(std::string_view name) const;

  std::uint64_t wire_offset(std::size_t segment) const { return places_[segment].wire; }
  std::uint64_t stream_offset(std::size_t segment) const { return places_[segment].stream; }
  std::uint64_t wire_bytes() const { return wire_bytes_; }      // Of the whole message.
  std::uint64_t stream_bytes() const { return stream_bytes_; }  // Of keystream, and of memory.

  std::uint64_t tiles() const { return tiles_; }
  // The tile at `index` < tiles(), in the order of the wire.
  Tile TileAt(std::uint64_t index) const;

  friend bool operator==(const Segments& a, const Segments& b) {
    return a.devices_ == b.devices_ && a.segments_ == b.segments_;
  }

 private:
  struct Place {
    std::uint64_t wire, stream, first_tile;
  };
  Segments(std::uint32_t devices, std::vector<Segment> segments);

  std::uint32_t devices_;
  std::vector<Segment> segments_;
  std::vector<Place> places_;
  std::uint64_t wire_bytes_ = 0, stream_bytes_ = 0, tiles_ = 0;
};

}  // namespace muster::aggregation::secagg
