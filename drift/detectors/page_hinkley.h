#pragma once
// The Page-Hinkley test for a change of the mean: a CUSUM against the running mean, which forgets.
#include <algorithm>
#include <limits>

#include "drift/detectors/configs.h"
#include "drift/detectors/fields.h"
#include "drift/detectors/verdict.h"

namespace muster::drift {

// Page, "Continuous inspection schemes", Biometrika 41 (1954), section 4, for rises and falls. With
// m the mean of the values so far, this one among them:
//
//   S+ <- alpha S+ + (x - m - delta), alarm when S+ - min S+ > threshold;   S- the other way round.
//
//   values    any finite number of at most kMostMeasurable.
//   estimate  m.
//   reset     to nothing, after a drift. There are no warnings.
//   cost      O(1) time and memory.
class PageHinkley {  // Used from one thread.
 public:
  using Config = PageHinkleyConfig;
  explicit PageHinkley(const Config& config) : config_(config) {}

  Verdict Update(double x) {
    if (!IsMeasurable(x)) return {Change::kIgnored, state_.count, state_.mean};
    State& s = state_;
    ++s.count;
    // The reciprocal is off the chain that runs from value to value, and rounds as river's does.
    s.mean += 1.0 / static_cast<double>(s.count) * (x - s.mean);
    const double deviation = x - s.mean;
    s.rise = config_.alpha * s.rise + deviation - config_.delta;
    s.fall = config_.alpha * s.fall + deviation + config_.delta;
    s.least_rise = std::min(s.least_rise, s.rise);
    s.most_fall = std::max(s.most_fall, s.fall);
    Verdict verdict{Change::kNone, s.count, s.mean};
    if (s.count >= config_.min_instances && Exceeds()) {
      verdict.change = Change::kDrift;
      Reset();
    }
    return verdict;
  }

  void Reset() { state_ = State{}; }
  Json Save() const;
  // FIELD_INVALID, and nothing has changed, on what Save cannot have written.
  Status Restore(const Json& json);

 private:
  struct State {
    std::uint64_t count = 0;
    double mean = 0;
    double rise = 0;  // S+
    double fall = 0;  // S-
    double least_rise = std::numeric_limits<double>::max();
    double most_fall = std::numeric_limits<double>::lowest();
  };
  template <typename S, typename Visitor>
  static void Fields(S& s, Visitor& visit) {
    visit("count", s.count);
    visit("mean", s.mean);
    visit("rise", s.rise);
    visit("fall", s.fall);
    visit("least_rise", s.least_rise);
    visit("most_fall", s.most_fall);
  }
  bool Exceeds() const {
    const bool up = state_.rise - state_.least_rise > config_.threshold;
    const bool down = state_.most_fall - state_.fall > config_.threshold;
    return (up && config_.mode != Side::kDown) || (down && config_.mode != Side::kUp);
  }

  Config config_;
  State state_;
};

}  // namespace muster::drift
