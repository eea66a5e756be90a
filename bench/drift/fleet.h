#pragma once
// The figures of what a fleet's drift costs: values into sketches, and a window of 100,000 devices
// from their histograms to its verdict.
#include "bench/report.h"

namespace muster::bench {

void BenchFleet(Report& report);

}  // namespace muster::bench
