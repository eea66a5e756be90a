#pragma once
// Telemetry from the wire, and the answer to it. gRPC and MQTT carry the same messages.
#include "coordinator/telemetry/types.h"
#include "muster/v1/telemetry.pb.h"

namespace muster::coordinator {

// Records that CheckTelemetry refuses are left out and named in `refused`, the others are taken. A
// label that a feedback brings all the same is not read.
//   errors  INVALID_ARGUMENT (TELEMETRY_INVALID): more than kMostTelemetryRecords records or
//           kMostTelemetryBytes bytes; a record of no class; what CheckTelemetry says of a batch.
StatusOr<TelemetryBatch> FromProto(const v1::ReportTelemetryRequest& in, Timestamp now);
v1::ReportTelemetryReply ToProto(const TelemetryAck& in);

}  // namespace muster::coordinator
