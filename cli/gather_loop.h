#pragma once
// Asks the coordinator for what belongs to a closed loop.
#include "cli/loop.h"
#include "cli/shell.h"

namespace muster::cli {

// The monitors of the trigger's condition, the campaign of its newest firing, and the versions of
// that. What is not there is left out. `known` spares asking again for versions, which do not
// change but by measurements while their firing is under way.
StatusOr<Loop> GatherLoop(const Link& link, v1::TriggerView trigger, const Loop* known);

}  // namespace muster::cli
