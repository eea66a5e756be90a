// The page of `muster-edge drift check --html`: plain HTML and SVG, nothing loaded, nothing run.
#include <algorithm>
#include <cmath>
#include <set>

#include "client/app/drift_report.h"
#include "drift/detectors/verdict.h"

namespace muster::client {
namespace {
using namespace drift;

constexpr std::size_t kMostFields = 24;   // Drawn; more are named.
constexpr std::size_t kMostPoints = 600;  // Of a timeline.
constexpr double kWidth = 640, kHeight = 120;

constexpr char kStyle[] =
    "body{font:14px/1.4 sans-serif;margin:2em;max-width:60em;color:#222}"
    "table{border-collapse:collapse}td,th{padding:.2em .8em;text-align:left;border-bottom:1px "
    "solid "
    "#ddd}svg{background:#fafafa;border:1px solid #ddd;margin:.3em 0;display:block}"
    ".then{fill:#8aa;fill-opacity:.6}.now{fill:#c50;fill-opacity:.5}.line{fill:none;stroke:#357;"
    "stroke-width:1}.alarm{stroke:#c00;stroke-width:1.5}.ref{color:#588}.cur{color:#c50}";

std::string Escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '&': out += "&amp;"; break;
      case '"': out += "&quot;"; break;
      default: out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
  }
  return out;
}

struct Drawn {
  std::size_t index;      // Of the field in a row.
  const DriftRows* rows;  // Of the node that alarmed.
  const Finding* first;
};

// Each field and node with an alarm, by the first one.
std::vector<Drawn> AlarmedOf(const DriftOutcome& outcome) {
  std::vector<Drawn> out;
  std::set<std::pair<std::string, std::string>> seen;
  for (const Finding& f : outcome.findings) {
    if (f.phase != Phase::kBegan || f.severity != Severity::kAlarm) continue;
    const auto field = std::ranges::find(outcome.contract.fields, f.field, &MonitoredField::name);
    const auto rows = std::ranges::find(outcome.rows, f.series, &DriftRows::node);
    if (field == outcome.contract.fields.end() || rows == outcome.rows.end() ||
        !seen.insert({f.field, f.series}).second)
      continue;
    out.push_back({static_cast<std::size_t>(field - outcome.contract.fields.begin()), &*rows, &f});
  }
  return out;
}

// The values of a field from one row on; what no detector takes is left out.
std::vector<double> ValuesOf(const DriftOutcome& outcome, const Drawn& drawn, std::size_t from) {
  std::vector<double> out;
  const std::size_t width = outcome.contract.fields.size();
  for (std::size_t row = from; row < drawn.rows->times.size(); ++row)
    if (const double x = drawn.rows->cells[row * width + drawn.index]; IsMeasurable(x))
      out.push_back(x);
  return out;
}

std::string BarsOf(const Histogram& histogram, const char* style, double most) {
  std::string out;
  const auto cells = histogram.values();
  const double total =
      std::max<double>(1, static_cast<double>(histogram.rows() - histogram.nulls()));
  const double wide = kWidth / static_cast<double>(cells.size());
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const double high = static_cast<double>(cells[i]) / total / most * (kHeight - 8);
    if (high > 0)
      out += fmt::format("<rect class='{}' x='{:.1f}' y='{:.1f}' width='{:.1f}' height='{:.1f}'/>",
                         style, static_cast<double>(i) * wide, kHeight - high, wide, high);
  }
  return out;
}

double LargestShare(const Histogram& histogram) {
  const double total =
      std::max<double>(1, static_cast<double>(histogram.rows() - histogram.nulls()));
  return static_cast<double>(std::ranges::max(histogram.values())) / total;
}

// Bins of the middle part of what there was and is: a declared range may be far wider.
StatusOr<Bins> BinsOf(std::vector<double> all) {
  std::ranges::sort(all);
  double lo = all[all.size() / 100], hi = all[all.size() - 1 - all.size() / 100];
  if (!(lo < hi)) lo = all.front() - 1, hi = all.back() + 1;
  return Bins::Even(lo, hi, 48);
}

std::string DistributionOf(const DriftOutcome& outcome, const Drawn& drawn) {
  const FieldReference* reference =
      outcome.reference == nullptr
          ? nullptr
          : outcome.reference->Find(outcome.contract.fields[drawn.index].name);
  const std::vector<double> now = ValuesOf(outcome, drawn, drawn.first->from.row);
  std::vector<double> all = now;
  if (reference != nullptr)
    all.insert(all.end(), reference->sample.begin(), reference->sample.end());
  if (all.empty()) return "<p>no values</p>";
  const StatusOr<Bins> bins = BinsOf(std::move(all));
  if (!bins.ok()) return "<p>values too close to draw</p>";
  Histogram then_counts(*bins), now_counts(*bins);
  if (!now_counts.Add(now).ok()) return "";
  if (reference != nullptr && !then_counts.Add(reference->sample).ok()) return "";
  const double most = std::max({LargestShare(then_counts), LargestShare(now_counts), 1e-9});
  return fmt::format(
      "<svg width='{0}' height='{1}' viewBox='0 0 {0} {1}'>{2}{3}</svg><small>{4:.6g} to {5:.6g}: "
      "<b class='ref'>then</b> ({6} values of the reference) and <b class='cur'>now</b> ({7} "
      "values "
      "since {8})</small>",
      kWidth, kHeight, BarsOf(then_counts, "then", most), BarsOf(now_counts, "now", most),
      bins->edges().front(), bins->edges().back(), then_counts.rows(), now.size(),
      Escaped(WhereText(outcome, *drawn.first, drawn.first->from)));
}

// Means of equal stretches of rows, with a line at each alarm.
std::string TimelineOf(const DriftOutcome& outcome, const Drawn& drawn) {
  const std::size_t rows = drawn.rows->times.size(), width = outcome.contract.fields.size();
  const std::size_t step = std::max<std::size_t>(1, rows / kMostPoints);
  std::vector<std::pair<double, double>> points;  // Row, mean.
  for (std::size_t at = 0; at < rows; at += step) {
    double sum = 0;
    std::size_t count = 0;
    for (std::size_t row = at; row < std::min(rows, at + step); ++row)
      if (const double x = drawn.rows->cells[row * width + drawn.index]; IsMeasurable(x))
        sum += x, ++count;
    if (count > 0) points.emplace_back(static_cast<double>(at), sum / static_cast<double>(count));
  }
  if (points.empty()) return "";
  const auto [low, high] =
      std::ranges::minmax_element(points, {}, &std::pair<double, double>::second);
  const double lo = low->second, span = std::max(high->second - lo, 1e-300);
  const double across = kWidth / static_cast<double>(std::max<std::size_t>(rows, 2) - 1);
  std::string line, marks;
  for (const auto& [row, mean] : points)
    line += fmt::format("{:.1f},{:.1f} ", row * across,
                        kHeight - 6 - (mean - lo) / span * (kHeight - 12));
  for (const Finding& f : outcome.findings)
    if (f.phase == Phase::kBegan && f.severity == Severity::kAlarm &&
        f.field == drawn.first->field && f.series == drawn.first->series)
      marks += fmt::format(
          "<line class='alarm' x1='{0:.1f}' x2='{0:.1f}' y1='0' y2='{1}'><title>{2}"
          "</title></line>",
          static_cast<double>(f.to.row) * across, kHeight, Escaped(f.monitor + ": " + f.text));
  return fmt::format(
      "<svg width='{0}' height='{1}' viewBox='0 0 {0} {1}'><polyline class='line' "
      "points='{2}'/>{3}</svg><small>{4:.6g} to {5:.6g} over {6} rows, means of {7}; "
      "red: an alarm</small>",
      kWidth, kHeight, line, marks, lo, high->second, rows, step);
}

std::string FindingsTable(const DriftOutcome& outcome) {
  constexpr std::size_t kMostShown = 500;
  std::string out = "<table><tr><th>when<th>monitor<th>field<th>node<th><th>what</tr>";
  for (std::size_t i = 0; i < std::min(kMostShown, outcome.findings.size()); ++i) {
    const Finding& f = outcome.findings[i];
    out += fmt::format(
        "<tr><td>{}<td>{}<td>{}<td>{}<td>{}<td>{}</tr>", Escaped(WhereText(outcome, f, f.to)),
        Escaped(f.monitor), Escaped(f.field), Escaped(f.series),
        f.phase == Phase::kBegan ? NameOf(f.severity) : NameOf(f.phase), Escaped(f.text));
  }
  out += "</table>";
  if (outcome.findings.size() > kMostShown)
    out += fmt::format("<p>and {} more</p>", outcome.findings.size() - kMostShown);
  return out;
}
}  // namespace

std::string DriftHtml(const DriftOutcome& outcome) {
  std::string out = fmt::format(
      "<!doctype html><html lang='en'><head><meta charset='utf-8'><title>Drift of {0}</title>"
      "<style>{1}</style></head><body><h1>Drift of {0}</h1><p>{2} rows, nodes: {3}, {4} monitors, "
      "{5} findings. This page holds data of the site.</p>",
      Escaped(outcome.contract.name), kStyle, outcome.set.rows(), outcome.rows.size(),
      outcome.set.specs().size(), outcome.findings.size());
  const std::vector<Drawn> alarmed = AlarmedOf(outcome);
  for (std::size_t i = 0; i < std::min(kMostFields, alarmed.size()); ++i)
    out += fmt::format("<h2>{} of {}</h2><p>{}: {}</p>{}{}",
                       Escaped(outcome.contract.fields[alarmed[i].index].name),
                       Escaped(alarmed[i].rows->node), Escaped(alarmed[i].first->monitor),
                       Escaped(alarmed[i].first->text), DistributionOf(outcome, alarmed[i]),
                       TimelineOf(outcome, alarmed[i]));
  if (alarmed.size() > kMostFields)
    out += fmt::format("<p>{} more fields alarmed: see below.</p>", alarmed.size() - kMostFields);
  return out + "<h2>All findings</h2>" + FindingsTable(outcome) + "</body></html>\n";
}

}  // namespace muster::client
