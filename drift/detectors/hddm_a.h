#pragma once
// Drift by Hoeffding's bound on the difference of two means: HDDM with the A-test.
#include <cstdint>

#include "drift/detectors/configs.h"
#include "drift/detectors/fields.h"
#include "drift/detectors/verdict.h"

namespace muster::drift {

// Frias-Blanco et al., "Online and non-parametric drift detection methods based on Hoeffding's
// bounds", IEEE TKDE 27(3), 2015, section 3.1 (Corollary 2 and Algorithm 1): the mean of all values
// against that up to the cut where mean plus bound was least; with two sides, minus and greatest.
//
//   values    in [0, 1], independent.
//   estimate  the mean of all values since the last reset.
//   reset     to nothing, after a drift.
//   cost      O(1) time and memory.
class HddmA {  // Used from one thread.
 public:
  using Config = HddmAConfig;
  explicit HddmA(const Config& config);
  Verdict Update(double x);
  void Reset() { state_ = State{}; }
  Json Save() const;
  // FIELD_INVALID, and nothing has changed, on what Save cannot have written.
  Status Restore(const Json& json);

 private:
  struct State {
    std::uint64_t count = 0;
    double mean = 0;
    std::uint64_t low_count = 0;  // The cut before a rise.
    double low_mean = 0;
    std::uint64_t high_count = 0;  // The cut before a fall.
    double high_mean = 0;
  };
  template <typename S, typename Visitor>
  static void Fields(S& s, Visitor& visit) {
    visit("count", s.count);
    visit("mean", s.mean);
    visit("low_count", s.low_count);
    visit("low_mean", s.low_mean);
    visit("high_count", s.high_count);
    visit("high_mean", s.high_mean);
  }
  double Bound(std::uint64_t count) const;
  void MoveCuts();
  // Whether the mean differs by `difference` from that of the first `cut` values more than chance
  // allows; `log_two_over` is ln(2 / confidence).
  bool Differs(double difference, std::uint64_t cut, double log_two_over) const;
  Change Judge() const;

  Config config_;
  double log_bound_;  // ln(1 / drift_confidence)
  double log_drift_;  // ln(2 / drift_confidence)
  double log_warning_;
  State state_;
};

}  // namespace muster::drift
