#include "client/telemetry/segment.h"

#include <array>
#include <charconv>
#include <cstring>

#include "base/crc32c.h"
#include "client/telemetry/event_json.h"

namespace muster::client {
namespace {
constexpr std::size_t kDigits = 16;
constexpr std::uint64_t kMostSequence = (std::uint64_t{1} << 53) - 1;
constexpr std::size_t kGuarded = 8;  // Where what the CRC covers begins.
constexpr std::array kClasses = {TelemetryClass::kAlarm, TelemetryClass::kFeedback,
                                 TelemetryClass::kState, TelemetryClass::kSummary};

template <typename T>
void PutLittle(T value, std::byte* to) {
  for (std::size_t i = 0; i < sizeof value; ++i) to[i] = static_cast<std::byte>(value >> (8 * i));
}
template <typename T>
T GetLittle(ByteView from) {
  T out = 0;
  for (std::size_t i = 0; i < sizeof out; ++i)
    out = static_cast<T>(out | static_cast<T>(std::to_integer<T>(from[i]) << (8 * i)));
  return out;
}
}  // namespace

std::string FileOf(const SegmentName& name) {
  return fmt::format("{}-{:016}", NameOf(name.cls), name.first);
}

std::optional<SegmentName> ParseSegmentName(std::string_view file) {
  for (const TelemetryClass cls : kClasses) {
    const std::string_view prefix = NameOf(cls);
    if (!file.starts_with(prefix) || file.size() != prefix.size() + 1 + kDigits ||
        file[prefix.size()] != '-')
      continue;
    SegmentName out{cls, 0};
    const char* const last = file.data() + file.size();
    const auto [end, error] = std::from_chars(last - kDigits, last, out.first);
    if (error != std::errc{} || end != last || out.first == 0 || out.first > kMostSequence)
      return std::nullopt;
    return out;
  }
  return std::nullopt;
}

Bytes EncodeRecord(std::uint64_t sequence, std::string_view payload) {
  Bytes out(kRecordHeader + payload.size());
  PutLittle(static_cast<std::uint32_t>(payload.size()), out.data());
  PutLittle(sequence, out.data() + kGuarded);
  std::memcpy(out.data() + kRecordHeader, payload.data(), payload.size());
  PutLittle(Crc32c(ByteView(out).subspan(kGuarded)), out.data() + 4);
  return out;
}

SegmentScan ScanSegment(const SegmentName& name, ByteView bytes) {
  SegmentScan out;
  std::uint64_t least = name.first;
  while (out.good < bytes.size()) {
    const ByteView rest = bytes.subspan(out.good);
    const std::size_t size =
        rest.size() < kRecordHeader ? 0 : GetLittle<std::uint32_t>(rest.first(4));
    if (size > kMostEventBytes) break;
    out.torn = rest.size() < kRecordHeader + size;
    if (out.torn) break;
    const ByteView guarded = rest.subspan(kGuarded, kRecordHeader - kGuarded + size);
    const auto sequence = GetLittle<std::uint64_t>(guarded);
    if (Crc32c(guarded) != GetLittle<std::uint32_t>(rest.subspan(4)) || sequence < least ||
        sequence > kMostSequence)
      break;
    StatusOr<TelemetryEvent> event = ParseEvent(AsText(rest.subspan(kRecordHeader, size)));
    if (!event.ok() || ClassOf(*event) != name.cls) break;
    out.records.push_back({{name.cls, sequence, *std::move(event)}, size});
    out.good += kRecordHeader + size;
    least = sequence + 1;
  }
  return out;
}

}  // namespace muster::client
