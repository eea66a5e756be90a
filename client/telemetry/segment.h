#pragma once
// A segment of a node's telemetry on disk: records of one class, one behind the other. Pure: bytes
// in, bytes out.
//
// A record is, little endian: u32 length of the payload, u32 CRC-32C of all that follows, u64
// sequence, payload (an event, event_json.h). A segment's file name says its class and its first
// sequence: "alarm-0000000000000017".
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "client/telemetry/transport.h"

namespace muster::client {

inline constexpr std::size_t kRecordHeader = 16;

struct SegmentName {
  TelemetryClass cls = TelemetryClass::kSummary;
  std::uint64_t first = 0;
  friend bool operator==(const SegmentName&, const SegmentName&) = default;
};
std::string FileOf(const SegmentName& name);
std::optional<SegmentName> ParseSegmentName(std::string_view file);

Bytes EncodeRecord(std::uint64_t sequence, std::string_view payload);

struct StoredRecord {
  TelemetryRecord record;
  std::size_t bytes = 0;  // Of its payload.
};
struct SegmentScan {
  std::vector<StoredRecord> records;  // By rising sequence.
  std::size_t good = 0;               // Bytes up to the end of the last of them.
  bool torn = false;                  // What follows is the beginning of a record, not a whole one.
};
// The records up to the first that is cut short or damaged, of another segment, or no event of its
// class: what stands behind it is not to be trusted.
SegmentScan ScanSegment(const SegmentName& name, ByteView bytes);

}  // namespace muster::client
