#pragma once
// Drift by McDiarmid's bound on the difference of two weighted means: HDDM with the W-test.
#include <limits>

#include "drift/detectors/configs.h"
#include "drift/detectors/fields.h"
#include "drift/detectors/verdict.h"

namespace muster::drift {

// Frias-Blanco et al., "Online and non-parametric drift detection methods based on Hoeffding's
// bounds", IEEE TKDE 27(3), 2015, section 3.2 (Corollary 4 and Algorithm 2): the exponentially
// weighted mean since the cut where mean plus bound was least, against that up to it. Quicker than
// the A-test at sudden changes, slower at gradual ones.
//
//   values    in [0, 1], independent.
//   estimate  the weighted mean since the last reset.
//   reset     to nothing, after a drift.
//   cost      O(1) time and memory.
class HddmW {  // Used from one thread.
 public:
  using Config = HddmWConfig;
  explicit HddmW(const Config& config);
  Verdict Update(double x);
  void Reset() { state_ = State{}; }
  Json Save() const;
  // FIELD_INVALID, and nothing has changed, on what Save cannot have written.
  Status Restore(const Json& json);

 private:
  // An exponentially weighted mean, and the sum of its weights' squares; weight 0: of nothing.
  struct Weighted {
    double mean = 0;
    double weight = 0;
  };
  struct State {
    std::uint64_t count = 0;
    Weighted all;
    double low_cut = std::numeric_limits<double>::max();
    Weighted before_rise;
    Weighted since_rise;
    double high_cut = std::numeric_limits<double>::lowest();
    Weighted before_fall;
    Weighted since_fall;
  };
  template <typename S, typename Visitor>
  static void Fields(S& s, Visitor& visit);

  void Add(Weighted& sample, double x) const;
  bool Above(const Weighted& high, const Weighted& low, double log_over) const;
  void MoveCuts(double x);
  Change Judge() const;

  Config config_;
  double log_drift_;  // ln(1 / drift_confidence)
  double log_warning_;
  State state_;
};

}  // namespace muster::drift
