#include "aggregation/secagg/lane_vector.h"

#include <string.h>

#include <algorithm>

namespace muster::aggregation::secagg {
namespace {
// Elements [first, first + count) of one segment.
struct Run {
  std::size_t segment;
  std::uint64_t first;
  std::size_t count;
};

Status CheckTiles(const Segments& segments, TileRange tiles) {
  if (tiles.begin <= tiles.end && tiles.end <= segments.tiles()) return Ok();
  return InvalidArgument("tiles {} to {} of {}", tiles.begin, tiles.end, segments.tiles());
}

std::uint64_t WireBytes(const Segments& segments, TileRange tiles) {
  if (tiles.begin == tiles.end) return 0;
  const Tile last = segments.TileAt(tiles.end - 1);
  return last.wire_offset + last.wire_bytes - segments.TileAt(tiles.begin).wire_offset;
}

// The range cut where segments end, in the order of the wire: work(run) -> Status.
template <typename Work>
Status ForEachRun(const Segments& segments, TileRange tiles, Work work) {
  for (std::uint64_t i = tiles.begin; i < tiles.end;) {
    const Tile head = segments.TileAt(i);
    const std::uint64_t left = segments[head.segment].count - head.first;
    const std::uint64_t wanted = (tiles.end - i) * Segments::kTileLanes;
    const Run run{head.segment, head.first, static_cast<std::size_t>(std::min(left, wanted))};
    MUSTER_TRY(work(run));
    i += (run.count + Segments::kTileLanes - 1) / Segments::kTileLanes;
  }
  return Ok();
}
}  // namespace

LaneVector::LaneVector(Segments segments)
    : segments_(std::move(segments)),
      memory_(std::make_unique<std::byte[]>(segments_.stream_bytes())) {}

LaneVector::~LaneVector() {
  if (memory_) explicit_bzero(memory_.get(), segments_.stream_bytes());
}

// Arrays of bytes begin the lifetime of what is put into them ([intro.object]); segments begin at
// multiples of 64 bytes and new[] aligns to 16.
template <typename Lane>
std::span<Lane> LaneVector::Lanes(std::size_t segment, std::uint64_t first,
                                  std::size_t count) const {
  void* const at = memory_.get() + segments_.stream_offset(segment) + first * sizeof(Lane);
  return {static_cast<Lane*>(at), count};
}

// work(lanes) with lanes of the segment's own type.
template <typename Work>
auto LaneVector::WithLanes(std::size_t segment, std::uint64_t first, std::size_t count,
                           Work work) const {
  if (segments_[segment].bits == LaneBits::k16)
    return work(Lanes<std::uint16_t>(segment, first, count));
  return work(Lanes<std::uint32_t>(segment, first, count));
}

Status LaneVector::CheckRange(std::size_t segment, std::uint64_t first, std::size_t count) const {
  if (segment >= segments_.all().size())
    return InvalidArgument("segment {} of {}", segment, segments_.all().size());
  const Segment& s = segments_[segment];
  if (first > s.count || count > s.count - first)
    return InvalidArgument("{}: {} elements from {} on, it has {}", s.name, count, first, s.count);
  return Ok();
}

Status LaneVector::Set(std::size_t segment, std::uint64_t first,
                       std::span<const std::int32_t> values) {
  MUSTER_TRY(CheckRange(segment, first, values.size()));
  const std::int64_t limit = segments_[segment].limit;
  // Ours to send, so the text has the limit but not the value, which nobody is to learn.
  if (!std::ranges::all_of(values, [limit](std::int64_t v) { return -limit <= v && v <= limit; }))
    return WithReason(InvalidArgument("{}: a value is beyond {}", segments_[segment].name, limit),
                      Reason::kUPDATE_OVER_BOUND);
  WithLanes(segment, first, values.size(), [&](auto lanes) {
    using Lane = typename decltype(lanes)::value_type;
    std::ranges::transform(values, lanes.begin(),
                           [](std::int32_t v) { return static_cast<Lane>(v); });
  });
  return Ok();
}

Status LaneVector::AddMasks(std::span<const Mask> masks, TileRange tiles) {
  MUSTER_TRY(CheckTiles(segments_, tiles));
  return ForEachRun(segments_, tiles, [&](const Run& run) {
    return WithLanes(run.segment, run.first, run.count, [&](auto lanes) {
      const std::uint64_t offset =
          segments_.stream_offset(run.segment) + run.first * sizeof(lanes[0]);
      return secagg::AddMasks(masks, offset, lanes);
    });
  });
}

Status LaneVector::WriteWire(TileRange tiles, std::span<std::byte> out) const {
  MUSTER_TRY(CheckTiles(segments_, tiles));
  if (const std::uint64_t size = WireBytes(segments_, tiles); out.size() != size)
    return InvalidArgument("{} bytes for tiles whose wire form has {}", out.size(), size);
  return ForEachRun(segments_, tiles, [&](const Run& run) {
    const LaneBits bits = segments_[run.segment].bits;
    const auto to = out.first(run.count * WireBytesOf(bits));
    out = out.subspan(to.size());
    if (bits == LaneBits::k16)
      PackLanes(Lanes<std::uint16_t>(run.segment, run.first, run.count), to);
    else
      PackLanes(bits, Lanes<std::uint32_t>(run.segment, run.first, run.count), to);
    return Ok();
  });
}

Status LaneVector::AddWire(TileRange tiles, ByteView wire, Sign sign) {
  MUSTER_TRY(CheckTiles(segments_, tiles));
  if (const std::uint64_t size = WireBytes(segments_, tiles); wire.size() != size)
    return WithReason(
        InvalidArgument("{} bytes of a masked vector, its layout has {}", wire.size(), size),
        Reason::kUPDATE_WRONG_LAYOUT);
  return ForEachRun(segments_, tiles, [&](const Run& run) {
    const LaneBits bits = segments_[run.segment].bits;
    const ByteView from = wire.first(run.count * WireBytesOf(bits));
    wire = wire.subspan(from.size());
    if (bits == LaneBits::k16)
      AddPacked(from, Lanes<std::uint16_t>(run.segment, run.first, run.count), sign);
    else
      AddPacked(bits, from, Lanes<std::uint32_t>(run.segment, run.first, run.count), sign);
    return Ok();
  });
}

Status LaneVector::Sums(std::size_t segment, std::uint64_t first, std::uint32_t contributors,
                        std::span<std::int32_t> out) const {
  MUSTER_TRY(CheckRange(segment, first, out.size()));
  if (contributors == 0 || contributors > segments_.devices())
    return InvalidArgument("{} contributors of {} devices", contributors, segments_.devices());
  const Segment& s = segments_[segment];
  WithLanes(segment, first, out.size(), [&](auto lanes) {
    std::ranges::transform(lanes, out.begin(), [&s](auto lane) { return SignedOf(s.bits, lane); });
  });
  const std::int64_t bound = contributors * s.limit;
  const auto beyond =
      std::ranges::find_if(out, [bound](std::int64_t sum) { return sum < -bound || sum > bound; });
  if (beyond == out.end()) return Ok();
  return WithReason(FailedPrecondition("{}: the sum at {} is beyond {} devices x {} each", s.name,
                                       first + static_cast<std::uint64_t>(beyond - out.begin()),
                                       contributors, s.limit),
                    Reason::kUPDATE_OVER_BOUND);
}

}  // namespace muster::aggregation::secagg
