#pragma once
// Values of a stream in which nothing changed, and false alarms counted on more like them.
#include <cstdint>
#include <vector>

#include "base/rng.h"
#include "base/status.h"
#include "drift/detectors/configs.h"

namespace muster::drift {

// Drawn from with replacement: values are taken for independent, and for all there is.
class Reference {
 public:
  static constexpr std::size_t kLeastValues = 30;
  static constexpr std::size_t kMostValues = 1'000'000;
  // FIELD_INVALID at "reference" when there are too few or too many, or one is no measurable value.
  static StatusOr<Reference> Make(std::vector<double> values);

  const std::vector<double>& values() const { return values_; }
  double mean() const { return mean_; }
  double deviation() const { return deviation_; }  // 0: nothing but one value.
  double least() const { return least_; }
  double most() const { return most_; }

 private:
  explicit Reference(std::vector<double> values);
  std::vector<double> values_;
  double mean_ = 0;
  double deviation_ = 0;
  double least_ = 0;
  double most_ = 0;
};

// How a stream is simulated: several, each from the first value of a new detector.
struct Trial {
  std::uint64_t streams = 0;
  std::uint64_t observations = 0;  // Of each stream.
  std::uint64_t enough = 0;        // Counting stops at so many.
};

// Drifts that detectors of this kind announce where there are none, in all streams. FIELD_INVALID
// when the spec is, or does not take all values of the reference.
//   cost  about 15 ns a value and what the detector costs.
StatusOr<std::uint64_t> CountFalseAlarms(const DetectorSpec& spec, const Reference& reference,
                                         const Trial& trial, Rng& rng);

}  // namespace muster::drift
