#pragma once
// Does the time of reconstructing a secret depend on its shares? Reparaz, Balasch, Verbauwhede,
// "Dude, is my code constant time?", DATE 2017: two classes of input in random order, and Welch's t
// between their times. Below 4.5 nothing shows; beyond 10 the code leaks.

namespace muster::bench {

// |t| between shares that are all zero and shares that are random; the median of several runs,
// since what else the machine does shows in single ones. Takes about a second. A field whose
// reduction branches gives 25 to 370.
double ReconstructTimingT();

}  // namespace muster::bench
