#pragma once
// What a device may say in telemetry, whichever way it came. Pure.
#include "coordinator/telemetry/types.h"

namespace muster::coordinator {

// OK, or INVALID_ARGUMENT (TELEMETRY_INVALID): what it says is not of its class; a name, an id or a
// text is too long or holds what it may not; a number is not finite or beyond 2^53; its time is
// before 2000, in 2100 or later, or more than a day ahead of `now`; a sketch cannot be read. Times
// that it speaks about are held to the same.
Status CheckTelemetry(const TelemetryRecord& record, Timestamp now);

// The same for a batch as a whole: a spool's name, at most kMostTelemetryRecords records, sequences
// of 1 to 2^53 - 1 that rise within each class.
Status CheckTelemetry(const TelemetryBatch& batch);

}  // namespace muster::coordinator
