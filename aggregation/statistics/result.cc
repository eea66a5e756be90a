#include "aggregation/statistics/result.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>

namespace muster::aggregation::statistics {
namespace {
using Counts = std::span<const std::uint64_t>;
using secagg::kMostTotal;

// Where FieldsOf has them.
enum First : std::size_t { kRows, kDevices, kPresent, kSum };
enum Second : std::size_t { kCount2, kPresent2, kSum2, kSquares2, kFineRows2, kFineDevices2 };

// Beyond a double's 53 bits nothing depends on the last of them.
double MeanOf(std::uint64_t sum, int bits, std::uint64_t count) {
  return std::ldexp(static_cast<double>(sum), -bits) / static_cast<double>(count);
}

// One field's cells of the first pass.
struct Cells {
  Counts rows;
  Counts devices;
  std::size_t values() const { return rows.size() - 1; }  // The last has none.
  std::uint64_t count() const {
    return std::accumulate(rows.begin(), rows.end() - 1, std::uint64_t{0});
  }
};

Cells CellsAt(const Tally& first, std::size_t field) {
  std::uint64_t begin = 0;
  for (std::size_t f = 0; f < field; ++f) begin += CellsOf(first.query.fields[f]);
  const std::uint64_t count = CellsOf(first.query.fields[field]);
  return {Counts(first.totals[kRows]).subspan(begin, count),
          Counts(first.totals[kDevices]).subspan(begin, count)};
}

// A field's fine cells of one zoomed bin; none when the second pass did not look there.
std::optional<Cells> FineCellsAt(const Tally& second, std::size_t field, std::uint32_t bin) {
  std::uint64_t begin = 0;
  for (std::size_t f = 0; f < field; ++f) begin += second.query.zooms[f].bins.size();
  const std::vector<std::uint32_t>& bins = second.query.zooms[field].bins;
  const auto found = std::ranges::lower_bound(bins, bin);
  if (found == bins.end() || *found != bin) return std::nullopt;
  begin += static_cast<std::uint64_t>(found - bins.begin());
  return Cells{Counts(second.totals[kFineRows2]).subspan(begin * kFineBins, kFineBins),
               Counts(second.totals[kFineDevices2]).subspan(begin * kFineBins, kFineBins)};
}

// Which of the cells are shown, as Cell says.
std::vector<bool> ShownOf(const Cells& cells, std::uint32_t least) {
  std::vector<bool> shown;
  for (const std::uint64_t devices : cells.devices)
    shown.push_back(devices == 0 || devices >= least);
  const auto end = shown.begin() + static_cast<std::ptrdiff_t>(cells.values());
  if (std::find(shown.begin(), end, false) == end) return shown;
  std::optional<std::size_t> fewest;
  for (std::size_t i = 0; i < cells.values(); ++i)
    if (cells.devices[i] >= least && (!fewest || cells.devices[i] < cells.devices[*fewest]))
      fewest = i;
  if (fewest) shown[*fewest] = false;
  return shown;
}

// The cell in which `target` rows are reached, and how far into it that is.
struct Hit {
  std::size_t cell = 0;
  double into = 0;  // In [0, 1].
};
std::optional<Hit> Reach(Counts rows, double target) {
  double before = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto here = static_cast<double>(rows[i]);
    if (here > 0 && before + here >= target)
      return Hit{i, std::clamp((target - before) / here, 0.0, 1.0)};
    before += here;
  }
  return std::nullopt;
}

// The bin of a quantile that enough devices stand behind.
struct CoarseHit {
  std::uint32_t bin = 0;
  double into = 0;
};
std::optional<CoarseHit> CoarseOf(const Cells& cells, double p, std::uint32_t least) {
  const std::size_t above = cells.values() - 1;
  const auto hit = Reach(cells.rows.first(cells.values()), p * static_cast<double>(cells.count()));
  if (!hit || hit->cell == kBelow || hit->cell == above || cells.devices[hit->cell] < least)
    return std::nullopt;
  return CoarseHit{static_cast<std::uint32_t>(hit->cell - kBelow - 1), hit->into};
}

Quantile QuantileOf(const Tally& first, const Tally* second, std::size_t field, double p) {
  const FieldRange& range = first.query.fields[field];
  const std::uint32_t least = first.query.least;
  const auto coarse = CoarseOf(CellsAt(first, field), p, least);
  if (!coarse) return {.p = p, .value = std::nullopt, .within = 0};
  double width = (range.hi - range.lo) / range.bins;
  const double lo = range.lo + width * coarse->bin;
  double into = coarse->into;
  const auto fine = second ? FineCellsAt(*second, field, coarse->bin) : std::nullopt;
  if (fine) {
    const auto all = std::accumulate(fine->rows.begin(), fine->rows.end(), std::uint64_t{0});
    const auto hit = Reach(fine->rows, into * static_cast<double>(all));
    if (hit && fine->devices[hit->cell] >= least) {
      into = (static_cast<double>(hit->cell) + hit->into) / kFineBins;
      return {.p = p, .value = lo + width * into, .within = width / kFineBins};
    }
  }
  return {.p = p, .value = lo + width * into, .within = width};
}

// Around the mean of the second pass' own rows, which dropouts may have made others.
std::optional<double> DeviationOf(const Tally& second, std::size_t field) {
  const std::uint64_t count = second.totals[kCount2][field];
  const std::uint64_t squares = second.totals[kSquares2][field];
  if (second.totals[kPresent2][field] < second.query.least || count == 0 || squares == kMostTotal)
    return std::nullopt;
  const double shift =
      MeanOf(second.totals[kSum2][field], kSumBits, count) - second.query.zooms[field].mean;
  return std::sqrt(std::max(0.0, MeanOf(squares, kSquareBits, count) - shift * shift));
}

FieldStatistics FieldOf(const Tally& first, const Tally* second, std::size_t field) {
  const Query& query = first.query;
  const FieldRange& range = query.fields[field];
  FieldStatistics out{.name = range.name, .lo = range.lo, .hi = range.hi};
  out.histogram.resize(range.bins);
  for (const double p : query.quantiles)
    out.quantiles.push_back({.p = p, .value = {}, .within = 0});
  const std::uint64_t present = first.totals[kPresent][field];
  const Cells cells = CellsAt(first, field);
  if (present < query.least || cells.count() == 0) return out;
  const std::vector<bool> shown = ShownOf(cells, query.least);
  const auto cell = [&](std::size_t i) { return shown[i] ? Cell(cells.rows[i]) : std::nullopt; };
  out.devices = present;
  out.count = cells.count();
  out.nulls = cell(cells.values());
  out.below = cell(kBelow);
  out.above = cell(cells.values() - 1);
  for (std::size_t bin = 0; bin < range.bins; ++bin) out.histogram[bin] = cell(kBelow + 1 + bin);
  const double width = range.hi - range.lo;
  out.mean = range.lo + width * MeanOf(first.totals[kSum][field], kSumBits, cells.count());
  const auto deviation = second ? DeviationOf(*second, field) : std::nullopt;
  if (deviation) out.stddev = width * *deviation;
  for (Quantile& q : out.quantiles) q = QuantileOf(first, second, field, q.p);
  return out;
}

Zoom ZoomOf(const Tally& first, std::size_t field) {
  const Cells cells = CellsAt(first, field);
  if (first.totals[kPresent][field] < first.query.least || cells.count() == 0)
    return {.mean = 0.5, .bins = {}};
  Zoom out{.mean = std::clamp(MeanOf(first.totals[kSum][field], kSumBits, cells.count()), 0.0, 1.0),
           .bins = {}};
  for (const double p : first.query.quantiles) {
    const auto hit = CoarseOf(cells, p, first.query.least);
    if (hit && (out.bins.empty() || out.bins.back() != hit->bin)) out.bins.push_back(hit->bin);
  }
  return out;
}

Status CheckPass(const Tally& tally, std::uint32_t pass) {
  MUSTER_TRY(CheckTally(tally));
  if (tally.query.pass() == pass) return Ok();
  return InvalidArgument("totals of pass {}, those of pass {} are needed", tally.query.pass(),
                         pass);
}
}  // namespace

StatusOr<Query> NextQuery(const Tally& first) {
  MUSTER_TRY(CheckPass(first, 1));
  Query out = first.query;
  for (std::size_t f = 0; f < out.fields.size(); ++f) out.zooms.push_back(ZoomOf(first, f));
  return out;
}

StatusOr<Result> Summarise(const Tally& first, const Tally* second) {
  MUSTER_TRY(CheckPass(first, 1));
  if (second) {
    MUSTER_TRY(CheckPass(*second, 2));
    MUSTER_ASSIGN(const Query due, NextQuery(first));
    if (second->query != due) return InvalidArgument("the second pass does not follow the first");
  }
  Result out{.contract = first.query.contract,
             .version = first.query.version,
             .devices = first.devices,
             .least = first.query.least,
             .passes = second ? 2U : 1U,
             .fields = {}};
  for (std::size_t f = 0; f < first.query.fields.size(); ++f)
    out.fields.push_back(FieldOf(first, second, f));
  return out;
}

}  // namespace muster::aggregation::statistics
