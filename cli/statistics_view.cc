#include "cli/statistics_view.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>

#include "cli/table.h"
#include "cli/text.h"

namespace muster::cli {
namespace {
using aggregation::statistics::Cell;
using aggregation::statistics::FieldStatistics;
using aggregation::statistics::Quantile;

constexpr std::string_view kHidden = "·";
constexpr int kHistogramCells = 32;

std::string Count(const Cell& cell) { return cell ? Thousands(*cell) : std::string(kHidden); }
// Digits after the point that tell a ten-thousandth of the declared range.
int DecimalsOf(const FieldStatistics& field) {
  constexpr double kMostDecimals = 9;
  const double range = field.hi - field.lo;
  if (!(range > 0)) return 0;
  return static_cast<int>(std::clamp(std::ceil(std::log10(1e4 / range)), 0.0, kMostDecimals));
}
std::string Number(const std::optional<double>& value, int decimals) {
  return value ? fmt::format("{:.{}f}", *value, decimals) : std::string(kHidden);
}

// Below and above the declared range together; hidden when either is.
Cell Outside(const FieldStatistics& field) {
  if (!field.below || !field.above) return std::nullopt;
  return *field.below + *field.above;
}

bool Hides(const FieldStatistics& f) {
  const auto& bins = f.histogram;
  return !f.count || !f.nulls || !f.mean || !Outside(f) ||
         std::find(bins.begin(), bins.end(), std::nullopt) != bins.end();
}

// "P25", "P99.9".
std::string Percentile(double p) { return fmt::format("P{:g}", p * 100); }

// Neighbouring bins added up until at most `cells` are left: what is shown of them. Nothing beside
// what is hidden is hidden too.
std::vector<Cell> Gathered(const std::vector<Cell>& bins, std::size_t cells) {
  const std::size_t each = (bins.size() + cells - 1) / cells;
  std::vector<Cell> out;
  for (std::size_t from = 0; from < bins.size(); from += each) {
    const std::size_t to = std::min(bins.size(), from + each);
    std::uint64_t shown = 0;
    bool hidden = false;
    for (std::size_t i = from; i < to; ++i) {
      shown += bins[i].value_or(0);
      hidden = hidden || !bins[i];
    }
    out.push_back(hidden && shown == 0 ? Cell() : Cell(shown));
  }
  return out;
}

// Which columns there are, besides those that always are.
struct Columns {
  bool unit = false;
  bool outside = false;
};

std::vector<std::string> Row(const FieldStatistics& f, const std::string& unit,
                             const Columns& columns) {
  std::vector<std::string> row = {f.name};
  if (columns.unit) row.push_back(unit.empty() ? "-" : unit);
  row.insert(row.end(), {Count(f.count), Count(f.nulls)});
  if (columns.outside) row.push_back(Count(Outside(f)));
  const int decimals = DecimalsOf(f);
  row.insert(row.end(), {Number(f.mean, decimals), Number(f.stddev, decimals)});
  for (const Quantile& q : f.quantiles) row.push_back(Number(q.value, decimals));
  row.push_back(HistogramText(f.histogram, kHistogramCells));
  return row;
}

std::vector<std::string> Header(const StatisticsResult& result, const Columns& columns) {
  std::vector<std::string> header = {"FIELD"};
  if (columns.unit) header.emplace_back("UNIT");
  header.insert(header.end(), {"COUNT", "NULLS"});
  if (columns.outside) header.emplace_back("OUTSIDE");
  header.insert(header.end(), {"MEAN", "STD"});
  if (!result.fields.empty())
    for (const Quantile& q : result.fields.front().quantiles) header.push_back(Percentile(q.p));
  header.emplace_back("HISTOGRAM");
  return header;
}

}  // namespace

std::string HistogramText(const std::vector<Cell>& bins, int cells) {
  static constexpr std::array kLevels = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  if (bins.empty() || cells <= 0) return "";
  const std::vector<Cell> shown = Gathered(bins, static_cast<std::size_t>(cells));
  std::uint64_t most = 1;
  for (const Cell& cell : shown) most = std::max(most, cell.value_or(0));
  std::string out;
  for (const Cell& cell : shown) {
    if (!cell) {
      out += kHidden;
      continue;
    }
    const double share = static_cast<double>(*cell) / static_cast<double>(most);
    out += kLevels[static_cast<std::size_t>(std::ceil(share * 7))];  // Any row shows.
  }
  return out;
}

std::string StatisticsTable(const StatisticsResult& result, const v1::Contract& contract) {
  std::map<std::string, std::string> units;
  for (const auto& field : contract.fields()) units[field.name()] = field.unit();
  const auto& fields = result.fields;
  Columns columns;
  columns.unit = !units.empty();
  columns.outside = std::any_of(fields.begin(), fields.end(), [](const FieldStatistics& f) {
    return f.count && Outside(f) != Cell(0);
  });
  Table table(Header(result, columns));
  for (const FieldStatistics& field : fields) table.Add(Row(field, units[field.name], columns));
  std::string out = table.Text();
  if (std::any_of(fields.begin(), fields.end(), Hides))
    out += fmt::format("{} fewer than {} devices stand behind it, so it is not shown\n", kHidden,
                       result.least);
  return out;
}

}  // namespace muster::cli
