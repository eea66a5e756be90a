#pragma once
// Wire to domain and back, for campaigns, rounds and devices. Foreign values are judged by
// Validate(CampaignSpec) and the cores; here only what the wire cannot express is refused.
#include "coordinator/checkin/types.h"
#include "coordinator/runner/coordinator.h"
#include "muster/v1/campaign.pb.h"
#include "muster/v1/edge.pb.h"
#include "muster/v1/fleet.pb.h"

namespace muster::coordinator {

// Fills defaults; INVALID_ARGUMENT (FIELD_INVALID) with the path of what cannot be read.
StatusOr<CampaignSpec> FromProto(const v1::Campaign& in);
v1::Campaign ToProto(const CampaignSpec& in);
v1::CampaignView ToProto(const CampaignSnapshot& in);
v1::DeviceView ToProto(const DeviceSnapshot& in);

RoundKey FromProto(const v1::RoundKey& in);
v1::RoundKey ToProto(const RoundKey& in);
StatusOr<CheckInRequest> FromProto(const v1::CheckInRequest& in);
v1::CheckInReply ToProto(const CheckInReply& in);
v1::Assignment ToProto(const Assignment& in);
// INVALID_ARGUMENT (FIELD_INVALID) when `seen` is no digest.
StatusOr<SecureAsk> FromProto(const v1::SecureRequest& in);
v1::SecureReply ToProto(const SecureAnswer& in);
// INVALID_ARGUMENT (UPDATE_BAD_METRICS) on absurd names, counts or sums.
StatusOr<EvaluationSums> FromProto(const v1::ReportEvaluationRequest& in);

}  // namespace muster::coordinator
