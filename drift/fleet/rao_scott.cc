#include "drift/fleet/rao_scott.h"

#include <Eigen/Core>
#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <string_view>

#include "drift/distances/binned.h"
#include "drift/distances/quadratic_form.h"
#include "drift/distances/tails.h"
#include "drift/distances/two_sample.h"
#include "drift/fleet/holm.h"

namespace muster::drift {
namespace {
// Below it a bin's weight would grow without bound, and with it what a single value says.
constexpr double kLeastWeight = 1e-6;
// Variances of proportions below this are what rounding leaves of none.
constexpr double kRounding = 1e-24;

// One row a judged shard.
struct Table {
  Eigen::Index shards() const { return static_cast<Eigen::Index>(rows.size()); }
  std::vector<const std::uint64_t*> rows;
  std::vector<std::uint64_t> totals;  // Of each bin.
  std::uint32_t left_out = 0;
};

StatusOr<Table> TableOf(std::string_view what, const Replicates& in, const ShardRule& rule) {
  if (in.bins == 0 || in.bins > kMostCells || in.counts.size() / in.bins != in.devices.size() ||
      in.counts.size() % in.bins != 0)
    return RefuseOtherBins(what);
  Table out{.rows = {}, .totals = std::vector<std::uint64_t>(in.bins, 0)};
  for (std::size_t g = 0; g < in.devices.size(); ++g) {
    if (in.devices[g] < rule.least_devices) {
      ++out.left_out;
      continue;
    }
    const auto row = std::span(in.counts).subspan(g * in.bins, in.bins);
    MUSTER_ASSIGN(const std::uint64_t total, TotalOf(row));
    if (total > rule.cap * in.devices[g]) return RefuseBeyond("values of a shard");
    for (std::size_t i = 0; i < in.bins; ++i) {
      if (row[i] > kMostCount - out.totals[i]) return RefuseBeyond(what);
      out.totals[i] += row[i];
    }
    out.rows.push_back(row.data());
  }
  if (out.rows.size() < rule.least_shards)
    return WithReason(FailedPrecondition("{}: {} shards of {} devices, the test needs {}", what,
                                         out.rows.size(), rule.least_devices, rule.least_shards),
                      Reason::kTOO_FEW_DEVICES);
  return out;
}

// The covariance of the proportions between shards, each divided by the root of its weight: g / (g
// - 1) sum e e', with e = (row - |row| p) / n (Cochran, "Sampling Techniques", 1977, (6.13)). Its
// lower triangle.
Eigen::MatrixXd WeightedCovariance(const Table& table, std::span<const double> p, double n,
                                   std::span<const std::size_t> bins,
                                   const Eigen::VectorXd& root_weights) {
  const auto used = static_cast<Eigen::Index>(bins.size());
  Eigen::MatrixXd e(used, table.shards());
  for (Eigen::Index g = 0; g < table.shards(); ++g) {
    const std::uint64_t* row = table.rows[static_cast<std::size_t>(g)];
    double total = 0;
    for (const std::size_t bin : bins) total += static_cast<double>(row[bin]);
    for (Eigen::Index i = 0; i < used; ++i) {
      const auto k = static_cast<std::size_t>(i);
      e(i, g) = (static_cast<double>(row[bins[k]]) - total * p[k]) / n / root_weights(i);
    }
  }
  const auto shards = static_cast<double>(table.shards());
  Eigen::MatrixXd out = Eigen::MatrixXd::Zero(used, used);
  out.selfadjointView<Eigen::Lower>().rankUpdate(e, shards / (shards - 1));
  return out;
}

// Degrees of freedom of a sum of two variances (Welch, Biometrika 34, 1947).
double WelchDegrees(double a, double a_degrees, double b, double b_degrees) {
  const double sum = a + b;
  const double known = a * a / a_degrees + b * b / b_degrees;
  return known > 0 ? sum * sum / known : a_degrees + b_degrees;
}

struct Spread {
  Eigen::MatrixXd now, reference;  // As WeightedCovariance.
  double now_degrees, reference_degrees;
};

// Those above rounding.
std::vector<double> Eigenvalues(const Eigen::MatrixXd& lower) {
  const Eigen::VectorXd all =
      Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(lower, Eigen::EigenvaluesOnly).eigenvalues();
  const double most = all.maxCoeff();
  std::vector<double> out;
  for (const double value : all)
    if (value > 1e-12 * most) out.push_back(value);
  return out;
}

// p-value of `apart` squared over a variance; without any variance all that is apart is so for
// sure.
template <typename Tail>
double Judge(double apart_squared, double variance, const Tail& tail) {
  if (variance <= kRounding) return apart_squared <= kRounding ? 1 : 0;
  return tail(apart_squared / variance);
}

std::vector<MovedBin> MovedBins(const BinnedPair& pair, const Spread& spread,
                                const Eigen::VectorXd& root_weights, double level) {
  std::vector<double> p(pair.used());
  for (std::size_t k = 0; k < p.size(); ++k) {
    const auto i = static_cast<Eigen::Index>(k);
    const double apart = (pair.p()[k] - pair.q()[k]) / root_weights(i);
    const double a = spread.now(i, i), b = spread.reference(i, i);
    p[k] = Judge(apart * apart, a + b, [&](double t_squared) {
      return StudentTwoSidedTail(std::sqrt(t_squared),
                                 WelchDegrees(a, spread.now_degrees, b, spread.reference_degrees));
    });
  }
  p = HolmAdjusted(p);
  std::vector<MovedBin> out;
  for (std::size_t k = 0; k < p.size(); ++k)
    if (p[k] < level) out.push_back({pair.bins()[k], pair.p()[k] - pair.q()[k], p[k]});
  return out;
}
}  // namespace

Status CheckRule(const ShardRule& rule) {
  if (rule.least_devices < 2 || rule.least_devices > kMostLeastDevices)
    return InvalidField("least_devices", "{} is not in 2..{}", rule.least_devices,
                        kMostLeastDevices);
  if (rule.least_shards < kLeastShards || rule.least_shards > kMostRoster)
    return InvalidField("least_shards", "{} is not in {}..{}", rule.least_shards, kLeastShards,
                        kMostRoster);
  if (rule.cap == 0 || rule.cap > kMostCap)
    return InvalidField("cap", "{} is not in 1..{}", rule.cap, kMostCap);
  if (!(rule.level >= 1e-9 && rule.level <= 0.5))
    return InvalidField("level", "{} is not in [1e-9, 0.5]", rule.level);
  return Ok();
}

StatusOr<ShardVerdict> JudgeShards(const Replicates& now, const Replicates& reference,
                                   const ShardRule& rule) {
  MUSTER_TRY(CheckRule(rule));
  if (now.bins != reference.bins) return RefuseOtherBins("reference");
  MUSTER_ASSIGN(const Table a, TableOf("now", now, rule));
  MUSTER_ASSIGN(const Table b, TableOf("reference", reference, rule));
  MUSTER_ASSIGN(const BinnedPair pair, BinnedPair::Of(a.totals, b.totals));
  MUSTER_TRY(CheckForTest(pair));

  const double n = pair.n(), m = pair.m();
  Eigen::VectorXd root_weights(static_cast<Eigen::Index>(pair.used()));
  ShardVerdict out;
  for (std::size_t k = 0; k < pair.used(); ++k) {
    const double p = pair.p()[k], q = pair.q()[k];
    const double weight = std::max((n * p + m * q) / (n + m), kLeastWeight);
    root_weights(static_cast<Eigen::Index>(k)) = std::sqrt(weight);
    out.distance += (p - q) * (p - q) / weight;
  }
  const Spread spread{WeightedCovariance(a, pair.p(), n, pair.bins(), root_weights),
                      WeightedCovariance(b, pair.q(), m, pair.bins(), root_weights),
                      static_cast<double>(a.shards() - 1), static_cast<double>(b.shards() - 1)};
  const Eigen::MatrixXd v = spread.now + spread.reference;
  const double mean = v.trace();
  // The lower triangle is all there is: what is off the diagonal counts twice.
  const double squares = 2 * v.squaredNorm() - v.diagonal().squaredNorm();
  const double used = static_cast<double>(pair.used());
  out.degrees = squares > 0 ? std::clamp(mean * mean / squares, 1.0, used - 1) : used - 1;
  out.shard_degrees = WelchDegrees(spread.now.trace(), spread.now_degrees, spread.reference.trace(),
                                   spread.reference_degrees);
  out.p = Judge(out.distance, mean,
                [&](double f) { return QuadraticRatioTail(f, Eigenvalues(v), out.shard_degrees); });
  out.drifted = out.p < rule.level;
  out.psi = Psi(pair);
  out.design_effect = mean / ((1 / n + 1 / m) * (used - 1));
  out.device_sway = std::min(static_cast<double>(rule.cap) / n, 1.0);
  out.shards = static_cast<std::uint32_t>(a.rows.size());
  out.left_out = a.left_out + b.left_out;
  out.moved = MovedBins(pair, spread, root_weights, rule.level);
  return out;
}

}  // namespace muster::drift
