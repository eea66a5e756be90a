#pragma once
// What must hold after any run, read from the disk alone. Later issues add to this list.
#include "tests/sim/world.h"

namespace muster::sim {

// Each round of the campaign is published at most once, and rounds in order.
void CheckPublishedAtMostOnce(World& world);
// Every published model is the server rule over exactly the updates that the journal counts: what
// was counted is in the sum once, what was refused or late is not. In a secure campaign, which is
// to run FedAvg with rate 1: within what its quantiser may err.
void CheckSumEqualsTheCountedUpdates(World& world);
// No sum was opened over fewer devices than the campaign's least, nor any session's twice or after
// it was given up; and what a round counted is the survivors of its session.
void CheckNoDeviceIsOpenedAlone(World& world);
// A session fixes its survivors once, and every request that left, before or after restarts, has
// just them; no device answers two different unmask requests.
void CheckSurvivorsNeverChange(World& world);
// No device gives for a round twice, whatever happens to either side: two sums that differ in it
// would show it.
void CheckNobodyGivesTwice(World& world);
// A coordinator that starts from the journal alone shows the same campaign as the one that ran.
void CheckJournalRebuildsState(World& world);
// Leaves are dense, and seq counts without gaps in every stream.
void CheckJournalHasNoGaps(World& world);
void CheckAll(World& world);

}  // namespace muster::sim
