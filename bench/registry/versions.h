#pragma once
// A registry that has grown to 100,000 versions of ten models: searches over all of them, and
// changes that wait for the disk.
#include "base/journal.h"
#include "bench/report.h"
#include "registry/registry.h"

namespace muster::bench {

// The facts of the models, at the end of the journal. How many.
std::uint64_t WriteVersions(Journal& journal);
void BenchVersions(Report& report, registry::Registry& registry);

}  // namespace muster::bench
