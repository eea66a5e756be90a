#pragma once
// Adaptive windowing: keeps as many of the newest values as have one mean.
#include <cstdint>
#include <vector>

#include "drift/detectors/configs.h"
#include "drift/detectors/fields.h"
#include "drift/detectors/verdict.h"

namespace muster::drift {

// Bifet and Gavalda, "Learning from time-changing data with adaptive windowing", SDM 2007: ADWIN2
// (section 4), an exponential histogram of the window that is cut where two parts' means differ by
// more than the bound of section 3.2 with the variance of the whole window, and
// delta' = delta / (2 ln width). Each part counts as min_window_length - 1 fewer in the bound.
//
//   values    any finite number of at most kMostMeasurable; the bound is meant for a range of 1,
//             and beyond 2^40 the rounding of sums can pass for a change.
//   estimate  the mean of the window. Width: of the window; at a drift, after the cuts.
//   reset     to nothing, after a drift, as river does; the paper would go on with the rest.
//   cost      O(log n) memory; O(1) time, and O(log n) at each `clock` values.
class Adwin {  // Used from one thread.
 public:
  using Config = AdwinConfig;
  explicit Adwin(const Config& config);
  Verdict Update(double x);
  void Reset();
  Json Save() const;
  // FIELD_INVALID, and nothing has changed, on what Save cannot have written.
  Status Restore(const Json& json);

  // Of the window: the sum of its values, and of their squared deviations from its mean.
  double total() const { return state_.total; }
  double squares() const { return state_.squares; }

 private:
  // Values side by side, 2^i of them in row i.
  struct Bucket {
    double total = 0;
    double squares = 0;  // Deviations from the bucket's mean.
  };
  struct State {
    std::uint64_t since_check = 0;
    std::uint64_t width = 0;
    double total = 0;
    double squares = 0;
    std::vector<std::vector<Bucket>> rows;  // Each the oldest first, and the last row the oldest.
  };
  template <typename S, typename Visitor>
  static void Fields(S& s, Visitor& visit) {
    visit("since_check", s.since_check);
    visit("width", s.width);
    visit("total", s.total);
    visit("squares", s.squares);
  }

  void Insert(double x);
  void MergeFullRows();
  bool CutWhileMeansDiffer();
  bool MeansDiffer() const;
  void DropOldest();
  Status ReadRows(const Json& json, State& next) const;

  Config config_;
  State state_;
};

}  // namespace muster::drift
