#include "client/session/window_count.h"

#include <algorithm>
#include <cmath>

#include "aggregation/statistics/local.h"
#include "drift/fleet/contribution.h"

namespace muster::client {
namespace {
namespace statistics = aggregation::statistics;
using statistics::FieldRange;
using statistics::WindowQuery;

// The newest rows of a window: those from `first` on.
struct Newest {
  const ServedWindow& window;
  std::size_t first = 0;
  double Cell(std::size_t row, std::size_t field) const {
    return window.cells[row * window.fields.size() + field];
  }
};

Status Check(const WindowQuery& query, const ServedWindow& window) {
  MUSTER_TRY(CheckWindowQuery(query));
  const bool predicted = query.fields.back().name == statistics::kPredictionField;
  const std::size_t fields = query.fields.size() - (predicted ? 1 : 0);
  const bool same =
      std::equal(window.fields.begin(), window.fields.end(), query.fields.begin(),
                 query.fields.begin() + static_cast<std::ptrdiff_t>(fields),
                 [](const std::string& a, const FieldRange& b) { return a == b.name; });
  if (!same || window.cells.size() != window.rows() * fields ||
      window.labels.size() != window.rows())
    return InvalidArgument("window: its columns are not those of the query");
  return Ok();
}

double PredictionOf(const WindowQuery& query, double p) {
  return query.binary ? std::clamp(p, 0.0, 1.0) : p;  // NaN stays.
}

// What a row says for a measure; NaN: nothing.
double MeasureOf(const WindowQuery& query, std::string_view measure, double p, double label) {
  if (measure == "expected_error") return query.binary ? std::min(p, 1 - p) : std::nan("");
  if (measure == "squared_error") return (p - label) * (p - label);
  if (!query.binary) return std::abs(p - label);
  if (std::isnan(p) || std::isnan(label)) return std::nan("");
  return (p >= 0.5) == (label >= 0.5) ? 0 : 1;
}

StatusOr<std::vector<std::uint64_t>> CellsOver(const WindowQuery& query, const Newest& newest) {
  std::vector<std::uint64_t> out;
  for (std::size_t f = 0; f < query.fields.size(); ++f) {
    const FieldRange& field = query.fields[f];
    const bool prediction = f == newest.window.fields.size();
    std::vector<std::uint64_t> cells(CellsOf(field));
    for (std::size_t r = newest.first; r < newest.window.rows(); ++r)
      ++cells[statistics::CellOf(field, prediction
                                            ? PredictionOf(query, newest.window.predictions[r])
                                            : newest.Cell(r, f))];
    MUSTER_ASSIGN(const std::vector<std::uint32_t> limited,
                  drift::LimitContribution(cells, query.rows));
    out.insert(out.end(), limited.begin(), limited.end());
  }
  return out;
}

struct Measured {
  std::vector<std::uint64_t> counts, sums;
};
Measured MeasuresOver(const WindowQuery& query, const Newest& newest) {
  Measured out;
  for (const FieldRange& measure : query.measures) {
    std::uint64_t count = 0;
    double sum = 0;
    for (std::size_t r = newest.first; r < newest.window.rows(); ++r) {
      const double value =
          MeasureOf(query, measure.name, PredictionOf(query, newest.window.predictions[r]),
                    newest.window.labels[r]);
      if (std::isnan(value)) continue;
      ++count;
      sum += std::clamp((value - measure.lo) / (measure.hi - measure.lo), 0.0, 1.0);
    }
    out.counts.push_back(count);
    out.sums.push_back(
        static_cast<std::uint64_t>(std::nearbyint(std::ldexp(sum, statistics::kSumBits))));
  }
  return out;
}
}  // namespace

StatusOr<aggregation::secagg::SumValues> CountWindow(const WindowQuery& query,
                                                     const ServedWindow& window) {
  MUSTER_TRY(Check(query, window));
  const Newest newest{window, window.rows() - std::min<std::size_t>(window.rows(), query.rows)};
  aggregation::secagg::SumValues out;
  MUSTER_ASSIGN(out.emplace_back(), CellsOver(query, newest));
  if (!query.measures.empty()) {
    Measured measured = MeasuresOver(query, newest);
    out.push_back(std::move(measured.counts));
    out.push_back(std::move(measured.sums));
  }
  out.push_back({window.rows() > 0 ? 1U : 0U});
  return out;
}

}  // namespace muster::client
