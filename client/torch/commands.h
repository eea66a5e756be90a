#pragma once
// The subcommands of muster-torch and their flags.
#include <CLI/CLI.hpp>

#include <functional>

#include "base/status.h"

namespace muster::client {

using Command = std::function<Status()>;

// Adds worker, make, inspect, evaluate and fit to `app`; parsing puts the chosen one in `chosen`,
// which must live as long as `app`.
void AddCommands(CLI::App& app, Command& chosen);

}  // namespace muster::client
