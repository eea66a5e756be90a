#pragma once
// From opened totals to statistics: moments, histograms and quantiles, without what too few devices
// stand behind. Pure; nothing here knows which device gave what.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aggregation/statistics/tally.h"
#include "base/status.h"

namespace muster::aggregation::statistics {

// A cell that is suppressed has no number. One is when fewer than K devices have rows in it, and
// nobody none; and, since it could else be had from the count, so is the shown one of the field in
// which the fewest devices have rows.
using Cell = std::optional<std::uint64_t>;

struct Quantile {
  double p = 0;                 // Wanted, in (0, 1).
  std::optional<double> value;  // In the field's unit; none where it is suppressed.
  double within = 0;            // Width of the bin it was interpolated in; 0 without a value.
  friend bool operator==(const Quantile&, const Quantile&) = default;
};

// In the field's unit. Values outside the declared range are in `count`, and in the moments as the
// end of the range that they are beyond. With fewer than K devices present nothing is there but
// the name, the range and `devices`.
struct FieldStatistics {
  std::string name;
  double lo = 0;
  double hi = 0;
  std::uint64_t devices = 0;  // With any value; 0 when these are suppressed too: fewer than K.
  Cell count;                 // Values.
  Cell nulls;                 // Rows without one.
  Cell below;                 // Of the values: outside the range.
  Cell above;
  std::optional<double> mean;
  std::optional<double> stddev;     // Of the population; after the second pass.
  std::vector<Cell> histogram;      // One a bin.
  std::vector<Quantile> quantiles;  // As the query has them.
  friend bool operator==(const FieldStatistics&, const FieldStatistics&) = default;
};

struct Result {
  std::string contract;
  std::uint64_t version = 0;
  std::uint64_t devices = 0;  // Of the first pass.
  std::uint32_t least = 0;    // K.
  std::uint32_t passes = 1;
  std::vector<FieldStatistics> fields;
  friend bool operator==(const Result&, const Result&) = default;
};

// The query of the second pass: the means, and the coarse bins of the quantiles that enough devices
// stand behind. INVALID_ARGUMENT when `first` is not of a first pass or its totals are not of its
// query.
StatusOr<Query> NextQuery(const Tally& first);

// A quantile is the value below which p of all values lie, by linear interpolation inside the
// finest bin that at least K devices have rows in; one outside the range is absent. Moments are to
// 1e-6 of the range.
//   second   null: what the first pass alone can say.
//   errors   INVALID_ARGUMENT when totals are not of their query, or `second` does not follow.
StatusOr<Result> Summarise(const Tally& first, const Tally* second);

// Canonical JSON; numbers with a fraction are decimal strings, what is absent is null:
//   {"contract": "c", "version": 1, "devices": 8, "least": 5, "passes": 2, "fields": [
//     {"name": "T30", "lo": "0", "hi": "1", "devices": 8, "count": 99, "nulls": 0, "below": 0,
//      "above": 0, "mean": "0.5", "stddev": "0.1", "histogram": [null, 9, ...],
//      "quantiles": [{"p": "0.5", "value": "0.49", "within": "0.0015"}]}]}
// `muster stats` and the console read it.
StatusOr<std::string> EncodeResult(const Result& result);
// The inverse, for foreign bytes: INVALID_ARGUMENT (ARTEFACT_INVALID) on what EncodeResult would
// not have written.
StatusOr<Result> ParseResult(std::string_view text);

}  // namespace muster::aggregation::statistics
