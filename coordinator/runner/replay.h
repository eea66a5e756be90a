#pragma once
// What a round of a campaign was, from the journal.
#include <map>
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

// What each device said of its evaluation in these facts; nothing of those in a masked sum.
std::map<DeviceId, EvaluationSums> ReportsIn(const std::vector<RoundFact>& facts);

// Whose evaluations are in the round's sums, one by one or masked.
DeviceSet EvaluatorsIn(const std::vector<RoundFact>& facts);

}  // namespace muster::coordinator
