#pragma once
// Runs that others share: everything that can happen, by one seed.
#include "tests/sim/world.h"

namespace muster::sim {

std::vector<std::string> Names(const World& world);  // Of all devices, sorted.
void StartAll(World& world);
// Everything at once: bad weather, failing disks, crashes of both sides, liars; then peace. The
// test fails unless the campaign ends and every checker is content.
void RunChaos(std::uint64_t seed);
// The same over secure rounds, where devices that vanish are missed: the test fails unless the
// campaign ends or has used up its attempts. How many rounds were published.
std::uint32_t RunSecureChaos(std::uint64_t seed);
std::uint32_t PublishedRounds(World& world);
// Of a test: few, or with MUSTER_SOAK many.
std::uint64_t Seeds(std::uint64_t in_suite, std::uint64_t in_soak);

}  // namespace muster::sim
