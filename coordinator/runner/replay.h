#pragma once
// What a round of a campaign was, from the journal.
#include <vector>

#include "base/journal.h"
#include "coordinator/round/round_facts.h"

namespace muster::coordinator {

// The facts of the attempt that published the round. UNAVAILABLE while none has. Cost: the facts of
// the round's attempts.
StatusOr<std::vector<RoundFact>> PublishedFacts(Journal& journal, const CampaignName& campaign,
                                                RoundNumber round);

// Devices whose updates are in the model that `campaign` published in `round`. Errors and cost as
// above.
StatusOr<std::vector<DeviceId>> CountedIn(Journal& journal, const CampaignName& campaign,
                                          RoundNumber round);

}  // namespace muster::coordinator
