#include "drift/detectors/kolmogorov.h"

#include <algorithm>

namespace muster::drift {

double KolmogorovChance(std::uint32_t n, std::uint32_t steps) {
  double sum = 0;
  double sign = 1;
  for (std::uint64_t reach = steps; reach <= n; reach += steps, sign = -sign) {
    double ratio = 1;  // C(2n, n - reach) / C(2n, n)
    for (std::uint64_t j = 1; j <= reach; ++j)
      ratio *= static_cast<double>(n - reach + j) / static_cast<double>(n + j);
    sum += sign * ratio;
    if (ratio < 1e-20 * sum) break;
  }
  return std::clamp(2 * sum, 0.0, 1.0);
}

std::uint32_t KolmogorovSteps(std::uint32_t n, double alpha) {
  std::uint32_t low = 1;
  std::uint32_t high = n + 1;  // The chance falls with the steps.
  while (low < high) {
    const std::uint32_t middle = low + (high - low) / 2;
    if (KolmogorovChance(n, middle) <= alpha)
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}

}  // namespace muster::drift
