#pragma once
// A change detector of any kind, made from its declaration: fed value by value or in batches,
// stored and restored. Reads no clock, logs nothing and keeps no value longer than its method does.
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "drift/detectors/configs.h"
#include "drift/detectors/sampler.h"
#include "drift/detectors/verdict.h"

namespace muster::drift {

// No state is longer: KSWIN's largest window takes a quarter of it.
inline constexpr std::size_t kMostStateBytes = std::size_t{1} << 20;

class Detector {
 public:
  virtual ~Detector() = default;
  virtual DetectorSpec spec() const = 0;

  // The verdict on the next value of the stream.
  virtual Verdict Update(double value) = 0;
  // The same for many, at a fraction of the cost: appends the warnings and drifts among them.
  virtual void Update(std::span<const double> values, std::vector<Alarm>& alarms) = 0;
  // Values that were no values, since the detector was made; a reset keeps the number.
  virtual std::uint64_t ignored() const = 0;
  // Forgets the stream, as after a drift.
  virtual void Reset() = 0;

  // Canonical JSON of all that later verdicts depend on, the configuration among it.
  virtual std::string Save() const = 0;
  // Goes on from there. FIELD_INVALID, and nothing has changed, when the text is no state of a
  // detector with this very configuration.
  virtual Status Restore(std::string_view text) = 0;
};  // Used from one thread.

// FIELD_INVALID as Validate says. KSWIN draws from its `seed`.
StatusOr<std::unique_ptr<Detector>> MakeDetector(const DetectorSpec& spec);
// The same with draws of one's own, which outlive the detector.
StatusOr<std::unique_ptr<Detector>> MakeDetector(const DetectorSpec& spec, Sampler& sampler);

}  // namespace muster::drift
