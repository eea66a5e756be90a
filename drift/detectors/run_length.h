#pragma once
// How long a CUSUM runs until a false alarm: theory for Page-Hinkley's threshold. Pure maths.
#include <span>

namespace muster::drift {

// What a CUSUM sums while nothing changes: values around their mean, less an allowance.
struct CusumSide {
  double allowance = 0;    // delta, at least 0.
  double deviation = 0;    // Standard deviation of the values, above 0.
  double coefficient = 0;  // See AdjustmentCoefficient.
};

// The theta > 0 with E[exp(theta (x - mean - allowance))] = 1 over `values` (2 allowance /
// deviation^2, were they normal); 0 when the allowance is 0, infinite when no value is above mean
// and allowance. It is what skewed values change: Asmussen, "Applied probability and queues", XIII.
//   cost  O(n) a step, some 60 steps.
double AdjustmentCoefficient(std::span<const double> values, double allowance);

// The mean number of values until a one-sided CUSUM first exceeds `threshold`: Siegmund,
// "Sequential analysis" (1985), equation 2.57, (e^z - z - 1) / (theta delta) with z = theta
// (threshold + 1.166 deviation); for normal values theta delta is 2 delta^2 / deviation^2.
double CusumRunLength(const CusumSide& side, double threshold);

// A stream of values and of its like reflected, for alarms on either side: 1 / L = 1 / L+ + 1 / L-.
double TwoSidedRunLength(double up, double down);

}  // namespace muster::drift
