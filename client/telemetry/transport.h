#pragma once
// The port that telemetry leaves by: gRPC (client/rpc) or MQTT (client/mqtt).
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "client/telemetry/event.h"

namespace muster::client {

struct TelemetryRecord {
  TelemetryClass cls = TelemetryClass::kSummary;
  std::uint64_t sequence = 0;  // From 1, within its class and spool.
  TelemetryEvent event;
};
struct TelemetryBatch {
  std::string spool;  // 32 hexadecimal digits, drawn when the spool was made.
  std::vector<TelemetryRecord>
      records;  // At most kMostTelemetryRecords, about kMostTelemetryBytes.
};
inline constexpr std::size_t kMostTelemetryRecords = 256;
inline constexpr std::size_t kMostTelemetryBytes = std::size_t{512} << 10;

struct TelemetryAck {
  std::map<TelemetryClass, std::uint64_t> through;  // Durable at the coordinator up to here.
  struct Refused {
    TelemetryClass cls = TelemetryClass::kSummary;
    std::uint64_t sequence = 0;
    std::string reason;
  };
  std::vector<Refused> refused;  // Not to be sent again.
};

class TelemetryTransport {
 public:
  using Callback = std::function<void(StatusOr<TelemetryAck>)>;
  virtual ~TelemetryTransport() = default;
  // One batch at a time. The callback gets exactly one answer, from any thread, perhaps before the
  // call returns: an error when none came (UNAVAILABLE, DEADLINE_EXCEEDED). A transport that is
  // destroyed gives none any more.
  virtual void Send(const TelemetryBatch& batch, Callback done) = 0;
};

}  // namespace muster::client
