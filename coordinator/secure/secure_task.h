#pragma once
// What a secure round's session is for, from its campaign.
#include "aggregation/secagg/task.h"
#include "base/rng.h"
#include "coordinator/campaign/spec.h"

namespace muster::coordinator {

// A fresh session for `devices` devices about `dim` parameters that begin at `model`. FIELD_INVALID
// with the arithmetic when so many devices cannot have one.
StatusOr<aggregation::secagg::Task> DrawTask(const CampaignSpec& spec, const RoundKey& key,
                                             const Digest& model, std::uint64_t dim,
                                             std::uint32_t devices, SecureRng& rng, Timestamp now);

}  // namespace muster::coordinator
