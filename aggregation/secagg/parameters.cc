#include "aggregation/secagg/parameters.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace muster::aggregation::secagg {
namespace {

constexpr double kLn2 = 0.693147180559945309417;
constexpr double kPruneBits = 7;  // Anybody is pruned with chance 2^-7 at most.
constexpr std::uint32_t kMostPpm = 1'000'000;
constexpr std::uint32_t kLeastHonest = 2;  // A sum of one is no sum.

// ln(i!) for i <= n. A table, because lgamma writes to a global.
class LogFactorials {
 public:
  explicit LogFactorials(std::uint32_t n) : values_(n + 1, 0.0) {
    for (std::uint32_t i = 2; i <= n; ++i) values_[i] = values_[i - 1] + std::log(i);
  }
  double operator[](std::uint32_t i) const { return values_[i]; }
  double Choose(std::uint32_t n, std::uint32_t k) const {
    return values_[n] - values_[k] - values_[n - k];
  }
  // P[X = x] for X = marked things among `drawn` of `all`, of which `marked` are.
  double Hypergeometric(std::uint32_t all, std::uint32_t marked, std::uint32_t drawn,
                        std::uint32_t x) const {
    if (x > marked || x > drawn || drawn - x > all - marked) return 0;
    return std::exp(Choose(marked, x) + Choose(all - marked, drawn - x) - Choose(all, drawn));
  }
  double MoreThan(std::uint32_t all, std::uint32_t marked, std::uint32_t drawn,
                  std::uint32_t x) const {
    double sum = 0;
    for (std::uint32_t y = std::min(marked, drawn); y > x; --y)
      sum += Hypergeometric(all, marked, drawn, y);
    return sum;
  }

 private:
  std::vector<double> values_;
};

// The smallest c with P[more than c corrupt in a window] <= `chance`.
std::uint32_t MostInWindow(const LogFactorials& logs, std::uint32_t devices, std::uint32_t corrupt,
                           std::uint32_t window, double chance) {
  double sum = 0;
  std::uint32_t c = std::min(corrupt, window);
  while (c > 0 && (sum += logs.Hypergeometric(devices, corrupt, window, c)) <= chance) --c;
  return c;
}

Status CheckRule(const CohortRule& rule) {
  if (rule.profile != Profile::kActive && rule.profile != Profile::kCurious)
    return InvalidField("profile", "{} is not known", static_cast<int>(rule.profile));
  if (rule.threshold != ThresholdRule::kSafe && rule.threshold != ThresholdRule::kSemiHonest)
    return InvalidField("threshold", "{} is not known", static_cast<int>(rule.threshold));
  if (rule.profile == Profile::kActive && rule.threshold != ThresholdRule::kSafe)
    return InvalidField("threshold", "a lying server needs the safe rule, 2t > n + c");
  if (rule.corrupt_ppm >= kMostPpm || rule.dropout_ppm >= kMostPpm)
    return InvalidField("corrupt_ppm", "{} and dropout_ppm {} are not both below {}",
                        rule.corrupt_ppm, rule.dropout_ppm, kMostPpm);
  if (rule.privacy_bits < 1 || rule.privacy_bits > 256)
    return InvalidField("privacy_bits", "{} is not in 1..256", rule.privacy_bits);
  return Ok();
}

NarrowGraph GraphFor(const CohortRule& rule, std::uint32_t n, std::uint32_t corrupt,
                     std::uint32_t dropped) {
  if (rule.profile == Profile::kCurious)
    return NarrowForCurious(n, corrupt, dropped, rule.privacy_bits);
  if (n <= rule.complete_up_to) return {n - 1, 0};
  return NarrowForActive(n, corrupt, dropped, rule.privacy_bits);
}
}  // namespace

NarrowGraph NarrowForCurious(std::uint32_t devices, std::uint32_t corrupt, std::uint32_t dropped,
                             std::uint32_t privacy_bits) {
  const double n = devices;
  const std::uint32_t lost = std::min(corrupt + dropped, devices);
  const LogFactorials logs(devices);
  for (std::uint32_t k = 2; k + 1 < devices; k += 2) {
    if (k > lost) return {k, 1};  // Two cuts need k lost places.
    const double chance = std::log(n) + std::log(n - k - 1) - kLn2 + logs[lost] - logs[lost - k] +
                          logs[devices - k] - logs[devices];
    if (chance < -(privacy_bits + 1.0) * kLn2) return {k, 1};
  }
  return {devices - 1, 0};
}

NarrowGraph NarrowForActive(std::uint32_t devices, std::uint32_t corrupt, std::uint32_t dropped,
                            std::uint32_t privacy_bits) {
  const LogFactorials logs(devices);
  const double unlucky = std::exp(-(privacy_bits + 1.0) * kLn2) / devices;
  const double pruned = std::exp(-kPruneBits * kLn2) / devices;
  // Seen from one device: n - 1 others, of which one place fewer is lost.
  const std::uint32_t others_lost = dropped == 0 ? 0 : dropped - 1;
  for (std::uint32_t k = 2; k + 1 < devices; k += 2) {
    const std::uint32_t h = k / 2 + MostInWindow(logs, devices, corrupt, k / 2, unlucky) + 1;
    if (h <= k && logs.MoreThan(devices - 1, others_lost, k, k - h) <= pruned) return {k, h};
  }
  return {devices - 1, 0};
}

StatusOr<Parameters> FindParameters(const CohortRule& rule, std::uint32_t devices) {
  MUSTER_TRY(CheckRule(rule));
  const std::uint32_t n = devices, c = PartOf(n, rule.corrupt_ppm),
                      dropped = PartOf(n, rule.dropout_ppm);
  if (n < 2 || n < rule.least)
    return InvalidField("least", "{} devices are fewer than {}", n, std::max(2u, rule.least));
  const bool safe = rule.threshold == ThresholdRule::kSafe;
  const std::uint32_t t = safe ? (n + c) / 2 + 1 : std::max(c + 1, 2u);
  if (n - dropped < t)
    return InvalidField("dropout_ppm",
                        "infeasible: of n = {} devices floor(delta n) = {} may vanish, and {} "
                        "survivors are fewer than the threshold t = {} = {} with c = {}",
                        n, dropped, n - dropped, t, safe ? "floor((n + c) / 2) + 1" : "c + 1", c);
  const std::uint32_t fewest = std::max(rule.least, t);
  if (fewest < c + kLeastHonest)
    return InvalidField("least",
                        "infeasible: a sum of {} with c = {} corrupt of n = {} devices may hold "
                        "fewer than {} honest ones",
                        fewest, c, n, kLeastHonest);
  const NarrowGraph graph = GraphFor(rule, n, c, dropped);
  return Parameters{n, c, t, graph.degree, graph.core};
}

}  // namespace muster::aggregation::secagg
