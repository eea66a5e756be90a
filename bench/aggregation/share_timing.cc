#include "bench/aggregation/share_timing.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>
#include <vector>

#include "aggregation/secagg/shamir.h"
#include "base/seeded.h"

namespace muster::bench {
namespace {
using namespace muster::aggregation::secagg;

constexpr std::size_t kThreshold = 20;
constexpr std::size_t kInputs = 16;  // Of each class.
constexpr std::size_t kMeasurements = 100'000;
constexpr int kRuns = 9;

class SeededSecureRng final : public SecureRng {
 public:
  explicit SeededSecureRng(SeededRng& source) : source_(source) {}
  void Fill(std::span<std::byte> out) override {
    for (std::byte& b : out) b = static_cast<std::byte>(source_.Next());
  }

 private:
  SeededRng& source_;
};

using Class = std::vector<std::vector<Share>>;

Class ZeroShares() {  // Those of a zero secret, so that both classes reconstruct without an error.
  Class out(kInputs);
  for (std::vector<Share>& shares : out)
    for (std::size_t k = 0; k < kThreshold; ++k) shares.emplace_back(Share::Limbs{});
  return out;
}
Class RandomShares(SeededRng& rng) {
  Class out;
  SeededSecureRng secure(rng);
  for (std::size_t i = 0; i < kInputs; ++i) {
    Bytes secret(kSharedSecretBytes);
    secure.Fill(secret);
    out.push_back(SplitSecret(Secret(std::move(secret)), kThreshold, kThreshold, secure).value());
  }
  return out;
}

struct Estimate {
  double mean;
  double variance;  // Of the mean.
};
// Of the times up to `limit`.
Estimate EstimateOf(std::vector<double> times, double limit) {
  std::erase_if(times, [limit](double t) { return t > limit; });
  const auto n = static_cast<double>(times.size());
  const double mean = std::accumulate(times.begin(), times.end(), 0.0) / n;
  double squares = 0;
  for (const double t : times) squares += (t - mean) * (t - mean);
  return {mean, squares / (n - 1) / n};
}

// Of the fastest nine tenths: interruptions hit both classes, and say nothing.
double WelchT(const std::vector<double> (&times)[2]) {
  std::vector<double> all = times[0];
  all.insert(all.end(), times[1].begin(), times[1].end());
  const auto limit = all.begin() + static_cast<std::ptrdiff_t>(all.size() * 9 / 10);
  std::nth_element(all.begin(), limit, all.end());
  const Estimate a = EstimateOf(times[0], *limit), b = EstimateOf(times[1], *limit);
  return std::abs(a.mean - b.mean) / std::sqrt(a.variance + b.variance);
}

double MeasureT(const Class (&inputs)[2], const Interpolator& interpolator, SeededRng& rng) {
  std::vector<double> times[2];
  std::vector<Share> shares = std::move(ZeroShares()[0]);  // One place for both, as caches see it.
  for (std::size_t i = 0; i < kMeasurements; ++i) {
    const std::size_t which = rng.Below(2), input = rng.Below(kInputs);
    for (std::size_t k = 0; k < kThreshold; ++k)
      shares[k] = Share(inputs[which][input][k].Reveal());
    const auto start = std::chrono::steady_clock::now();
    (void)interpolator.Reconstruct(shares);
    times[which].push_back(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return WelchT(times);
}
}  // namespace

double ReconstructTimingT() {
  SeededRng rng(1);
  const Class inputs[2] = {ZeroShares(), RandomShares(rng)};
  std::vector<std::uint32_t> holders(kThreshold);
  std::iota(holders.begin(), holders.end(), 1);
  const Interpolator interpolator = Interpolator::Make(holders).value();
  std::vector<double> runs;
  for (int r = 0; r < kRuns; ++r) runs.push_back(MeasureT(inputs, interpolator, rng));
  std::nth_element(runs.begin(), runs.begin() + kRuns / 2, runs.end());
  return runs[kRuns / 2];
}

}  // namespace muster::bench
