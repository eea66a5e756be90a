#pragma once
// Does the time of some work depend on its secret input? Reparaz, Balasch, Verbauwhede, "Dude, is
// my code constant time?", DATE 2017: two classes of input in random order, and Welch's t between
// their times. Below 4.5 nothing shows; beyond 10 the code leaks.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <vector>

#include "base/seeded.h"

namespace muster::bench {

// |t| between the classes' times, in any unit, of the fastest nine tenths: interruptions hit both
// classes, and say nothing.
double WelchT(const std::vector<double> (&times)[2]);

// The median |t| of several runs, since what else the machine does shows in single ones.
// prepare(which) puts an input of class 0 or 1 in place, always the same one as caches see it;
// work() is measured, so many times a run.
template <typename Prepare, typename Work>
double MedianWelchT(SeededRng& rng, std::size_t measurements, Prepare prepare, Work work) {
  constexpr int kRuns = 9;
  std::vector<double> runs;
  for (int r = 0; r < kRuns; ++r) {
    std::vector<double> times[2];
    for (std::size_t i = 0; i < measurements; ++i) {
      const std::size_t which = rng.Below(2);
      prepare(which);
      const auto start = std::chrono::steady_clock::now();
      work();
      times[which].push_back(
          std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    }
    runs.push_back(WelchT(times));
  }
  std::nth_element(runs.begin(), runs.begin() + kRuns / 2, runs.end());
  return runs[kRuns / 2];
}

}  // namespace muster::bench
