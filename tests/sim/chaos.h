#pragma once
// Runs that others share: everything that can happen, by one seed.
#include "tests/sim/world.h"

namespace muster::sim {

std::vector<std::string> Names(const World& world);  // Of all devices, sorted.
void StartAll(World& world);
// Everything at once: bad weather, failing disks, crashes of both sides, liars; then peace. The
// test fails unless the campaign ends and every checker is content.
void RunChaos(std::uint64_t seed);

}  // namespace muster::sim
