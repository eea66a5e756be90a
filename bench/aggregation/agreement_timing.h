#pragma once

namespace muster::bench {

// Does the time of agreeing with eight peers depend on the secret? |t| (timing_leak.h) between a
// secret without bits, but what clamping sets, and random ones. Takes five seconds. A ladder that
// branches on its bits gives 120.
double AgreementTimingT();

}  // namespace muster::bench
