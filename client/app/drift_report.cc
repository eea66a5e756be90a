#include "client/app/drift_report.h"

#include <algorithm>

#include "base/canonical_json.h"
#include "base/time_text.h"
#include "client/pipeline/one_line.h"

namespace muster::client {
namespace {
using namespace drift;

struct Sums {
  std::uint64_t alarms = 0;
  std::uint64_t warnings = 0;
  const Finding* first = nullptr;
};

Sums SumsOf(const DriftOutcome& outcome, const std::string& monitor) {
  Sums out;
  for (const Finding& f : outcome.findings) {
    if (f.monitor != monitor || f.phase != Phase::kBegan) continue;
    ++(f.severity == Severity::kAlarm ? out.alarms : out.warnings);
    if (out.first == nullptr) out.first = &f;
  }
  return out;
}

Json SkipsJson(const Tally& tally) {
  Json out = Json::object();
  for (std::size_t i = 0; i < kSkips; ++i)
    if (const auto skip = static_cast<Skip>(i); tally.of(skip) > 0)
      out[std::string(NameOf(skip))] = tally.of(skip);
  return out;
}

std::uint64_t RowNumber(const DriftOutcome& outcome, const Finding& finding, const Mark& mark) {
  for (const DriftRows& rows : outcome.rows)
    if (rows.node == finding.series) return rows.first + mark.row;
  return mark.row + 1;
}

Json MarkJson(const DriftOutcome& outcome, const Finding& finding, const Mark& mark) {
  Json out = {{"row", RowNumber(outcome, finding, mark)}};
  if (mark.time) out["time"] = FormatTime(*mark.time);
  return out;
}
}  // namespace

std::string WhereText(const DriftOutcome& outcome, const Finding& finding, const Mark& mark) {
  const std::string row = fmt::format("row {}", RowNumber(outcome, finding, mark));
  return mark.time ? fmt::format("{} ({})", FormatTime(*mark.time), row) : row;
}

std::string DriftText(const DriftOutcome& outcome) {
  std::string out;
  if (!outcome.findings.empty())
    out = fmt::format("{:<40} {:<16} {:<12} {:<16} {:<8}  {}\n", "WHEN", "MONITOR", "FIELD", "NODE",
                      "", "WHAT");
  for (const Finding& f : outcome.findings) {
    const bool began = f.phase == Phase::kBegan;
    out += fmt::format("{:<40} {:<16} {:<12} {:<16} {:<8}  {}\n", WhereText(outcome, f, f.to),
                       f.monitor, OneLine(f.field.empty() ? "-" : f.field, 40), f.series,
                       began ? NameOf(f.severity) : NameOf(f.phase), OneLine(f.text));
  }
  out += fmt::format("{}{:<16} {:<10} {:>7} {:>9}  {}\n", out.empty() ? "" : "\n", "MONITOR",
                     "KIND", "ALARMS", "WARNINGS", "FIRST");
  for (const MonitorSpec& spec : outcome.set.specs()) {
    const Sums sums = SumsOf(outcome, spec.name);
    out += fmt::format(
        "{:<16} {:<10} {:>7} {:>9}  {}\n", spec.name, NameOf(spec.rule), sums.alarms, sums.warnings,
        sums.first == nullptr ? "-" : WhereText(outcome, *sums.first, sums.first->to));
  }
  out += fmt::format("\n{} rows, nodes: {}", outcome.set.rows(), outcome.rows.size());
  const Json skips = SkipsJson(outcome.set.tally());  // Outlives the loop over its items.
  for (const auto& [name, count] : skips.items())
    out += fmt::format(", {} {}", name, count.get<std::uint64_t>());
  return out + "\n";
}

std::string DriftJson(const DriftOutcome& outcome) {
  Json findings = Json::array(), monitors = Json::array();
  for (const Finding& f : outcome.findings) {
    Json json = {{"monitor", f.monitor},
                 {"kind", f.kind},
                 {"field", f.field},
                 {"node", f.series},
                 {"phase", std::string(NameOf(f.phase))},
                 {"severity", std::string(NameOf(f.severity))},
                 {"from", MarkJson(outcome, f, f.from)},
                 {"to", MarkJson(outcome, f, f.to)},
                 {"statistic", f.statistic},
                 {"threshold", f.threshold},
                 {"text", f.text}};
    if (f.p) json["p"] = *f.p;
    findings.push_back(std::move(json));
  }
  for (const MonitorSpec& spec : outcome.set.specs()) {
    const Sums sums = SumsOf(outcome, spec.name);
    monitors.push_back({{"name", spec.name},
                        {"kind", std::string(NameOf(spec.rule))},
                        {"alarms", sums.alarms},
                        {"warnings", sums.warnings}});
  }
  const Json json = {{"findings", std::move(findings)},
                     {"monitors", std::move(monitors)},
                     {"rows", outcome.set.rows()},
                     {"not_judged", SkipsJson(outcome.set.tally())}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace muster::client
