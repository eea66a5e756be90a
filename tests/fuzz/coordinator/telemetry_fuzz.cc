// Telemetry as bytes of protobuf: a batch is refused as a whole, or each record is taken or refused
// by its sequence; what is taken passes the rules once more, and the answer covers all of it.
#include <cstdint>
#include <cstdlib>

#include "coordinator/rpc/convert_telemetry.h"
#include "coordinator/telemetry/check.h"
#include "coordinator/telemetry/telemetry_desk.h"
#include "tests/support/null_metrics.h"

namespace {
using namespace muster;               // NOLINT: a fuzz target has no namespace of its own.
using namespace muster::coordinator;  // NOLINT

void Require(bool holds) {
  if (!holds) std::abort();
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  v1::ReportTelemetryRequest message;
  if (!message.ParseFromArray(data, static_cast<int>(size))) return 0;
  const Timestamp now = FromUnixMillis(1'700'000'000'000);
  const StatusOr<TelemetryBatch> batch = FromProto(message, now);
  if (!batch.ok()) {
    Require(ReasonOf(batch.status()) == Reason::kTELEMETRY_INVALID);
    return 0;
  }
  Require(batch->records.size() + batch->refused.size() ==
          static_cast<std::size_t>(message.records_size()));
  for (const TelemetryRecord& record : batch->records) Require(CheckTelemetry(record, now).ok());
  const ManualClock clock(now);
  testing::NullMetrics metrics;
  NullLogger log;
  TelemetryDesk desk(clock, metrics, log);
  const StatusOr<TelemetryAck> ack = desk.Take(DeviceId("d"), *batch);
  if (!ack.ok()) return 0;
  for (const auto& [cls, sequence] : ack->through)
    Require(ToProto(*ack).through().at(static_cast<int>(cls)) == sequence);
  return 0;
}
