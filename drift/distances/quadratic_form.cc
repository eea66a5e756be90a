#include "drift/distances/quadratic_form.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "drift/distances/tails.h"

namespace muster::drift {
namespace {
// The cumulants of sum l_i (z_i^2 - f c_i / d), tilted by s: K(s) and its derivatives.
class Cumulants {
 public:
  Cumulants(double f, std::span<const double> l, double d) : f_(f), l_(l), d_(d) {}

  double Value(double s) const {
    return Sum([&](double l) {
      return -(std::log1p(-2 * l * s) + d_ * std::log1p(2 * f_ * l * s / d_)) / 2;
    });
  }
  double First(double s) const {
    return Sum([&](double l) { return l / (1 - 2 * l * s) - f_ * l / (1 + 2 * f_ * l * s / d_); });
  }
  double Second(double s) const {
    return Sum([&](double l) {
      const double a = l / (1 - 2 * l * s), b = f_ * l / (1 + 2 * f_ * l * s / d_);
      return 2 * a * a + 2 * b * b / d_;
    });
  }
  double ThirdAtZero() const {
    return Sum([&](double l) { return 8 * l * l * l * (1 - f_ * f_ * f_ / (d_ * d_)); });
  }

 private:
  template <typename Term>
  double Sum(const Term& term) const {
    return std::accumulate(l_.begin(), l_.end(), 0.0,
                           [&](double sum, double l) { return sum + term(l); });
  }
  double f_;
  std::span<const double> l_;
  double d_;
};

// Where K' is 0: it rises from minus to plus infinity over the open interval.
double Saddlepoint(const Cumulants& k, double low, double high) {
  for (int i = 0; i < 200; ++i) {
    const double middle = low + (high - low) / 2;
    if (middle == low || middle == high) break;
    (k.First(middle) < 0 ? low : high) = middle;
  }
  return low + (high - low) / 2;
}
}  // namespace

double QuadraticRatioTail(double f, std::span<const double> l, double d) {
  if (!(f > 0)) return 1;
  if (l.size() == 1) return FTail(f, 1, d);
  if (std::isinf(f)) return 0;
  const double most = *std::ranges::max_element(l);
  const Cumulants k(f, l, d);
  const double s = Saddlepoint(k, -d / (2 * f * most), 1 / (2 * most));
  const double v = s * std::sqrt(k.Second(s));
  const double w = std::copysign(std::sqrt(std::max(0.0, -2 * k.Value(s))), s);
  // Where the correction cancels, its limit.
  const double correction = std::abs(w) < 1e-5 ? k.ThirdAtZero() / (6 * std::pow(k.Second(0), 1.5))
                                               : w + std::log(v / w) / w;
  const double tail = std::erfc(correction / std::sqrt(2.0)) / 2;
  return std::isnan(tail) ? 1 : std::clamp(tail, 0.0, 1.0);
}

}  // namespace muster::drift
