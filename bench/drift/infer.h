#pragma once
// How long a row takes from the file it was appended to until its prediction is with a sink.
#include "bench/report.h"

namespace muster::bench {

// Twenty nodes at five times their nominal rate of a row a second, each with a window of 30 rows of
// 14 features and a network of 420-64-32-1, through the worker process `torch`. `seconds` long.
void BenchInfer(Report& report, const std::string& torch, double seconds);

}  // namespace muster::bench
