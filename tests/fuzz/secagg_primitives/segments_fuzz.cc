// Segments::Parse on foreign bytes: what it accepts has that one encoding, bounds that cannot wrap,
// and tiles that cover the wire without gaps.
#include "aggregation/secagg/segments.h"

#include <cstdlib>
#include <cstring>

namespace muster::aggregation::secagg {
namespace {
void Require(bool holds) {
  if (!holds) std::abort();
}

void CheckPlaces(const Segments& segments) {
  std::uint64_t wire = 0;
  for (std::size_t i = 0; i < segments.all().size(); ++i) {
    const Segment& segment = segments[i];
    Require(segment.limit >= 1 && segments.devices() * segment.limit <= LargestSum(segment.bits));
    Require(segments.wire_offset(i) == wire && segments.stream_offset(i) % 64 == 0);
    wire += segment.count * WireBytesOf(segment.bits);
  }
  Require(segments.wire_bytes() == wire);
  const Tile first = segments.TileAt(0), last = segments.TileAt(segments.tiles() - 1);
  Require(first.wire_offset == 0 && last.wire_offset + last.wire_bytes == wire);
}

void Check(ByteView bytes) {
  const auto segments = Segments::Parse(bytes);
  if (!segments.ok()) return Require(ReasonOf(segments.status()) == Reason::kARTEFACT_INVALID);
  const Bytes written = segments->Encode();
  Require(written.size() == bytes.size() &&
          std::memcmp(written.data(), bytes.data(), bytes.size()) == 0);
  CheckPlaces(*segments);
}
}  // namespace
}  // namespace muster::aggregation::secagg

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  muster::aggregation::secagg::Check(std::as_bytes(std::span(data, size)));
  return 0;
}
