#pragma once
// muster watch trigger and muster watch model: closed loops, as they go round.
#include <string>

#include "cli/shell.h"

namespace muster::cli {

struct WatchLoopOptions {
  bool until_settled = false;  // Ends with the newest firing; else it goes on.
};

// One trigger. TRIGGER_STATE when it settled without a version.
Status WatchTrigger(Shell& shell, const std::string& name, const WatchLoopOptions& options);
// All triggers of a model.
Status WatchModel(Shell& shell, const std::string& name, const WatchLoopOptions& options);

}  // namespace muster::cli
