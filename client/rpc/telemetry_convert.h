#pragma once
// Telemetry to the wire, and the coordinator's answer from it. gRPC and MQTT carry the same
// messages.
#include <muster/v1/telemetry.pb.h>

#include "base/status.h"
#include "client/telemetry/transport.h"

namespace muster::client {

// Labels of feedback are left out: they stay on the device.
v1::ReportTelemetryRequest ToMessage(const TelemetryBatch& batch);

// The inverse, as a coordinator reads it; for tests of the way through. INVALID_ARGUMENT
// (TELEMETRY_INVALID) on what ToMessage does not write.
StatusOr<TelemetryBatch> TelemetryBatchFrom(const v1::ReportTelemetryRequest& message);

// Foreign: classes it does not know are left out, reasons cut to one short line, and of refusals no
// more than a batch has records are read. What may be believed of it the session judges.
TelemetryAck TelemetryAckFrom(const v1::ReportTelemetryReply& message);

}  // namespace muster::client
