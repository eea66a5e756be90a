#pragma once
// The program `muster`, without the machine: arguments and a world in, an exit code out.
#include <string>
#include <vector>

#include "cli/world.h"

namespace muster::cli {

// 0 ok, 1 refused or failed, 2 usage, 3 unreachable. `arguments` without the program's name.
int RunMuster(const std::vector<std::string>& arguments, World& world);

}  // namespace muster::cli
