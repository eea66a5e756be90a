#pragma once
// The option --key of what checks a log's signatures.
#include <optional>
#include <string>

#include "cli/shell.h"

namespace muster::cli {

// The verifier itself, or that in a file; nothing when the option was not given.
StatusOr<std::optional<std::string>> KeyOption(Shell& shell, const std::string& given);

}  // namespace muster::cli
