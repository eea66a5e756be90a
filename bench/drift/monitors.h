#pragma once
// The figures of what watching 50 fields at 100 Hz costs a device, with a monitor of each kind.
#include "bench/report.h"

namespace muster::bench {

void BenchMonitors(Report& report);

}  // namespace muster::bench
