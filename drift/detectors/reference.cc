#include "drift/detectors/reference.h"

#include <algorithm>
#include <cmath>

#include "drift/detectors/detector.h"

namespace muster::drift {
namespace {
constexpr std::size_t kBatch = 4096;
}

Reference::Reference(std::vector<double> values) : values_(std::move(values)) {
  const double n = static_cast<double>(values_.size());
  for (const double x : values_) mean_ += x / n;
  for (const double x : values_) deviation_ += (x - mean_) * (x - mean_) / n;
  deviation_ = std::sqrt(deviation_);
  least_ = *std::min_element(values_.begin(), values_.end());
  most_ = *std::max_element(values_.begin(), values_.end());
  if (least_ == most_) deviation_ = 0;  // Not what rounding left.
}

StatusOr<Reference> Reference::Make(std::vector<double> values) {
  if (values.size() < kLeastValues || values.size() > kMostValues)
    return InvalidField("reference", "{} values are not {}..{}", values.size(), kLeastValues,
                        kMostValues);
  if (!std::all_of(values.begin(), values.end(), IsMeasurable))
    return InvalidField("reference", "a value is not finite, or beyond {}", kMostMeasurable);
  return Reference(std::move(values));
}

StatusOr<std::uint64_t> CountFalseAlarms(const DetectorSpec& spec, const Reference& reference,
                                         const Trial& trial, Rng& rng) {
  MUSTER_ASSIGN(const auto detector, MakeDetector(spec));
  const std::vector<double>& values = reference.values();
  std::vector<double> batch;
  std::vector<Alarm> alarms;
  std::uint64_t drifts = 0;
  for (std::uint64_t stream = 0; stream < trial.streams && drifts < trial.enough; ++stream) {
    detector->Reset();
    for (std::uint64_t left = trial.observations; left > 0 && drifts < trial.enough;) {
      batch.resize(std::min<std::uint64_t>(left, kBatch));
      for (double& x : batch) x = values[rng.Below(values.size())];
      alarms.clear();
      detector->Update(batch, alarms);
      if (detector->ignored() > 0)
        return InvalidField("reference", "{} does not take all of its values", NameOf(spec));
      drifts += std::count_if(alarms.begin(), alarms.end(),
                              [](const Alarm& a) { return a.change == Change::kDrift; });
      left -= batch.size();
    }
  }
  return std::min(drifts, trial.enough);
}

}  // namespace muster::drift
