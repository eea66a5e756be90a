#pragma once
// What taking masks off will cost, before anyone trains: arithmetic only.
#include <cstdint>

#include "coordinator/campaign/spec.h"

namespace muster::coordinator {

// Words of keystream that the coordinator expands for one round of `dim` parameters when as many
// devices vanish as its sessions are laid out to lose: for each survivor its own mask, for each
// that vanished those it shares with survivors. About 2e9 words a second and core.
//
//   spec    as Validate passes it, `secure` set, nothing counted.
//   cost    that of FindParameters.
double MaskWords(const CampaignSpec& spec, std::uint64_t dim);

// OK when a round needs at most so many; else INVALID_ARGUMENT (FIELD_INVALID) at "secure.session"
// with the arithmetic.
Status AdmitMasks(const CampaignSpec& spec, std::uint64_t dim, double most_words);

}  // namespace muster::coordinator
