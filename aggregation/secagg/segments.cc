#include "aggregation/secagg/segments.h"

#include <algorithm>
#include <set>

#include "aggregation/secagg/violation.h"
#include "aggregation/secagg/wire.h"

namespace muster::aggregation::secagg {
namespace {
constexpr std::size_t kLongestName = 32;
constexpr std::uint64_t kStreamAlignment = 64;  // A cache line, and whole blocks of any cipher.

std::uint64_t RoundUp(std::uint64_t value, std::uint64_t to) { return (value + to - 1) / to * to; }

bool IsName(std::string_view name) {
  return !name.empty() && name.size() <= kLongestName && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

Status CheckSegment(std::size_t index, const Segment& segment, std::uint32_t devices) {
  const std::string path = fmt::format("segments[{}]", index);
  if (!IsName(segment.name)) return InvalidField(path + ".name", "not 1 to 32 of [a-z0-9_]");
  if (segment.count == 0 || segment.count > Segments::kMostElements)
    return InvalidField(path + ".count", "{} elements, 1 to {} are allowed", segment.count,
                        Segments::kMostElements);
  if (!ParseLaneBits(static_cast<std::uint64_t>(segment.bits)).ok())
    return InvalidField(path + ".bits", "16, 24 and 32 are allowed");
  const std::int64_t most = LargestTerm(segment.bits, devices);
  if (segment.limit < 1 || segment.limit > most)
    return InvalidField(path + ".limit",
                        "{} is not in 1..{}: {} devices, each within the limit, must stay within "
                        "2^{} - 1 = {}",
                        segment.limit, most, devices, BitsOf(segment.bits) - 1,
                        LargestSum(segment.bits));
  return Ok();
}

Status Unreadable(std::string_view why) {
  return WithReason(Refused(Violation::kMALFORMED, "encoded segments: {}", why),
                    Reason::kARTEFACT_INVALID);
}

// Whatever the bytes say; Make judges it.
Segment GetSegment(WireReader& in) {
  Segment segment;
  segment.name = AsText(in.Raw(in.Get<std::uint8_t>()));
  segment.count = in.Get<std::uint64_t>();
  segment.bits = static_cast<LaneBits>(in.Get<std::uint8_t>());
  segment.limit = in.Get<std::uint32_t>();
  return segment;
}
}  // namespace

StatusOr<Segments> Segments::Make(std::uint32_t devices, std::vector<Segment> segments) {
  if (devices == 0 || devices > kMostDevices)
    return InvalidField("devices", "{} is not in 1..{}", devices, kMostDevices);
  if (segments.empty() || segments.size() > kMostSegments)
    return InvalidField("segments", "{} of them, 1 to {} are allowed", segments.size(),
                        kMostSegments);
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    MUSTER_TRY(CheckSegment(i, segments[i], devices));
    if (!names.insert(segments[i].name).second)
      return InvalidField(fmt::format("segments[{}].name", i), "\"{}\" comes twice",
                          segments[i].name);
  }
  return Segments(devices, std::move(segments));
}

Segments::Segments(std::uint32_t devices, std::vector<Segment> segments)
    : devices_(devices), segments_(std::move(segments)) {
  places_.reserve(segments_.size());
  for (const Segment& segment : segments_) {  // At most 2^8 * 2^40 * 4 bytes: nothing wraps.
    places_.push_back({wire_bytes_, stream_bytes_, tiles_});
    wire_bytes_ += segment.count * WireBytesOf(segment.bits);
    stream_bytes_ += RoundUp(segment.count * LaneBytesOf(segment.bits), kStreamAlignment);
    tiles_ += RoundUp(segment.count, kTileLanes) / kTileLanes;
  }
}

Bytes Segments::Encode() const {
  WireWriter out;
  out.Put(devices_).Put(static_cast<std::uint32_t>(segments_.size()));
  for (const Segment& segment : segments_)
    out.Put(static_cast<std::uint8_t>(segment.name.size()))
        .Text(segment.name)
        .Put(segment.count)
        .Put(static_cast<std::uint8_t>(segment.bits))
        .Put(static_cast<std::uint32_t>(segment.limit));
  return std::move(out).Take();
}

StatusOr<Segments> Segments::Parse(ByteView bytes) {
  WireReader in(bytes);
  const auto devices = in.Get<std::uint32_t>();
  const auto count = in.Get<std::uint32_t>();
  if (count > kMostSegments) return Unreadable("too many segments");
  std::vector<Segment> segments;
  for (std::uint32_t i = 0; i < count && in.ok(); ++i) segments.push_back(GetSegment(in));
  if (const Status end = in.Finish("they"); !end.ok()) return Unreadable(MessageOf(end));
  auto out = Make(devices, std::move(segments));
  if (!out.ok()) return Unreadable(MessageOf(out.status()));
  return out;
}

StatusOr<std::size_t> Segments::Find(std::string_view name) const {
  const auto found = std::ranges::find(segments_, name, &Segment::name);
  if (found == segments_.end()) return NotFound("no segment \"{}\"", name);
  return static_cast<std::size_t>(found - segments_.begin());
}

Tile Segments::TileAt(std::uint64_t index) const {
  const auto after = std::ranges::upper_bound(places_, index, {}, &Place::first_tile);
  const auto segment = static_cast<std::size_t>(after - places_.begin()) - 1;
  const Place& place = places_[segment];
  const Segment& s = segments_[segment];
  const std::uint64_t first = (index - place.first_tile) * kTileLanes;
  const auto lanes = static_cast<std::size_t>(std::min<std::uint64_t>(kTileLanes, s.count - first));
  return {.segment = segment,
          .first = first,
          .lanes = lanes,
          .wire_offset = place.wire + first * WireBytesOf(s.bits),
          .wire_bytes = lanes * WireBytesOf(s.bits)};
}

}  // namespace muster::aggregation::secagg
