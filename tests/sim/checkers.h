#pragma once
// What must hold after any run, read from the disk alone. Later issues add to this list.
#include "tests/sim/world.h"

namespace muster::sim {

// Each round of the campaign is published at most once, and rounds in order.
void CheckPublishedAtMostOnce(World& world);
// Every published model is the server rule over exactly the updates that the journal counts: what
// was counted is in the sum once, what was refused or late is not.
void CheckSumEqualsTheCountedUpdates(World& world);
// A coordinator that starts from the journal alone shows the same campaign as the one that ran.
void CheckJournalRebuildsState(World& world);
// Leaves are dense, and seq counts without gaps in every stream.
void CheckJournalHasNoGaps(World& world);
void CheckAll(World& world);

}  // namespace muster::sim
