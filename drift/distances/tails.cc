#include "drift/distances/tails.h"

#include <algorithm>
#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/fisher_f.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>

namespace muster::drift {
namespace {
namespace bm = boost::math::policies;
// Boost's defaults throw, and compute in long double.
using Quiet =
    bm::policy<bm::domain_error<bm::ignore_error>, bm::pole_error<bm::ignore_error>,
               bm::overflow_error<bm::ignore_error>, bm::underflow_error<bm::ignore_error>,
               bm::denorm_error<bm::ignore_error>, bm::evaluation_error<bm::ignore_error>,
               bm::rounding_error<bm::ignore_error>,
               bm::indeterminate_result_error<bm::ignore_error>, bm::promote_double<false>>;
constexpr double kPi = 3.14159265358979323846;

// A statistic that is NaN is a bug upstream; it must not become an alarm that compares false.
template <typename Tail>
double Judged(double x, const Tail& tail) {
  if (!(x > 0)) return 1;
  if (std::isinf(x)) return 0;
  return std::clamp(tail(x), 0.0, 1.0);
}
}  // namespace

double ChiSquareTail(double x, double degrees) {
  return Judged(x, [&](double v) {
    return cdf(complement(boost::math::chi_squared_distribution<double, Quiet>(degrees), v));
  });
}

double ChiSquarePoint(double rate, double degrees) {
  return quantile(complement(boost::math::chi_squared_distribution<double, Quiet>(degrees), rate));
}

double FTail(double x, double d1, double d2) {
  return Judged(x, [&](double v) {
    return cdf(complement(boost::math::fisher_f_distribution<double, Quiet>(d1, d2), v));
  });
}

double StudentTwoSidedTail(double t, double degrees) {
  return Judged(std::abs(t), [&](double v) {
    return 2 * cdf(complement(boost::math::students_t_distribution<double, Quiet>(degrees), v));
  });
}

double KolmogorovTail(double x) {
  return Judged(x, [](double v) {
    double sum = 0;
    if (v < 1) {  // Where the other series would cancel.
      for (int k = 1; k <= 7; k += 2) sum += std::exp(-k * k * kPi * kPi / (8 * v * v));
      return 1 - std::sqrt(2 * kPi) / v * sum;
    }
    for (int k = 5; k >= 1; --k) sum = std::exp(-2 * k * k * v * v) - sum;
    return 2 * sum;
  });
}

double KolmogorovPoint(double rate) {
  double low = 0;
  double high = 40;  // Its tail is below the least double.
  while (high - low > 1e-13) {
    const double middle = (low + high) / 2;
    (KolmogorovTail(middle) > rate ? low : high) = middle;
  }
  return (low + high) / 2;
}

}  // namespace muster::drift
