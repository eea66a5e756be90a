#pragma once
// What a detector says of each value of a stream. Pure values.
#include <cstdint>

namespace muster::drift {

enum class Change : std::uint8_t {
  kNone,
  kWarning,  // Something may be changing: collect, do not act.
  kDrift,    // The detector has forgotten what it knew and starts anew with the next value.
  kIgnored,  // Not a value that this detector takes: counted, and nothing else has changed.
};

struct Verdict {
  Change change = Change::kNone;
  // Values behind `estimate`, this one among them; 0: none yet. At a drift, those before the reset.
  std::uint64_t width = 0;
  // The present as the detector sees it, in units of the values: see each detector. Always finite.
  double estimate = 0;
  friend bool operator==(const Verdict&, const Verdict&) = default;
};

// A warning or drift within a batch of values, by the index of its value in the batch.
struct Alarm {
  std::uint64_t index = 0;
  Change change = Change::kNone;
  friend bool operator==(const Alarm&, const Alarm&) = default;
};

// Larger values are ignored as NaN is: squares of these, summed 2^53 times, are still finite.
inline constexpr double kMostMeasurable = 1e100;

// NaN falls out of both.
constexpr bool IsMeasurable(double x) { return x >= -kMostMeasurable && x <= kMostMeasurable; }
constexpr bool IsFraction(double x) { return x >= 0 && x <= 1; }

}  // namespace muster::drift
