#include "drift/fleet/holm.h"

#include <algorithm>
#include <numeric>

namespace muster::drift {

std::vector<double> HolmAdjusted(std::span<const double> p) {
  std::vector<std::size_t> order(p.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [p](std::size_t i) { return p[i]; });
  std::vector<double> out(p.size());
  double most = 0;
  for (std::size_t k = 0; k < order.size(); ++k) {
    most = std::max(most, static_cast<double>(p.size() - k) * p[order[k]]);
    out[order[k]] = std::min(most, 1.0);
  }
  return out;
}

}  // namespace muster::drift
