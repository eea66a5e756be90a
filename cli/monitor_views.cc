// Monitors as tables and descriptions.
#include <vector>

#include "base/time_text.h"
#include "cli/pairs.h"
#include "cli/table.h"
#include "cli/text.h"
#include "cli/views.h"

namespace muster::cli {
namespace {
constexpr int kWindowsShown = 10;
constexpr int kFindingsShown = 20;

std::string Count(std::uint64_t n) { return fmt::format("{}", n); }
std::string OrDash(std::string text) { return text.empty() ? "-" : std::move(text); }

std::uint64_t OpenAlarms(const v1::MonitorView& m) {
  std::uint64_t out = 0;
  for (const v1::FindingView& f : m.findings())
    if (f.ended_unix_ms() == 0) ++out;
  return out;
}

std::string DriftedText(const v1::WindowView& w) {
  std::vector<std::string> names;
  for (const v1::FeatureView& f : w.features())
    if (f.drifted()) names.push_back(fmt::format("{} (p {})", f.name(), Real(f.p())));
  return fmt::format("{}", fmt::join(names, ", "));
}

std::string ResultText(const v1::WindowView& w) {
  if (!w.judged()) return "not judged: " + w.why();
  return w.drifted() ? "drift: " + DriftedText(w) : "no drift";
}

std::string MeasuresText(const v1::WindowView& w) {
  std::vector<std::string> out;
  for (const v1::MeasureView& m : w.measures())
    out.push_back(fmt::format("{} {}", m.name(), Real(m.mean())));
  return OrDash(fmt::format("{}", fmt::join(out, ", ")));
}

std::string WindowsText(const v1::MonitorView& m, Timestamp now) {
  Table table({"WINDOW", "VERSION", "DEVICES", "SHARDS", "ROWS", "MEASURES", "ENDED", "RESULT"});
  const int from = std::max(0, m.windows_size() - kWindowsShown);
  for (int i = from; i < m.windows_size(); ++i) {
    const v1::WindowView& w = m.windows(i);
    table.Add({Count(w.epoch()), Count(w.version()), Count(w.devices()), Count(w.shards()),
               Count(w.rows()), MeasuresText(w), Ago(now, w.ended_unix_ms()), ResultText(w)});
  }
  return table.Text();
}

std::string FindingsText(const v1::MonitorView& m, Timestamp now) {
  Table table({"DEVICE", "RULE", "FIELD", "SEVERITY", "BEGAN", "ENDED", "WHAT"});
  int shown = 0;
  for (const v1::FindingView& f : m.findings()) {
    if (shown++ == kFindingsShown) break;
    table.Add({f.device().substr(0, 12), f.rule(), OrDash(f.field()), f.severity(),
               Ago(now, f.began_unix_ms()),
               f.ended_unix_ms() == 0 ? "open" : Ago(now, f.ended_unix_ms()), f.text()});
  }
  return table.Text();
}

std::string RulesText(const v1::MonitorView& m) {
  Table table({"RULE", "ALARMS", "CONFIRMED", "FALSE", "MISSED"});
  for (const v1::RuleRecord& r : m.rules())
    table.Add({r.rule(), Count(r.alarms()), Count(r.confirmed()), Count(r.false_positives()),
               Count(r.missed())});
  return table.Text();
}
}  // namespace

std::string MonitorTable(const v1::ListMonitorsReply& reply, Timestamp now) {
  Table table({"NAME", "MODEL", "PHASE", "VERSION", "WINDOWS", "LAST WINDOW", "OPEN", "UPDATED"});
  for (const v1::MonitorView& m : reply.monitors()) {
    const bool any = !m.windows().empty();
    table.Add({m.monitor().name(), fmt::format("{}@{}", m.monitor().model(), m.monitor().alias()),
               m.phase(), m.version() == 0 ? "-" : Count(m.version()),
               Count(static_cast<std::uint64_t>(m.windows_size())),
               any ? ResultText(m.windows(m.windows_size() - 1)) : "-", Count(OpenAlarms(m)),
               Ago(now, m.updated_unix_ms())});
  }
  return table.Text();
}

std::string Describe(const v1::MonitorView& m, Timestamp now) {
  const v1::Monitor& spec = m.monitor();
  Properties p;
  p.Add("Name", spec.name());
  p.Add("Description", spec.description());
  p.Add("Model", fmt::format("{}, the version that '{}' points at", spec.model(), spec.alias()));
  p.Add("Devices", PairsText(spec.labels()));
  p.Add("Phase", m.why().empty() ? m.phase() : fmt::format("{}: {}", m.phase(), m.why()));
  p.Add("Version", m.version() == 0 ? "" : Count(m.version()));
  if (spec.has_fleet()) {
    p.Add("Windows",
          fmt::format("{} rows of each device, shards of at least {} devices, after {} "
                      "new rows",
                      spec.fleet().rows(), spec.fleet().shard(), spec.fleet().after_rows()));
    p.Add("Level", m.level() == spec.fleet().level()
                       ? Real(m.level())
                       : fmt::format("{}, declared {}, taught by feedback", Real(m.level()),
                                     Real(spec.fleet().level())));
  }
  if (m.has_reference())
    p.Add("Reference",
          fmt::format("of version {}: {} rows of {} devices in {} shards, campaign {}",
                      m.reference().version(), m.reference().rows(), m.reference().devices(),
                      m.reference().shards(), m.reference().campaign()));
  if (spec.fleet().prediction())
    p.Add("Predictions", m.prediction_baseline() == 0
                             ? "not tested: no baseline yet"
                             : fmt::format("baseline: window {}", m.prediction_baseline()));
  p.Add("Applied by", m.applied_by());
  std::string out = p.Text();
  if (!m.windows().empty()) out += "\n" + WindowsText(m, now);
  if (!m.findings().empty()) out += "\n" + FindingsText(m, now);
  if (!m.rules().empty()) out += "\n" + RulesText(m);
  return out;
}

}  // namespace muster::cli
