#include "cli/co_movement.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace muster::cli {
namespace {
constexpr std::size_t kLeastWindows = 8;

std::optional<double> DistanceIn(const v1::WindowView& window, const std::string& name) {
  for (const auto& f : window.features())
    if (f.name() == name && f.why().empty() && std::isfinite(f.distance())) return f.distance();
  return std::nullopt;
}

double MeanOf(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

// Not finite when one of them is constant.
double CorrelationOf(const std::vector<double>& a, const std::vector<double>& b) {
  const double a_mean = MeanOf(a), b_mean = MeanOf(b);
  double ab = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    ab += (a[i] - a_mean) * (b[i] - b_mean);
    aa += (a[i] - a_mean) * (a[i] - a_mean);
    bb += (b[i] - b_mean) * (b[i] - b_mean);
  }
  return ab / std::sqrt(aa * bb);
}

}  // namespace

std::optional<CoMovement> CoMovementOf(const std::vector<const v1::WindowView*>& windows,
                                       const std::string& feature, const std::string& other) {
  std::vector<double> a, b;
  for (const auto* w : windows) {
    const auto x = w->judged() ? DistanceIn(*w, feature) : std::nullopt;
    const auto y = w->judged() ? DistanceIn(*w, other) : std::nullopt;
    if (!x || !y) continue;
    a.push_back(*x);
    b.push_back(*y);
  }
  if (a.size() < kLeastWindows) return std::nullopt;
  const double r = CorrelationOf(a, b);
  if (!std::isfinite(r)) return std::nullopt;
  return CoMovement{std::clamp(r, -1.0, 1.0), a.size()};
}

}  // namespace muster::cli
