#pragma once
// The drift detection method: has a model's error rate left the best it has been?
#include <cmath>

#include "drift/detectors/configs.h"
#include "drift/detectors/fields.h"
#include "drift/detectors/verdict.h"

namespace muster::drift {

// Gama, Medas, Castillo and Rodrigues, "Learning with drift detection", SBIA 2004, section 3: with
// the error rate p of the i values so far and s = sqrt(p (1 - p) / i), and p_min, s_min those where
// p + s was least, it is a drift when p + s > p_min + drift_threshold s_min.
//
//   values    in [0, 1]: 1 an error, 0 none.
//   estimate  p.
//   reset     to nothing, after a drift.
//   cost      O(1) time and memory.
class Ddm {  // Used from one thread.
 public:
  using Config = DdmConfig;
  explicit Ddm(const Config& config) : config_(config) {}

  Verdict Update(double x) {
    if (!IsFraction(x)) return {Change::kIgnored, state_.count, state_.rate};
    State& s = state_;
    ++s.count;
    const double n = static_cast<double>(s.count);
    s.rate += 1.0 / n * (x - s.rate);
    Verdict verdict{Change::kNone, s.count, s.rate};
    if (s.count <= config_.warm_start) return verdict;
    const double deviation = std::sqrt(s.rate * (1 - s.rate) / n);
    const double level = s.rate + deviation;
    if (level <= s.least_level) {
      s.least_rate = s.rate;
      s.least_deviation = deviation;
      s.least_level = level;
    }
    if (level > s.least_rate + config_.drift_threshold * s.least_deviation) {
      verdict.change = Change::kDrift;
      Reset();
    } else if (level > s.least_rate + config_.warning_threshold * s.least_deviation) {
      verdict.change = Change::kWarning;
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
    double rate = 0;
    double least_rate = 0;
    double least_deviation = 0;
    double least_level = 2;  // Above any.
  };
  template <typename S, typename Visitor>
  static void Fields(S& s, Visitor& visit) {
    visit("count", s.count);
    visit("rate", s.rate);
    visit("least_rate", s.least_rate);
    visit("least_deviation", s.least_deviation);
    visit("least_level", s.least_level);
  }

  Config config_;
  State state_;
};

}  // namespace muster::drift
