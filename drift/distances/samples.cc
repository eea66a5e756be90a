#include "drift/distances/samples.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "drift/distances/tails.h"
#include "drift/sketches/refusal.h"

namespace muster::drift {
namespace {
StatusOr<std::vector<double>> Sorted(std::string_view what, std::span<const double> values) {
  if (values.empty()) return RefuseEmpty(what);
  if (values.size() > kMostSamples) return RefuseBeyond(what);
  for (const double value : values) {
    if (!std::isfinite(value)) return RefuseNotANumber(what);
    if (std::abs(value) > kMostMagnitude) return RefuseBeyond(what);
  }
  std::vector<double> out(values.begin(), values.end());
  std::ranges::sort(out);
  return out;
}

// Calls step(value, i, j) after each distinct value, with how many of either are up to it.
template <typename Step>
void Walk(const std::vector<double>& a, const std::vector<double>& b, const Step& step) {
  for (std::size_t i = 0, j = 0; i < a.size() || j < b.size();) {
    const double value = j == b.size() || (i < a.size() && a[i] <= b[j]) ? a[i] : b[j];
    while (i < a.size() && a[i] == value) ++i;
    while (j < b.size() && b[j] == value) ++j;
    step(value, i, j);
  }
}

std::uint64_t Apart(std::uint64_t i, std::uint64_t j, std::uint64_t n, std::uint64_t m) {
  return i * m > j * n ? i * m - j * n : j * n - i * m;
}

// Of all orders in which i of the first and j of the second sample can come, the part in which they
// were `least` apart at the end of some tied group: hit[i][j], from those one step before. `ends`
// has, for each i + j, whether a group ends there.
double ExactTail(std::uint64_t n, std::uint64_t m, std::uint64_t least,
                 const std::vector<bool>& ends) {
  std::vector<double> hit(m + 1, 0);
  for (std::uint64_t i = 0; i <= n; ++i)
    for (std::uint64_t j = 0; j <= m; ++j) {
      if (ends[i + j] && Apart(i, j, n, m) >= least) {
        hit[j] = 1;
      } else if (i + j > 0) {
        const double all = static_cast<double>(i + j);
        const double from_left = j > 0 ? hit[j - 1] * static_cast<double>(j) : 0;
        hit[j] = (hit[j] * static_cast<double>(i) + from_left) / all;
      }
    }
  return std::min(hit[m], 1.0);
}
}  // namespace

StatusOr<KolmogorovSmirnov> KsTest(std::span<const double> now, std::span<const double> reference) {
  MUSTER_ASSIGN(const auto a, Sorted("now", now));
  MUSTER_ASSIGN(const auto b, Sorted("reference", reference));
  const std::uint64_t n = a.size(), m = b.size();
  std::uint64_t apart = 0;
  std::vector<bool> ends(n + m + 1, false);
  Walk(a, b, [&](double, std::size_t i, std::size_t j) {
    apart = std::max(apart, Apart(i, j, n, m));
    ends[i + j] = true;
  });
  const double nm = static_cast<double>(n) * static_cast<double>(m);
  KolmogorovSmirnov out{.distance = static_cast<double>(apart) / nm};
  out.exact = n * m <= kExactSteps;
  if (apart > 0)
    out.p = out.exact ? ExactTail(n, m, apart, ends)
                      : KolmogorovTail(std::sqrt(nm / static_cast<double>(n + m)) * out.distance);
  return out;
}

StatusOr<double> Wasserstein1(std::span<const double> now, std::span<const double> reference) {
  MUSTER_ASSIGN(const auto a, Sorted("now", now));
  MUSTER_ASSIGN(const auto b, Sorted("reference", reference));
  double sum = 0, last = 0, apart = 0;
  Walk(a, b, [&](double value, std::size_t i, std::size_t j) {
    sum += (value - last) * apart;  // Nothing is apart before the first value.
    last = value;
    apart = std::abs(static_cast<double>(i) / static_cast<double>(a.size()) -
                     static_cast<double>(j) / static_cast<double>(b.size()));
  });
  return sum;
}

}  // namespace muster::drift
