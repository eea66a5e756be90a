#include "drift/distances/two_sample.h"

#include <algorithm>
#include <cmath>

#include "drift/distances/tails.h"

namespace muster::drift {
Status CheckForTest(const BinnedPair& pair) {
  const auto fewest = static_cast<std::uint64_t>(std::min(pair.n(), pair.m()));
  if (fewest < kLeastForTest) return RefuseFew("window", fewest, kLeastForTest);
  if (pair.used() < 2) return RefuseConstant("window");
  return Ok();
}

StatusOr<BinnedTest> ChiSquareTest(const BinnedPair& pair) {
  MUSTER_TRY(CheckForTest(pair));
  const double n = pair.n(), m = pair.m();
  BinnedTest out{.degrees = static_cast<double>(pair.used() - 1)};
  for (std::size_t i = 0; i < pair.used(); ++i) {
    const double apart = pair.p()[i] - pair.q()[i];
    out.statistic += apart * apart / (n * pair.p()[i] + m * pair.q()[i]);
  }
  out.statistic *= n * m;
  out.p = ChiSquareTail(out.statistic, out.degrees);
  return out;
}

StatusOr<BinnedTest> PsiTest(const BinnedPair& pair) {
  MUSTER_TRY(CheckForTest(pair));
  BinnedTest out{.statistic = Psi(pair), .degrees = static_cast<double>(pair.used() - 1)};
  out.p = ChiSquareTail(out.statistic / (1 / pair.n() + 1 / pair.m()), out.degrees);
  return out;
}

StatusOr<double> PsiThreshold(double rate, std::uint64_t n, std::uint64_t m, std::size_t bins) {
  if (!(rate > 0 && rate < 1)) return InvalidField("rate", "{} is not in (0, 1)", rate);
  if (std::min(n, m) < kLeastForTest)
    return InvalidField("n", "{} values, the test needs {}", std::min(n, m), kLeastForTest);
  if (bins < 2 || bins > kMostCells)
    return InvalidField("bins", "{} is not in 2..{}", bins, kMostCells);
  return (1 / static_cast<double>(n) + 1 / static_cast<double>(m)) *
         ChiSquarePoint(rate, static_cast<double>(bins - 1));
}

StatusOr<BinnedTest> BinnedKsTest(const BinnedPair& pair) {
  MUSTER_TRY(CheckForTest(pair));
  BinnedTest out{.statistic = BinnedKs(pair).low};
  out.p = KolmogorovTail(std::sqrt(pair.n() * pair.m() / (pair.n() + pair.m())) * out.statistic);
  return out;
}

}  // namespace muster::drift
