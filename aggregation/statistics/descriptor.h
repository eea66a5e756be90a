#pragma once
// What federated statistics ask of each device, in bytes that a session is bound to: which fields
// of a contract, over which declared ranges, in which of two passes. Pure description; it holds no
// rows and no results.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "aggregation/secagg/named_sums.h"
#include "base/status.h"

namespace muster::aggregation::statistics {

inline constexpr std::size_t kMostFields = 256;
inline constexpr std::uint32_t kMostBins = 1024;
inline constexpr std::uint32_t kMostLeast = 1'000'000;
inline constexpr std::size_t kMostQuantiles = 16;
inline constexpr std::size_t kMostQueryBytes = std::size_t{64} << 10;
// Into how many fine bins the second pass cuts a coarse one.
inline constexpr std::uint32_t kFineBins = 32;
// What one device's rows count for at most, so that none moves everything: the first so many.
inline constexpr std::uint64_t kMostRows = std::uint64_t{1} << 24;
// A value v counts as s = (v - lo) / (hi - lo), clamped to [0, 1]; a device gives the sum of its s
// in units of 2^-20, and the sum of its (s - mean)^2 in units of 2^-36, each rounded once.
inline constexpr int kSumBits = 20;
inline constexpr int kSquareBits = 36;

struct FieldRange {
  std::string name;  // As contracts have it: [A-Za-z_][A-Za-z0-9_.-]{0,62}.
  double lo = 0;     // As declared, never as measured; lo < hi.
  double hi = 0;
  std::uint32_t bins = 20;  // 1 .. kMostBins, of equal width; the last one holds `hi` too.
  friend bool operator==(const FieldRange&, const FieldRange&) = default;
};

// What the second pass looks at more closely, for one field.
struct Zoom {
  double mean = 0;                  // Of s, from the first pass; in [0, 1].
  std::vector<std::uint32_t> bins;  // Coarse bins, ascending: those that hold wanted quantiles.
  friend bool operator==(const Zoom&, const Zoom&) = default;
};

struct Query {
  std::string contract;  // A name as a field's.
  std::uint64_t version = 0;
  std::vector<FieldRange> fields;  // 1 .. kMostFields, without duplicates.
  std::vector<double> quantiles;   // In (0, 1), ascending; none will do.
  std::uint32_t least = 5;         // K, 1 .. kMostLeast: fewest devices in a cell that is shown.
  std::vector<Zoom> zooms;         // Pass 1: none. Pass 2: one for each field.

  std::uint32_t pass() const { return zooms.empty() ? 1 : 2; }
  friend bool operator==(const Query&, const Query&) = default;
};

// FIELD_INVALID with the path of what is out of range.
Status CheckQuery(const Query& query);
// Canonical JSON. The errors of CheckQuery, and FIELD_INVALID beyond kMostQueryBytes, of which a
// first pass may take half.
StatusOr<std::string> EncodeQuery(const Query& query);
// The inverse, for foreign bytes: FIELD_INVALID on anything that EncodeQuery would not have written
// in just these bytes.
StatusOr<Query> ParseQuery(std::string_view text);

// Of each field, the rows below the range, those of each bin, those above, and those without a
// value: `bins` + 3 cells, in this order. Where a field's cells begin is the sum over earlier ones.
inline std::uint64_t CellsOf(const FieldRange& field) { return std::uint64_t{field.bins} + 3; }
inline constexpr std::uint64_t kBelow = 0;  // A field's first cell; its bins follow.

// What a device gives, whose integers local.h says how to count. `query` is as CheckQuery wants it.
//   pass 1  "rows": one a cell; "devices": one a cell, 1 where the device has any row; "present":
//           one a field, 1 where it has any value; "sum": one a field.
//   pass 2  "count": values, one a field; "present", "sum", "squares": one a field; "fine_rows" and
//           "fine_devices": kFineBins for each zoomed bin, left out when nothing is zoomed.
std::vector<secagg::SumField> FieldsOf(const Query& query);

}  // namespace muster::aggregation::statistics
