#include "drift/distances/binned.h"

#include <algorithm>
#include <cmath>

namespace muster::drift {
namespace {
constexpr double kFill = 1e-4;
constexpr double kFillPart = 1e-6;

// What an empty bin counts as.
double FillOf(std::span<const double> shares) {
  double least = 1;
  for (const double share : shares)
    if (share > 0) least = std::min(least, share);
  return least <= kFill ? least * kFillPart : kFill;
}

// The sum of term(p, q) over bins, zeroes smoothed.
template <typename Term>
double SmoothedSum(const BinnedPair& pair, const Term& term) {
  const double p_fill = FillOf(pair.p()), q_fill = FillOf(pair.q());
  double sum = 0;
  for (std::size_t i = 0; i < pair.used(); ++i)
    sum += term(pair.p()[i] > 0 ? pair.p()[i] : p_fill, pair.q()[i] > 0 ? pair.q()[i] : q_fill);
  return std::max(sum, 0.0);
}
}  // namespace

StatusOr<BinnedPair> BinnedPair::Of(std::span<const std::uint64_t> now,
                                    std::span<const std::uint64_t> reference) {
  if (now.size() != reference.size() || now.empty() || now.size() > kMostCells)
    return RefuseOtherBins("reference");
  MUSTER_ASSIGN(const std::uint64_t n, TotalOf(now));
  MUSTER_ASSIGN(const std::uint64_t m, TotalOf(reference));
  if (n == 0) return RefuseEmpty("now");
  if (m == 0) return RefuseEmpty("reference");
  BinnedPair out;
  out.n_ = static_cast<double>(n);
  out.m_ = static_cast<double>(m);
  for (std::size_t i = 0; i < now.size(); ++i) {
    if (now[i] == 0 && reference[i] == 0) continue;
    out.p_.push_back(static_cast<double>(now[i]) / out.n_);
    out.q_.push_back(static_cast<double>(reference[i]) / out.m_);
    out.bins_.push_back(i);
  }
  return out;
}

StatusOr<BinnedPair> BinnedPair::Of(const Histogram& now, const Histogram& reference) {
  if (now.bins() != reference.bins()) return RefuseOtherBins("reference");
  return Of(now.values(), reference.values());
}

StatusOr<BinnedPair> BinnedPair::Of(const CategoryCounts& now, const CategoryCounts& reference) {
  if (!std::ranges::equal(now.categories(), reference.categories()))
    return RefuseOtherBins("reference");
  return Of(now.values(), reference.values());
}

double Psi(const BinnedPair& pair) {
  return SmoothedSum(pair, [](double p, double q) { return (p - q) * std::log(p / q); });
}

double KlDivergence(const BinnedPair& pair) {
  return SmoothedSum(pair, [](double p, double q) { return p * std::log(p / q); });
}

double JensenShannonDistance(const BinnedPair& pair) {
  double sum = 0;
  for (std::size_t i = 0; i < pair.used(); ++i) {
    const double p = pair.p()[i], q = pair.q()[i], middle = (p + q) / 2;
    if (p > 0) sum += p * std::log2(p / middle) / 2;
    if (q > 0) sum += q * std::log2(q / middle) / 2;
  }
  return std::sqrt(std::clamp(sum, 0.0, 1.0));
}

double HellingerDistance(const BinnedPair& pair) {
  double sum = 0;
  for (std::size_t i = 0; i < pair.used(); ++i) {
    const double apart = std::sqrt(pair.p()[i]) - std::sqrt(pair.q()[i]);
    sum += apart * apart;
  }
  return std::min(std::sqrt(sum / 2), 1.0);
}

double LInfinityDistance(const BinnedPair& pair) {
  double most = 0;
  for (std::size_t i = 0; i < pair.used(); ++i)
    most = std::max(most, std::abs(pair.p()[i] - pair.q()[i]));
  return most;
}

KsBounds BinnedKs(const BinnedPair& pair) {
  KsBounds out;
  double f = 0, g = 0;  // Up to the lower edge of the bin.
  for (std::size_t i = 0; i < pair.used(); ++i) {
    const double p = pair.p()[i], q = pair.q()[i];
    out.high = std::max({out.high, f + p - g, g + q - f});
    f += p;
    g += q;
    out.low = std::max(out.low, std::abs(f - g));
  }
  out.low = std::min(out.low, 1.0);
  out.high = std::clamp(out.high, out.low, 1.0);
  return out;
}

StatusOr<double> Wasserstein1(const BinnedPair& pair, std::span<const double> positions) {
  if (positions.size() <= pair.bins().back())
    return InvalidField("positions", "{} of them, not one a bin", positions.size());
  for (std::size_t i = 0; i < positions.size(); ++i)
    if (!(std::abs(positions[i]) <= kMostMagnitude) || (i > 0 && positions[i - 1] > positions[i]))
      return InvalidField("positions", "are not finite and ascending at {}", i);
  double sum = 0, apart = 0;
  for (std::size_t i = 0; i + 1 < pair.used(); ++i) {
    apart += pair.p()[i] - pair.q()[i];
    sum += std::abs(apart) * (positions[pair.bins()[i + 1]] - positions[pair.bins()[i]]);
  }
  return sum;
}

}  // namespace muster::drift
