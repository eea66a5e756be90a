#pragma once
// Whose updates another campaign counted, so that a round can be run over the same ones again.
#include <vector>

#include "base/ids.h"
#include "base/journal.h"

namespace muster::coordinator {

// Devices whose updates are in the model that `campaign` published in `round`. UNAVAILABLE while it
// has published none. Cost: the facts of the round's attempts.
StatusOr<std::vector<DeviceId>> CountedIn(Journal& journal, const CampaignName& campaign,
                                          RoundNumber round);

}  // namespace muster::coordinator
