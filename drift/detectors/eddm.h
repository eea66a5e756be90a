#pragma once
// The early drift detection method: do a model's errors come closer together than they did?
#include <cmath>

#include "drift/detectors/configs.h"
#include "drift/detectors/fields.h"
#include "drift/detectors/verdict.h"

namespace muster::drift {

// Baena-Garcia et al., "Early drift detection method", IWKDDS 2006, section 3: with the mean p and
// the standard deviation s of the distances between errors, it is a drift when (p + 2 s) falls
// below `beta` of the greatest that it was. The greatest is sought after `warm_start` values, and
// judged after `warm_start` errors; a warning stays until an error says otherwise.
//
//   values    0 or 1, an error.
//   estimate  p, in values.
//   reset     to nothing, after a drift.
//   cost      O(1) time and memory.
//
// The square root is the correctly rounded one, where river raises to the power of a half.
class Eddm {  // Used from one thread.
 public:
  using Config = EddmConfig;
  explicit Eddm(const Config& config) : config_(config) {}

  Verdict Update(double x) {
    if (x != 0 && x != 1) return {Change::kIgnored, state_.count, state_.mean};
    ++state_.count;
    if (x != 0) return OnError();
    return {state_.warning ? Change::kWarning : Change::kNone, state_.count, state_.mean};
  }

  void Reset() { state_ = State{}; }
  Json Save() const;
  // FIELD_INVALID, and nothing has changed, on what Save cannot have written.
  Status Restore(const Json& json);

 private:
  struct State {
    std::uint64_t count = 0;
    std::uint64_t errors = 0;
    std::uint64_t last_error = 0;  // The number of its value; 0: none yet.
    double mean = 0;
    double squares = 0;   // Of the distances' deviations from their mean, summed.
    double greatest = 0;  // Of mean + 2 deviations; 0: not yet sought.
    bool warning = false;
  };
  template <typename S, typename Visitor>
  static void Fields(S& s, Visitor& visit) {
    visit("count", s.count);
    visit("errors", s.errors);
    visit("last_error", s.last_error);
    visit("mean", s.mean);
    visit("squares", s.squares);
    visit("greatest", s.greatest);
    visit("warning", s.warning);
  }
  Verdict OnError() {
    State& s = state_;
    Measure();
    Verdict verdict{Change::kNone, s.count, s.mean};
    if (s.count > config_.warm_start && Judge()) {
      verdict.change = Change::kDrift;
      Reset();
    } else if (s.warning) {
      verdict.change = Change::kWarning;
    }
    return verdict;
  }
  void Measure() {  // Welford's recurrence.
    State& s = state_;
    const double distance = static_cast<double>(s.count - s.last_error);
    s.last_error = s.count;
    ++s.errors;
    const double before = distance - s.mean;
    s.mean += 1.0 / static_cast<double>(s.errors) * before;
    s.squares += before * (distance - s.mean);
  }
  bool Judge() {
    State& s = state_;
    const double variance = s.errors > 1 ? s.squares / static_cast<double>(s.errors - 1) : 0;
    const double level = s.mean + 2 * std::sqrt(variance);
    if (level > s.greatest) {
      s.greatest = level;
      return false;
    }
    const double share = s.errors > config_.warm_start ? level / s.greatest : 1;
    s.warning = share >= config_.beta && share < config_.alpha;
    return share < config_.beta;
  }

  Config config_;
  State state_;
};

}  // namespace muster::drift
