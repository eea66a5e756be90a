#pragma once
// An estimate of the energy that made a version, by construction: what the campaign's plan says a
// device draws, times the time between a device's task and its update. The server knows these times
// of secure rounds, too. An upper bound of training time: waiting and sending are in it. Measures
// nothing.
#include <optional>

#include "base/journal.h"
#include "coordinator/campaign/campaign.h"
#include "registry/version.h"

namespace muster::coordinator {

// The sum over a round's devices of the time from the beginning of collection, when they are asked
// to train, until their update is counted, they are dropped, or collection ends without them, by
// the facts of that attempt in the journal. At most 2^53 - 1 ms, which is what a fact can hold; a
// clock that goes back adds nothing. DATA_LOSS when a fact is not readable. Cost: reads them.
StatusOr<Duration> TaskTimeIn(Journal& journal, const RoundKey& key);

// Of the rounds since the version before; none when the plan declares no energy.
std::optional<registry::Energy> EnergyOf(const PlanSpec& plan, const EvaluatedRound& evaluated);

}  // namespace muster::coordinator
