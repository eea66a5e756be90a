#pragma once
// One-sided confidence bounds on the difference of two means. Pure maths.
#include <optional>

namespace muster::registry {

// A mean with its standard error and the degrees of freedom of that; 0: so many that the normal
// distribution does.
struct Estimate {
  double mean = 0;
  double standard_error = 0;
  double degrees = 0;
};

// The quantile of Student's t with `degrees` of freedom (0: of the normal distribution) at `p` in
// [0.5, 1), to about 1e-9. Degrees are rounded down; beyond 1000 they are many. By bisection on the
// distribution function (Abramowitz & Stegun, 26.7.3 and 26.7.4).
double StudentQuantile(double p, double degrees);

// The upper bound of `confidence` on a - b, for independent estimates: Welch's test (Biometrika
// 1947), with its degrees of freedom.
double UpperBound(const Estimate& a, const Estimate& b, double confidence);

// The standard error of a proportion `p` of `count` independent examples, by Agresti and Coull
// (1998): as if two more had been hits and two more misses, so that 0 and 1 have one too.
double ProportionError(double p, double count);

}  // namespace muster::registry
