#include "drift/distances/cbpe.h"

#include <cmath>
#include <utility>

#include "drift/sketches/refusal.h"

namespace muster::drift {
namespace {
constexpr std::uint64_t kOne = std::uint64_t{1} << 30;
constexpr std::size_t kMostPredictions = std::size_t{1} << 32;

std::optional<double> Ratio(double part, double whole) {
  return whole > 0 ? std::optional(part / whole) : std::nullopt;
}
}  // namespace

StatusOr<ExpectedConfusion> ExpectConfusion(std::span<const double> probabilities, double cut) {
  if (!(cut >= 0 && cut <= 1)) return InvalidField("cut", "{} is not in [0, 1]", cut);
  if (probabilities.empty()) return RefuseEmpty("probabilities");
  if (probabilities.size() > kMostPredictions) return RefuseBeyond("probabilities");
  ExpectedConfusion out;
  for (const double p : probabilities) {
    if (std::isnan(p)) return RefuseNotANumber("probabilities");
    if (!(p >= 0 && p <= 1)) return RefuseBeyond("probabilities");
    const auto positive = static_cast<std::uint64_t>(p * static_cast<double>(kOne) + 0.5);
    const bool called = p >= cut;
    (called ? out.true_positive : out.false_negative) += positive;
    (called ? out.false_positive : out.true_negative) += kOne - positive;
  }
  return out;
}

Status Merge(ExpectedConfusion& into, const ExpectedConfusion& more) {
  ExpectedConfusion sum = into;
  for (const auto& [to, add] : {std::pair(&sum.true_positive, more.true_positive),
                                {&sum.false_positive, more.false_positive},
                                {&sum.true_negative, more.true_negative},
                                {&sum.false_negative, more.false_negative}}) {
    if (add > UINT64_MAX - *to) return RefuseBeyond("sums");
    *to += add;
  }
  into = sum;
  return Ok();
}

StatusOr<ExpectedPerformance> PerformanceOf(const ExpectedConfusion& sums) {
  const double tp = static_cast<double>(sums.true_positive);
  const double fp = static_cast<double>(sums.false_positive);
  const double tn = static_cast<double>(sums.true_negative);
  const double fn = static_cast<double>(sums.false_negative);
  if (tp + fp + tn + fn == 0) return RefuseEmpty("sums");
  return ExpectedPerformance{.accuracy = (tp + tn) / (tp + fp + tn + fn),
                             .precision = Ratio(tp, tp + fp),
                             .recall = Ratio(tp, tp + fn),
                             .f1 = Ratio(2 * tp, 2 * tp + fp + fn)};
}

}  // namespace muster::drift
