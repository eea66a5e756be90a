#pragma once

namespace muster::bench {

// Does the time of reconstructing a secret depend on its shares? |t| (timing_leak.h) between shares
// that are all zero and shares that are random. Takes about a second. A field whose reduction
// branches gives 25 to 370.
double ReconstructTimingT();

}  // namespace muster::bench
