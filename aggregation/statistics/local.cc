#include "aggregation/statistics/local.h"

#include <algorithm>
#include <cmath>

namespace muster::aggregation::statistics {
namespace {
using Column = std::span<const double>;

Status CheckColumns(const Query& query, std::span<const Column> columns) {
  if (columns.size() != query.fields.size())
    return InvalidArgument("{} columns for {} fields", columns.size(), query.fields.size());
  for (const Column& column : columns)
    if (column.size() != columns.front().size())
      return InvalidArgument("columns of {} and {} rows", columns.front().size(), column.size());
  return Ok();
}

// What one value is in its field's range.
struct Place {
  double s = 0;            // (v - lo) / (hi - lo), clamped to [0, 1].
  std::uint64_t cell = 0;  // Of CellsOf.
  double into_bin = 0;     // Of an inner cell: how far into it, in [0, 1].
};

Place PlaceOf(const FieldRange& field, double v) {
  if (v < field.lo) return {.s = 0, .cell = kBelow};
  if (v > field.hi) return {.s = 1, .cell = kBelow + 1 + field.bins};
  const double s = std::clamp((v - field.lo) / (field.hi - field.lo), 0.0, 1.0);
  const double at = s * field.bins;
  const double bin = std::min(std::floor(at), static_cast<double>(field.bins - 1));
  return {.s = s,
          .cell = kBelow + 1 + static_cast<std::uint64_t>(bin),
          .into_bin = std::clamp(at - bin, 0.0, 1.0)};
}

std::uint64_t Units(double sum, int bits) {
  return static_cast<std::uint64_t>(std::nearbyint(std::ldexp(sum, bits)));
}

// 1 where there is any.
std::vector<std::uint64_t> Indicators(std::span<const std::uint64_t> rows) {
  std::vector<std::uint64_t> out(rows.size());
  std::ranges::transform(rows, out.begin(), [](std::uint64_t n) { return n > 0 ? 1U : 0U; });
  return out;
}

secagg::SumValues FirstPass(const Query& query, std::span<const Column> columns) {
  std::vector<std::uint64_t> rows, present, sums;
  for (std::size_t f = 0; f < columns.size(); ++f) {
    const FieldRange& field = query.fields[f];
    std::vector<std::uint64_t> cells(CellsOf(field));
    double sum = 0;
    for (const double v : columns[f]) {
      if (std::isnan(v)) {
        ++cells.back();
        continue;
      }
      const Place place = PlaceOf(field, v);
      ++cells[place.cell];
      sum += place.s;
    }
    present.push_back(cells.back() < columns[f].size() ? 1 : 0);
    sums.push_back(Units(sum, kSumBits));
    rows.insert(rows.end(), cells.begin(), cells.end());
  }
  std::vector<std::uint64_t> devices = Indicators(rows);
  return {std::move(rows), std::move(devices), std::move(present), std::move(sums)};
}

secagg::SumValues SecondPass(const Query& query, std::span<const Column> columns) {
  std::vector<std::uint64_t> counts, sums, squares, fine_rows;
  for (std::size_t f = 0; f < columns.size(); ++f) {
    const FieldRange& field = query.fields[f];
    const Zoom& zoom = query.zooms[f];
    std::vector<std::uint64_t> cells(zoom.bins.size() * kFineBins);
    std::uint64_t count = 0;
    double sum = 0, square = 0;
    for (const double v : columns[f]) {
      if (std::isnan(v)) continue;
      const Place place = PlaceOf(field, v);
      ++count;
      sum += place.s;
      square += (place.s - zoom.mean) * (place.s - zoom.mean);
      if (place.cell == kBelow || place.cell > field.bins) continue;
      const auto bin = static_cast<std::uint32_t>(place.cell - kBelow - 1);
      const auto found = std::ranges::lower_bound(zoom.bins, bin);
      if (found == zoom.bins.end() || *found != bin) continue;
      const auto part = static_cast<std::uint32_t>(place.into_bin * kFineBins);
      ++cells[static_cast<std::size_t>(found - zoom.bins.begin()) * kFineBins +
              std::min(part, kFineBins - 1)];
    }
    counts.push_back(count);
    sums.push_back(Units(sum, kSumBits));
    squares.push_back(Units(square, kSquareBits));
    fine_rows.insert(fine_rows.end(), cells.begin(), cells.end());
  }
  std::vector<std::uint64_t> present = Indicators(counts), devices = Indicators(fine_rows);
  secagg::SumValues out = {std::move(counts), std::move(present), std::move(sums),
                           std::move(squares)};
  if (devices.empty()) return out;
  out.push_back(std::move(fine_rows));
  out.push_back(std::move(devices));
  return out;
}
}  // namespace

std::uint64_t CellOf(const FieldRange& field, double value) {
  return std::isnan(value) ? CellsOf(field) - 1 : PlaceOf(field, value).cell;
}

StatusOr<secagg::SumValues> CountRows(const Query& query, std::span<const Column> columns) {
  MUSTER_TRY(CheckQuery(query));
  MUSTER_TRY(CheckColumns(query, columns));
  std::vector<Column> counted(columns.begin(), columns.end());
  for (Column& column : counted)
    column = column.first(std::min<std::size_t>(column.size(), kMostRows));
  return query.pass() == 1 ? FirstPass(query, counted) : SecondPass(query, counted);
}

}  // namespace muster::aggregation::statistics
