#include "bench/aggregation/timing_leak.h"

#include <cmath>
#include <numeric>

namespace muster::bench {
namespace {
struct Estimate {
  double mean;
  double variance;  // Of the mean.
};
// Of the times up to `limit`.
Estimate EstimateOf(std::vector<double> times, double limit) {
  std::erase_if(times, [limit](double t) { return t > limit; });
  const auto n = static_cast<double>(times.size());
  const double mean = std::accumulate(times.begin(), times.end(), 0.0) / n;
  double squares = 0;
  for (const double t : times) squares += (t - mean) * (t - mean);
  return {mean, squares / (n - 1) / n};
}
}  // namespace

double WelchT(const std::vector<double> (&times)[2]) {
  std::vector<double> all = times[0];
  all.insert(all.end(), times[1].begin(), times[1].end());
  const auto limit = all.begin() + static_cast<std::ptrdiff_t>(all.size() * 9 / 10);
  std::nth_element(all.begin(), limit, all.end());
  const Estimate a = EstimateOf(times[0], *limit), b = EstimateOf(times[1], *limit);
  return std::abs(a.mean - b.mean) / std::sqrt(a.variance + b.variance);
}

}  // namespace muster::bench
