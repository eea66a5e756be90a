// A spool's segment as the disk gives it back, any bytes: what is read is whole records by rising
// sequence, each an event that is written as it was read, and what follows the good ones is no part
// of them.
#include <cstdint>
#include <cstdlib>

#include "client/telemetry/event_json.h"
#include "client/telemetry/segment.h"

namespace {
using namespace muster;          // NOLINT: a fuzz target has no namespace of its own.
using namespace muster::client;  // NOLINT

void Require(bool holds) {
  if (!holds) std::abort();
}

void Scan(const SegmentName& name, ByteView bytes) {
  const SegmentScan scan = ScanSegment(name, bytes);
  Require(scan.good <= bytes.size());
  std::uint64_t last = name.first - 1;
  Bytes again;
  for (const StoredRecord& stored : scan.records) {
    Require(stored.record.cls == name.cls && stored.record.sequence > last);
    last = stored.record.sequence;
    const auto payload = EncodeEvent(stored.record.event);
    Require(payload.ok() && payload->size() == stored.bytes);
    const Bytes record = EncodeRecord(last, *payload);
    again.insert(again.end(), record.begin(), record.end());
  }
  Require(again.size() == scan.good && std::equal(again.begin(), again.end(), bytes.begin()));
  const SegmentScan good = ScanSegment(name, bytes.first(scan.good));
  Require(good.records.size() == scan.records.size() && !good.torn);
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView bytes = std::as_bytes(std::span(data + 1, size - 1));
  const SegmentName name{static_cast<TelemetryClass>(1 + data[0] % 4), 1};
  Scan(name, bytes);
  // The checksum keeps a fuzzer from the payload, so it is put around the bytes, too.
  const auto event = ParseEvent(AsText(bytes));
  if (event.ok()) Require(*EncodeEvent(*event) == AsText(bytes));
  if (bytes.size() <= kMostEventBytes) Scan(name, EncodeRecord(7, AsText(bytes)));
  static_cast<void>(ParseSegmentName(AsText(bytes)));
  return 0;
}
