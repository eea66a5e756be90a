#pragma once
// A registry that has grown to 100,000 versions: searches over all of them, and changes.
#include "bench/report.h"

namespace muster::bench {

void BenchVersions(Report& report);

}  // namespace muster::bench
