#pragma once
// Histograms over bins that a contract fixes, never the data: so they merge exactly, over rows,
// devices and secure sums, in any order. Pure.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "drift/sketches/refusal.h"

namespace muster::drift {

inline constexpr std::uint32_t kMostBins = 1024;
inline constexpr std::size_t kMostHistogramBytes = std::size_t{64} << 10;

// The cells of a histogram, in this order: below the range, each bin, above it, and null.
class Bins {
 public:
  // `count` bins of equal width over [lo, hi]. FIELD_INVALID as At.
  static StatusOr<Bins> Even(double lo, double hi, std::uint32_t count);
  // Bins between strictly ascending edges, 1 to kMostBins of them. FIELD_INVALID on other edges,
  // and beyond kMostMagnitude.
  static StatusOr<Bins> At(std::vector<double> edges);

  std::size_t count() const { return edges_.size() - 1; }
  std::size_t cells() const { return count() + 3; }
  std::size_t null_cell() const { return count() + 2; }
  std::span<const double> edges() const { return edges_; }
  // Bin i holds [edge i, edge i + 1), the last one its upper edge too. NaN is null; an infinity is
  // below or above. O(log count).
  std::size_t CellOf(double value) const;
  // Where each cell but null stands on the axis: bins at their middle, what is outside the range at
  // its nearer end. Ascending; count() + 2 numbers in the values' unit.
  std::vector<double> Positions() const;

  friend bool operator==(const Bins&, const Bins&) = default;

 private:
  explicit Bins(std::vector<double> edges) : edges_(std::move(edges)) {}
  std::vector<double> edges_;
};

class Histogram {
 public:
  explicit Histogram(Bins bins) : bins_(std::move(bins)), counts_(bins_.cells(), 0) {}
  // With counts from elsewhere, as a secure sum opens them. CONTRACT_MISMATCH unless there is one
  // for each cell; DATA_OUT_OF_RANGE beyond kMostCount in all.
  static StatusOr<Histogram> Of(Bins bins, std::vector<std::uint64_t> counts);

  // Counts every value, NaN as null. DATA_OUT_OF_RANGE beyond kMostCount rows, and then none.
  Status Add(std::span<const double> values);
  // CONTRACT_MISMATCH when the other's bins are not these; DATA_OUT_OF_RANGE beyond kMostCount.
  // Nothing is changed then.
  Status Merge(const Histogram& more);

  const Bins& bins() const { return bins_; }
  std::span<const std::uint64_t> cells() const { return counts_; }
  // All cells but null.
  std::span<const std::uint64_t> values() const { return cells().first(bins_.null_cell()); }
  std::uint64_t nulls() const { return counts_.back(); }
  std::uint64_t rows() const { return rows_; }  // The sum of all cells.

  // Canonical JSON {"counts": [below, ..., above, null], "edges": ["0", "0.5", ...]}.
  std::string Encode() const;
  // The inverse, for foreign bytes: ARTEFACT_INVALID on what Encode would not have written.
  static StatusOr<Histogram> Parse(std::string_view text);

  friend bool operator==(const Histogram&, const Histogram&) = default;

 private:
  Bins bins_;
  std::vector<std::uint64_t> counts_;
  std::uint64_t rows_ = 0;
};

// The sum of counts. DATA_OUT_OF_RANGE beyond kMostCount.
StatusOr<std::uint64_t> TotalOf(std::span<const std::uint64_t> counts);

}  // namespace muster::drift
