#include "registry/confidence.h"

#include <cmath>

namespace muster::registry {
namespace {
constexpr double kMany = 1000;
constexpr double kPi = 3.14159265358979323846;

// The chance that |T| < t.
double Within(double t, int degrees) {
  const double theta = std::atan(t / std::sqrt(static_cast<double>(degrees)));
  const double cos2 = std::cos(theta) * std::cos(theta);
  const bool odd = degrees % 2 == 1;
  // Odd: cos (1 + 2/3 cos^2 + 2*4/(3*5) cos^4 + …); even: 1 + 1/2 cos^2 + 1*3/(2*4) cos^4 + …
  double term = odd ? std::cos(theta) : 1;
  double sum = degrees == 1 ? 0 : term;
  for (int i = odd ? 3 : 2; i <= degrees - 2; i += 2) {
    term *= cos2 * (i - 1) / i;
    sum += term;
  }
  return odd ? 2 / kPi * (theta + std::sin(theta) * sum) : std::sin(theta) * sum;
}

double Below(double t, double degrees) {
  if (degrees < 1 || degrees > kMany) return 0.5 * std::erfc(-t / std::sqrt(2.0));
  return 0.5 + Within(t, static_cast<int>(degrees)) / 2;
}
}  // namespace

double StudentQuantile(double p, double degrees) {
  double low = 0;
  double high = 1;
  while (Below(high, degrees) < p && high < 1e12) high *= 2;
  for (int i = 0; i < 100 && high - low > 1e-12 * high; ++i) {
    const double middle = (low + high) / 2;
    (Below(middle, degrees) < p ? low : high) = middle;
  }
  return (low + high) / 2;
}

double UpperBound(const Estimate& a, const Estimate& b, double confidence) {
  const double va = a.standard_error * a.standard_error;
  const double vb = b.standard_error * b.standard_error;
  const double known =
      (a.degrees > 0 ? va * va / a.degrees : 0) + (b.degrees > 0 ? vb * vb / b.degrees : 0);
  // At least one: what little is known of the errors is known by somebody.
  const double degrees = known > 0 ? std::fmax(1, (va + vb) * (va + vb) / known) : 0;
  return a.mean - b.mean + StudentQuantile(confidence, degrees) * std::sqrt(va + vb);
}

double ProportionError(double p, double count) {
  const double n = count + 4;
  const double q = (p * count + 2) / n;
  return std::sqrt(q * (1 - q) / n);
}

}  // namespace muster::registry
