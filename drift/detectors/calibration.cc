#include "drift/detectors/calibration.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "drift/detectors/kolmogorov.h"
#include "drift/detectors/run_length.h"
#include "drift/detectors/verdict.h"

namespace muster::drift {
namespace {
constexpr std::uint64_t kStreams = 100;    // Simulated, of the wished length each.
constexpr std::uint64_t kMostAlarms = 70;  // In all: alarms of one stream come in clusters.
constexpr int kHalvings = 12;              // Of the ratio between two thresholds.
constexpr double kMostUnionChance = 0.5;
// Runs measured were between 0.81 and 1.13 of what the theory of CUSUM says: values that are not
// normal overshoot otherwise.
constexpr double kTheoryMargin = 1.5;

// One wish, for all the ways to fulfil it.
struct Wish {
  double run_length;
  const Reference& reference;
  Rng& rng;
};

using Tuned = std::function<DetectorSpec(double)>;

double UnionChance(const Wish& wish) { return 1 / (2 * wish.run_length); }

StatusOr<bool> KeepsPromise(const DetectorSpec& spec, const Wish& wish) {
  const Trial trial{kStreams, static_cast<std::uint64_t>(wish.run_length), kMostAlarms + 1};
  MUSTER_ASSIGN(const std::uint64_t alarms,
                CountFalseAlarms(spec, wish.reference, trial, wish.rng));
  return alarms <= kMostAlarms;
}

// The setting nearest to `loose`, between it and `strict`, that keeps the promise.
StatusOr<Calibration> Simulate(const Wish& wish, const Tuned& tuned, double loose, double strict,
                               std::string_view field) {
  if (wish.run_length > kMostSimulatedRunLength)
    return InvalidField("run_length", "{} is beyond {}, what is simulated", wish.run_length,
                        kMostSimulatedRunLength);
  MUSTER_ASSIGN(const bool feasible, KeepsPromise(tuned(strict), wish));
  if (!feasible)
    return InvalidField(field, "even {} alarms more often than once in {} observations", strict,
                        wish.run_length);
  for (int i = 0; i < kHalvings; ++i) {
    const double middle = std::sqrt(loose * strict);
    MUSTER_ASSIGN(const bool keeps, KeepsPromise(tuned(middle), wish));
    (keeps ? strict : loose) = middle;
  }
  return Calibration{tuned(strict), Basis::kSimulation};
}

bool LiesInUnitInterval(const Reference& reference) {
  return IsFraction(reference.least()) && IsFraction(reference.most());
}

StatusOr<Calibration> Calibrate(AdwinConfig c, const Wish& wish) {
  if (LiesInUnitInterval(wish.reference)) {
    c.delta = std::min(kMostUnionChance, c.clock * UnionChance(wish));
    return Calibration{c, Basis::kTheory};
  }
  const auto tuned = [&c](double delta) {
    AdwinConfig out = c;
    out.delta = delta;
    return out;
  };
  return Simulate(wish, tuned, kMostUnionChance, 1e-200, "delta");
}

StatusOr<Calibration> Calibrate(const DdmConfig& c, const Wish& wish) {
  const auto tuned = [&c](double threshold) {
    DdmConfig out = c;
    out.drift_threshold = threshold;
    out.warning_threshold = std::min(c.warning_threshold, threshold);
    return out;
  };
  return Simulate(wish, tuned, 0.1, 1000, "drift_threshold");
}

StatusOr<Calibration> Calibrate(const EddmConfig& c, const Wish& wish) {
  const auto tuned = [&c](double beta) {
    EddmConfig out = c;
    out.beta = beta;
    return out;
  };
  return Simulate(wish, tuned, c.alpha, 1e-6, "beta");
}

// The cut is where the values so far make it, so that one bound a value is not enough: a union over
// every pair of a cut and a later value, of 2 N values, that comes to 1/2. `share` is what the
// bound's sum of squared weights is of the true one, at the least.
template <typename Hddm>
StatusOr<Calibration> CalibrateHddm(const Hddm& c, const Wish& wish, double share) {
  if (!LiesInUnitInterval(wish.reference))
    return InvalidField("reference", "{} does not take all of its values", c.kName);
  const auto tuned = [&c](double confidence) {
    Hddm out = c;
    const double ratio = c.warning_confidence / c.drift_confidence;
    out.drift_confidence = confidence;
    out.warning_confidence = std::clamp(ratio * confidence, confidence, kMostUnionChance);
    return out;
  };
  const double sides = c.two_sided_test ? 2 : 1;
  const double strict = std::pow(UnionChance(wish) * UnionChance(wish) / sides, 1 / share);
  if (wish.run_length > kMostSimulatedRunLength) return Calibration{tuned(strict), Basis::kTheory};
  return Simulate(wish, tuned, kMostUnionChance, strict, "drift_confidence");
}
StatusOr<Calibration> Calibrate(const HddmAConfig& c, const Wish& wish) {
  return CalibrateHddm(c, wish, 1);
}
StatusOr<Calibration> Calibrate(const HddmWConfig& c, const Wish& wish) {
  // The first value weighs 1, where the sum of squares starts discounted.
  const double older = 1 - c.lambda_val;
  return CalibrateHddm(c, wish, c.lambda_val * c.lambda_val + older * older);
}

StatusOr<Calibration> Calibrate(KswinConfig c, const Wish& wish) {
  c.alpha = UnionChance(wish);
  if (KolmogorovSteps(c.stat_size, c.alpha) > c.stat_size)
    return InvalidField("stat_size", "no two samples of {} differ at level {}", c.stat_size,
                        c.alpha);
  return Calibration{c, Basis::kTheory};
}

// Both of Page-Hinkley's sums of the reference, as far as the mode looks at them.
class PageHinkleyTheory {
 public:
  PageHinkleyTheory(const PageHinkleyConfig& config, const Reference& reference)
      : mode_(config.mode), up_{config.delta, reference.deviation(), 0}, down_(up_) {
    std::vector<double> mirrored = reference.values();
    for (double& x : mirrored) x = -x;
    up_.coefficient = AdjustmentCoefficient(reference.values(), config.delta);
    down_.coefficient = AdjustmentCoefficient(mirrored, config.delta);
  }
  double RunLength(double threshold) const {
    const double up = CusumRunLength(up_, threshold);
    const double down = CusumRunLength(down_, threshold);
    if (mode_ == Side::kUp) return up;
    return mode_ == Side::kDown ? down : TwoSidedRunLength(up, down);
  }
  // The least threshold with such a run.
  double Threshold(double run_length) const {
    double low = 0;
    double high = up_.deviation;
    while (!(RunLength(high) >= run_length)) high *= 2;
    for (int i = 0; i < 60; ++i) {
      const double middle = (low + high) / 2;
      (RunLength(middle) >= run_length ? high : low) = middle;
    }
    return high;
  }

 private:
  Side mode_;
  CusumSide up_;
  CusumSide down_;
};

// A threshold that sums which forget do not exceed in 2 N values but with chance 1/2: they stay
// within half of it of where they are expected, by Hoeffding's inequality on each and a union
// bound.
double ForgettingThreshold(const PageHinkleyConfig& c, const Wish& wish) {
  const double range = wish.reference.most() - wish.reference.least();
  const double spread = range / 2 / std::sqrt(1 - c.alpha * c.alpha);
  return 2 * spread * std::sqrt(2 * std::log(8 * wish.run_length));
}

StatusOr<Calibration> Calibrate(const PageHinkleyConfig& c, const Wish& wish) {
  // Nothing ever deviates: any threshold keeps the promise.
  if (wish.reference.deviation() == 0) return Calibration{c, Basis::kTheory};
  const auto tuned = [&c](double threshold) {
    PageHinkleyConfig out = c;
    out.threshold = threshold;
    return out;
  };
  if (c.alpha == 1)
    return Calibration{
        tuned(PageHinkleyTheory(c, wish.reference).Threshold(kTheoryMargin * wish.run_length)),
        Basis::kTheory};
  const double enough = ForgettingThreshold(c, wish);
  if (wish.run_length > kMostSimulatedRunLength) return Calibration{tuned(enough), Basis::kTheory};
  return Simulate(wish, tuned, enough / 1e4, enough, "threshold");
}
}  // namespace

StatusOr<Calibration> CalibrateForFalseAlarms(const DetectorSpec& spec, std::uint64_t run_length,
                                              const Reference& reference, Rng& rng) {
  MUSTER_TRY(Validate(spec));
  if (run_length < kLeastRunLength || run_length > kMostRunLength)
    return InvalidField("run_length", "{} is not in {}..{}", run_length, kLeastRunLength,
                        kMostRunLength);
  const Wish wish{static_cast<double>(run_length), reference, rng};
  MUSTER_ASSIGN(const Calibration calibrated,
                std::visit([&wish](const auto& config) { return Calibrate(config, wish); }, spec));
  MUSTER_TRY(Validate(calibrated.spec));
  return calibrated;
}

}  // namespace muster::drift
