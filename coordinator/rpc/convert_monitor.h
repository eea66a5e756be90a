#pragma once
// Wire to domain and back, for monitors. What values mean is judged by Validate(MonitorSpec).
#include "coordinator/runner/coordinator.h"
#include "muster/v1/monitor.pb.h"

namespace muster::coordinator {

// Fills defaults; INVALID_ARGUMENT (FIELD_INVALID, FIELD_UNKNOWN) with the path of what cannot be
// read: a parameter that a rule's kind does not have is an error.
StatusOr<MonitorSpec> FromProto(const v1::Monitor& in);
v1::Monitor ToProto(const MonitorSpec& in);
v1::MonitorView ToProto(const MonitorSnapshot& in);
StatusOr<GiveFeedback> FromProto(const v1::GiveFeedbackRequest& in);

}  // namespace muster::coordinator
