#pragma once
// The frame at which torch's exceptions end: whatever a module, a file or torch itself throws
// becomes a Status of one printable line.
#include <functional>
#include <string_view>

#include "base/status.h"

namespace muster::client {

// Runs `body`; an exception out of it is INVALID_ARGUMENT with `reason`: "what: <its text>".
Status Guarded(std::string_view what, Reason reason, const std::function<Status()>& body);

// The same for code that a module brings and private data that it sees: the exception's text, which
// the module may have written, goes to stderr and not into the status. TASK_FAILED.
Status GuardedRun(std::string_view what, const std::function<Status()>& body);

}  // namespace muster::client
