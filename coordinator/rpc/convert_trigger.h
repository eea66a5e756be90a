#pragma once
// Wire to domain and back, for triggers. What values mean is judged by Validate(TriggerSpec).
#include "coordinator/runner/coordinator.h"
#include "muster/v1/trigger.pb.h"

namespace muster::coordinator {

// Fills defaults; INVALID_ARGUMENT (FIELD_INVALID) with the path of what cannot be read.
StatusOr<TriggerSpec> FromProto(const v1::Trigger& in);
v1::Trigger ToProto(const TriggerSpec& in);
v1::TriggerView ToProto(const TriggerSnapshot& in);
AnswerFiring FromProto(const v1::AnswerTriggerRequest& in);

}  // namespace muster::coordinator
