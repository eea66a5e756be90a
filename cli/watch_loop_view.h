#pragma once
// Closed loops as `muster watch trigger` and `muster watch model` show them: drift, trigger,
// campaign, version and promotion as one live tree. Pure: what there is, the time and the width in,
// lines out.
#include <string>
#include <vector>

#include "base/clock.h"
#include "cli/loop.h"
#include "cli/text.h"
#include "cli/tree.h"

namespace muster::cli {

// One loop; its root is the trigger.
TreeNode LoopNode(const Loop& loop, Timestamp now, const Paint& paint);

// What is watched: one trigger, or a model with all its triggers.
struct Watched {
  std::string model;                             // Empty: one trigger, the only loop.
  std::map<std::string, std::uint64_t> aliases;  // The model's.
  std::vector<Loop> loops;
};

// The lines of the tree, none wider than `columns`.
std::vector<std::string> WatchedTree(const Watched& watched, Timestamp now, int columns,
                                     const Paint& paint);

// The loop that fired last; nullptr when none has.
const Loop* LastFired(const Watched& watched);

}  // namespace muster::cli
