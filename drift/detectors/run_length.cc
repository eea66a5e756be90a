#include "drift/detectors/run_length.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace muster::drift {
namespace {
// Of discrete steps beyond a continuous path's end, at both ends: Siegmund (1985), section X.2.
constexpr double kOvershoot = 1.166;
constexpr double kMostExponent = 700;  // Longer than anybody waits, and e^z is a number.
constexpr double kInfinity = std::numeric_limits<double>::infinity();

double MeanOf(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}
}  // namespace

double AdjustmentCoefficient(std::span<const double> values, double allowance) {
  if (allowance == 0) return 0;
  const double centre = MeanOf(values) + allowance;
  const double top = *std::max_element(values.begin(), values.end()) - centre;
  if (!(top > 0)) return kInfinity;
  const auto exceeds = [&](double theta) {
    double sum = 0;
    for (const double x : values) sum += std::exp(theta * (x - centre));
    return sum > static_cast<double>(values.size());
  };
  // The largest value alone makes the mean exceed 1 at this one.
  double high = std::log(2 * static_cast<double>(values.size())) / top;
  double low = 0;
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (exceeds(middle) ? high : low) = middle;
  }
  return low;
}

double CusumRunLength(const CusumSide& side, double threshold) {
  const double reach = threshold + kOvershoot * side.deviation;
  if (side.allowance == 0) return reach / side.deviation * (reach / side.deviation);
  const double z = side.coefficient * reach;
  if (z > kMostExponent) return kInfinity;
  return (std::expm1(z) - z) / (side.coefficient * side.allowance);
}

double TwoSidedRunLength(double up, double down) { return 1 / (1 / up + 1 / down); }

}  // namespace muster::drift
