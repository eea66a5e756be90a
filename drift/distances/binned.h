#pragma once
// Distances between two histograms of the same bins. A pair is judged once, where it is made; past
// that no distance fails or is NaN. Pure.
#include <cstdint>
#include <span>
#include <vector>

#include "base/status.h"
#include "drift/sketches/categories.h"
#include "drift/sketches/histogram.h"

namespace muster::drift {

inline constexpr std::size_t kMostCells = 4096;

// Two histograms as proportions over the bins that either of them has values in, in their order.
class BinnedPair {
 public:
  // CONTRACT_MISMATCH on different numbers of bins, or none, or more than kMostCells; DATA_EMPTY
  // when either has no values; DATA_OUT_OF_RANGE beyond kMostCount.
  static StatusOr<BinnedPair> Of(std::span<const std::uint64_t> now,
                                 std::span<const std::uint64_t> reference);
  // Their values, without nulls; CONTRACT_MISMATCH when the bins or categories differ.
  static StatusOr<BinnedPair> Of(const Histogram& now, const Histogram& reference);
  static StatusOr<BinnedPair> Of(const CategoryCounts& now, const CategoryCounts& reference);

  std::span<const double> p() const { return p_; }  // Now.
  std::span<const double> q() const { return q_; }  // The reference.
  std::size_t used() const { return p_.size(); }
  // Where each of them was among the bins that were given.
  std::span<const std::size_t> bins() const { return bins_; }
  double n() const { return n_; }  // Values now.
  double m() const { return m_; }  // Values of the reference.

 private:
  BinnedPair() = default;
  std::vector<double> p_, q_;
  std::vector<std::size_t> bins_;
  double n_ = 0;
  double m_ = 0;
};

// With zeroes smoothed as Evidently does, since a logarithm has none: a bin that one of the two has
// no values in counts as 1e-4 of it or, where its smallest proportion above 0 is at most 1e-4, as a
// millionth of that. Nothing is scaled back to a sum of 1. Bins that both are empty in are left
// out.
//
// Population stability index: sum (p - q) ln(p / q). >= 0.
double Psi(const BinnedPair& pair);
// Kullback-Leibler divergence sum p ln(p / q), in nats; a smoothed q can make the sum less than 0,
// which counts as 0.
double KlDivergence(const BinnedPair& pair);

// These need no smoothing.
//
// Jensen-Shannon distance: the square root of the divergence to base 2. In [0, 1].
double JensenShannonDistance(const BinnedPair& pair);
// Hellinger distance sqrt(1/2 sum (sqrt p - sqrt q)^2). In [0, 1].
double HellingerDistance(const BinnedPair& pair);
// The largest change of a proportion, max |p - q|. In [0, 1].
double LInfinityDistance(const BinnedPair& pair);

// What bins tell of sup |F - G| of the values in them: at least the largest difference at an edge,
// and at most that with the mass of a bin; `high` takes for each bin the farthest that F and G can
// part inside it, which is never more than low + the largest mass of a bin in either.
struct KsBounds {
  double low = 0;   // "Binned KS".
  double high = 0;  // At most 1.
};
KsBounds BinnedKs(const BinnedPair& pair);

// The 1-Wasserstein distance when each cell's values stand at its position: sum |F - G| (distance
// to the next position). `positions` has one for each bin that Of was given, finite and ascending
// (Bins::Positions), else FIELD_INVALID. Off from the values' own by at most the widest bin, when
// no value is outside the range.
StatusOr<double> Wasserstein1(const BinnedPair& pair, std::span<const double> positions);

}  // namespace muster::drift
