// The page of `muster drift report --html`: plain HTML and SVG, nothing loaded, nothing run.
#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "cli/drift_page_style.h"
#include "cli/drift_plots.h"
#include "cli/drift_report.h"
#include "cli/html.h"
#include "cli/loop.h"
#include "cli/pairs.h"
#include "cli/text.h"

namespace muster::cli {
namespace {
constexpr std::size_t kMostDrawn = 24;    // Features drawn; more are in the table below.
constexpr std::size_t kMostColumns = 24;  // Of the heat map.
constexpr std::size_t kMostGroups = 200;  // Its rows.
constexpr std::size_t kMostDepth = 16;    // Of an explanation.
constexpr char kPrediction[] = "$prediction";

std::string Section(const std::string& title, const std::string& body) {
  return fmt::format("<section><h2>{}</h2>{}</section>\n", title, body);
}
std::string Note(const std::string& text) {  // Already markup.
  return fmt::format("<p class=\"dim\">{}</p>", text);
}
std::string Badge(const char* kind, const std::string& text) {
  return fmt::format("<span class=\"badge {}\">{}</span>", kind, Escaped(text));
}
std::string Code(const std::string& text) {
  return text.empty() ? "" : fmt::format("<code>{}</code>", Escaped(text));
}

Windows WindowsOf(const DriftReport& report) {
  Windows out;
  for (const auto& w : report.monitor.windows())
    if (!w.reference()) out.push_back(&w);
  return out;
}

std::uint32_t LeastShown(const DriftReport& report) {
  constexpr std::uint32_t kDefaultShard = 5;
  const std::uint32_t shard = report.monitor.monitor().fleet().shard();
  return shard > 0 ? shard : kDefaultShard;
}

// Headline.

std::string HeadlineHtml(const DriftHeadline& h) {
  using State = DriftHeadline::State;
  const char* kind = h.state == State::kDrifted  ? "drifted"
                     : h.state == State::kSteady ? "steady"
                                                 : "unjudged";
  std::string out = fmt::format("<div class=\"head {}\"><strong>{}</strong>", kind, h.text);
  if (!h.why.empty()) out += fmt::format("<p>{}</p>", Escaped(h.why));
  if (h.window == nullptr) return out + "</div>";
  std::vector<std::string> named;
  for (const auto* f : ByEvidence(h.window->features()))
    if (f->drifted() && named.size() < 6)
      named.push_back(fmt::format("{} (p {})", Escaped(f->name()), Escaped(PText(f->p()))));
  if (!named.empty()) out += fmt::format("<p>{}</p>", fmt::join(named, ", "));
  const char* before = h.state == State::kNotJudged ? "Last judged: " : "";
  return out + fmt::format(
                   "<p class=\"dim\">{}{} since {}, {} judged window{} in a row; newest: "
                   "window {} of version {} {}</p></div>",
                   before, h.window->drifted() ? "drifted" : "no drift", PageTime(h.since_unix_ms),
                   h.run, h.run == 1 ? "" : "s", h.window->epoch(), h.window->version(),
                   Code(h.window->fact()));
}

std::string Tile(const std::string& figure, const std::string& what) {
  return fmt::format("<div class=\"tile\"><b>{}</b>{}</div>", figure, what);
}

std::string TilesHtml(const DriftReport& report, const DriftHeadline& h) {
  std::uint64_t judged = 0, drifted = 0, firings = 0;
  for (const auto* w : WindowsOf(report)) {
    judged += w->judged() ? 1 : 0;
    drifted += w->judged() && w->drifted() ? 1 : 0;
  }
  for (const auto& t : report.triggers) firings += static_cast<std::uint64_t>(t.firings_size());
  std::string out =
      Tile(report.monitor.version() == 0 ? "none" : fmt::format("{}", report.monitor.version()),
           "version in service");
  out += Tile(fmt::format("{} of {}", drifted, judged), "judged windows drifted");
  if (h.window != nullptr)
    out += Tile(fmt::format("{} in {}", Thousands(h.window->devices()), h.window->shards()),
                "devices, and shards") +
           Tile(Thousands(h.window->rows()), "rows in the window");
  out += Tile(fmt::format("{}", OpenFindingsOf(report.monitor).devices), "devices with an alarm");
  return "<div class=\"tiles\">" + out + Tile(fmt::format("{}", firings), "firings") + "</div>";
}

// Distributions.

std::string FeatureCard(const v1::FeatureView& f) {
  const bool tested = f.why().empty();
  const std::string badge = !tested       ? Badge("warn", "not tested")
                            : f.drifted() ? Badge("bad", "▲ drifted")
                                          : Badge("good", "no drift");
  std::string out = fmt::format("<div class=\"card{}\"><h3><span>{}</span>{}</h3>",
                                f.drifted() ? " drifted" : "", Escaped(f.name()), badge);
  const std::string plot = DistributionPlot(f);
  out += plot.empty() ? Note("no distribution to compare") : plot;
  if (!tested) return out + fmt::format("<small>{}</small></div>", Escaped(f.why()));
  return out + fmt::format("<small>p {}, PSI {}, distance {}{}</small></div>",
                           Escaped(PText(f.p())), Rough(f.psi()), Rough(f.distance()),
                           BaselineText(f));
}

std::string RestTable(const std::vector<const v1::FeatureView*>& features) {
  std::string out =
      "<div class=\"wide\"><table><tr><th>feature<th>verdict<th class=\"num\">p<th "
      "class=\"num\">PSI<th class=\"num\">distance</tr>";
  for (std::size_t i = kMostDrawn; i < features.size(); ++i) {
    const v1::FeatureView& f = *features[i];
    const bool tested = f.why().empty();
    out += fmt::format(
        "<tr><td>{}<td>{}<td class=\"num\">{}<td class=\"num\">{}<td "
        "class=\"num\">{}</tr>",
        Escaped(f.name()),
        !tested       ? "not tested: " + Escaped(f.why())
        : f.drifted() ? "drifted" + BaselineText(f)
                      : "-" + BaselineText(f),
        tested ? Escaped(PText(f.p())) : "-", tested ? Rough(f.psi()) : "-",
        tested ? Rough(f.distance()) : "-");
  }
  return out + "</table></div>";
}

constexpr char kDistributionLegend[] =
    "<div class=\"legend\"><span><i class=\"key t\"></i>then: the version's reference; of "
    "predictions, the window that is their baseline</span>"
    "<span><i class=\"key n\"></i>now: this window</span><span>&lt; and &gt;: outside the declared "
    "range, ∅: without a value</span></div>";

std::string CardsHtml(const std::vector<const v1::FeatureView*>& features) {
  std::string out = kDistributionLegend;
  out += "<div class=\"cards\">";
  for (std::size_t i = 0; i < std::min(kMostDrawn, features.size()); ++i)
    out += FeatureCard(*features[i]);
  out += "</div>";
  return features.size() > kMostDrawn ? out + "<h3>More features</h3>" + RestTable(features) : out;
}

std::string DistributionsHtml(const DriftReport& report, const DriftHeadline& h) {
  if (h.window == nullptr)
    return Section("Distributions then and now", Note("No window has been judged yet."));
  std::string out = Section(fmt::format("Distributions then and now: window {}", h.window->epoch()),
                            Note(fmt::format("Ended {}. Those that drifted come first.",
                                             PageTime(h.window->ended_unix_ms()))) +
                                CardsHtml(ByEvidence(h.window->features())));
  const v1::WindowView* last = LastDrift(report);
  if (last == nullptr || h.window->drifted()) return out;
  std::vector<const v1::FeatureView*> drifted = ByEvidence(last->features());
  std::erase_if(drifted, [](const v1::FeatureView* f) { return !f->drifted(); });
  return out +
         Section(fmt::format("At the last drift: window {}", last->epoch()),
                 Note(fmt::format("Ended {}, of version {}. {}", PageTime(last->ended_unix_ms()),
                                  last->version(), Code(last->fact()))) +
                     CardsHtml(drifted));
}

// Timelines.

std::vector<TimelineMark> MarksOf(const DriftReport& report) {
  std::vector<TimelineMark> out;
  for (const auto& t : report.triggers)
    for (const auto& f : t.firings())
      out.push_back(
          {TimelineMark::Kind::kFiring, f.fired_unix_ms(), fmt::format("fired {}", f.number())});
  for (const auto& move : report.moves.moves())
    if (move.version() > 0)
      out.push_back(
          {TimelineMark::Kind::kVersion, move.at_unix_ms(), fmt::format("v{}", move.version())});
  std::ranges::stable_sort(out, {}, &TimelineMark::at_unix_ms);
  return out;
}

// Features by their strongest evidence over all windows.
std::vector<std::string> FeaturesByEvidence(const Windows& windows) {
  std::map<std::string, double> least;
  for (const auto* w : windows)
    for (const auto& f : w->features()) {
      const double p = f.why().empty() && std::isfinite(f.p()) ? f.p() : 2;
      const auto [it, fresh] = least.emplace(f.name(), p);
      if (!fresh) it->second = std::min(it->second, p);
    }
  std::vector<std::pair<double, std::string>> order;
  for (const auto& [name, p] : least) order.emplace_back(p, name);
  std::ranges::sort(order);
  std::vector<std::string> out;
  for (auto& item : order) out.push_back(std::move(item.second));
  return out;
}

std::string MarksLegend() {
  return "<span><i class=\"key f\"></i>a trigger fired</span><span><i class=\"key v\"></i>a "
         "version "
         "came into service</span>";
}

std::string TimelineHtml(const DriftReport& report, const Windows& windows) {
  std::vector<std::string> features = FeaturesByEvidence(windows);
  if (features.empty()) return Section("Windows over time", Note("No window has been judged yet."));
  const std::size_t all = features.size();
  if (all > kMostDrawn) features.resize(kMostDrawn);
  std::string out =
      Note(
          "How surprising each window was: p = 1 at the bottom of a row, 1e-8 and less at its top. "
          "Times are UTC.") +
      fmt::format(
          "<div class=\"legend\"><span class=\"bad\">▲ drifted</span><span><i class=\"key "
          "l\"></i>level, now {}</span><span class=\"warn\">× not judged</span>{}</div>",
          Real(report.monitor.level()), MarksLegend()) +
      "<div class=\"wide late\">" + EvidenceTimeline(windows, features, MarksOf(report)) + "</div>";
  if (all > kMostDrawn)
    out += Note(fmt::format("{} more features, of less evidence, are left out.", all - kMostDrawn));
  return Section("Windows over time", out);
}

std::string ErrorHtml(const DriftReport& report, const Windows& windows) {
  const std::string plot = windows.empty() ? "" : ErrorTimeline(windows, MarksOf(report));
  if (plot.empty())
    return Section(
        "Error over time",
        Note("No window has a measure: labels are not known yet, or the monitor does not "
             "ask for <code>error</code> or <code>expected_error</code>."));
  return Section(
      "Error over time",
      Note("error: the mean over rows whose label is known (of a binary label the share that was "
           "wrong). expected: what the model's own certainty makes one expect, without labels; it "
           "cannot see what the model does not know. root of squared: the root of the mean squared "
           "error.") +
          "<div class=\"legend\">" + MarksLegend() + "</div><div class=\"wide late\">" + plot +
          "</div>");
}

// Cohorts.

std::string HeatCell(const v1::FeatureView* f) {
  if (f == nullptr) return "<td>";
  if (!f->why().empty() || !std::isfinite(f->p()))
    return fmt::format("<td title=\"{}\">·", Escaped(f->why()));
  const double strength = std::clamp(-std::log10(std::max(f->p(), 1e-12)) / 8, 0.0, 1.0);
  return fmt::format("<td{} style=\"background:rgba(213,94,0,{:.2f})\" title=\"p {}, PSI {}\">{}{}",
                     f->drifted() ? " class=\"hot\"" : "", strength * 0.75, Escaped(PText(f->p())),
                     Rough(f->psi()), f->drifted() ? "▲ " : "",
                     fmt::format("{:.1g}", std::max(f->p(), 1e-12)));
}

std::string GroupsTable(const v1::WindowView& window) {
  std::vector<std::string> columns;
  std::set<std::string> grouped;
  for (const auto& g : window.groups())
    for (const auto& f : g.features()) grouped.insert(f.name());
  for (const auto* f : ByEvidence(window.features()))
    if (columns.size() < kMostColumns && grouped.contains(f->name())) columns.push_back(f->name());
  std::string out = "<div class=\"wide\"><table class=\"heat\"><tr><th>group<th>devices";
  for (const auto& name : columns) out += "<th>" + Escaped(Clip(Clean(name), 14));
  std::size_t shown = 0;
  for (const auto& g : window.groups()) {
    if (++shown > kMostGroups) break;
    out += fmt::format("<tr><th>{}<td>{}", Escaped(PairsText(g.labels())), g.devices());
    for (const auto& name : columns) {
      const auto& all = g.features();
      const auto f = std::ranges::find(all, name, &v1::FeatureView::name);
      out += HeatCell(f == all.end() ? nullptr : &*f);
    }
  }
  out += "</table></div>";
  const auto all = static_cast<std::size_t>(window.groups_size());
  return all > kMostGroups ? out + Note(fmt::format("{} more groups", all - kMostGroups)) : out;
}

std::string CountText(std::uint64_t devices, std::uint32_t least) {
  return devices < least ? fmt::format("&lt; {}", least) : fmt::format("{}", devices);
}

std::string FindingsTable(const OpenFindings& open, std::uint32_t least) {
  std::set<std::string> rules, fields;
  std::map<std::pair<std::string, std::string>, std::uint64_t> counts;
  std::uint64_t most = 1;
  for (const auto& cell : open.cells) {
    counts[{cell.rule, cell.field}] = cell.devices;
    most = std::max(most, cell.devices);
    if (rules.size() < 64) rules.insert(cell.rule);
    if (fields.size() < kMostColumns) fields.insert(cell.field);
  }
  std::string out = "<div class=\"wide\"><table class=\"heat\"><tr><th>rule";
  for (const auto& field : fields)
    out += "<th>" + (field.empty() ? "rows" : Escaped(Clip(Clean(field), 14)));
  for (const auto& rule : rules) {
    out += "<tr><th>" + Escaped(rule);
    for (const auto& field : fields) {
      const auto it = counts.find({rule, field});
      if (it == counts.end()) {
        out += "<td>";
        continue;
      }
      const double strength =
          it->second < least ? 0.1
                             : static_cast<double>(it->second) / static_cast<double>(most) * 0.75;
      out += fmt::format("<td style=\"background:rgba(213,94,0,{:.2f})\">{}", strength,
                         CountText(it->second, least));
    }
  }
  return out + "</table></div>";
}

std::string CohortsHtml(const DriftReport& report) {
  const v1::WindowView* grouped = nullptr;
  const v1::WindowView* drifted = nullptr;
  for (const auto* w : WindowsOf(report)) {
    if (!w->judged() || w->groups().empty()) continue;
    grouped = w;
    if (w->drifted()) drifted = w;
  }
  std::string out;
  // Of groups the newest window that drifted says more than a newer one that did not.
  if (const v1::WindowView* shown = drifted != nullptr ? drifted : grouped) {
    out +=
        Note(fmt::format("Groups of window {}, ended {}: p of each feature in each group; ▲ "
                         "drifted there. Groups of fewer than {} devices are never looked at.",
                         shown->epoch(), PageTime(shown->ended_unix_ms()), LeastShown(report)));
    out += GroupsTable(*shown);
  }
  const OpenFindings open = OpenFindingsOf(report.monitor);
  if (open.devices > 0) {
    out += "<h3>Devices whose own rules have an open alarm</h3>";
    out += Note(
        fmt::format("By rule and field. Fewer than {} are not counted out.", LeastShown(report)));
    out += FindingsTable(open, LeastShown(report));
  }
  if (out.empty())
    out = Note(
        "No window was looked at by groups (<code>fleet.drill</code> names the labels), and "
        "no device has an open alarm.");
  return Section("Where: cohorts", out);
}

// The prediction.

constexpr char kNotACause[] =
    "What this is: the features that moved most, beside the prediction's own move; r says how far "
    "their distances rose and fell with the prediction's, window by window (Pearson's "
    "correlation). "
    "What it is not: a cause. No attribution of predictions to features is summed over the fleet, "
    "so "
    "a feature far up may be one that the model hardly uses.";

std::string PredictionHtml(const DriftReport& report, const DriftHeadline& h) {
  const std::string title = "What moved with the prediction";
  const v1::WindowView* window = h.window;
  if (window == nullptr) return Section(title, Note("No window has been judged yet."));
  if (!window->drifted() && LastDrift(report) != nullptr) window = LastDrift(report);
  const std::string bars = DistanceBars(WindowsOf(report), *window);
  if (bars.empty()) return Section(title, Note("No feature was tested."));
  std::string out = Note(fmt::format(
      "Window {}, ended {}: how far each feature, and the prediction itself, is from where it was.",
      window->epoch(), PageTime(window->ended_unix_ms())));
  out += "<div class=\"wide\">" + bars + "</div>";
  const bool watched = std::ranges::any_of(
      window->features(), [](const v1::FeatureView& f) { return f.name() == kPrediction; });
  if (!watched) out += Note("The prediction is not watched (<code>fleet.prediction</code>).");
  return Section(title, out + Note(kNotACause));
}

// Rules.

// "9 of 11 judged (82 %, 52 to 95 %)": the 95 % interval is Wilson's.
std::string PrecisionText(const v1::RuleRecord& r) {
  const double right = static_cast<double>(r.confirmed());
  const double n = right + static_cast<double>(r.false_positives());
  if (n == 0) return "nobody has said";
  constexpr double z = 1.96;
  const double p = right / n, middle = (p + z * z / (2 * n)) / (1 + z * z / n);
  const double half = z * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n);
  return fmt::format("{:.0f} of {:.0f} judged ({:.0f} %; 95 % interval {:.0f} to {:.0f} %)", right,
                     n, 100 * p, 100 * std::max(0.0, middle - half),
                     100 * std::min(1.0, middle + half));
}

std::string RulesHtml(const DriftReport& report) {
  const v1::MonitorView& m = report.monitor;
  std::string out;
  const double declared = m.monitor().fleet().level() > 0 ? m.monitor().fleet().level() : 0.01;
  if (m.monitor().has_fleet())
    out += Note(fmt::format(
        "The fleet's test alarms at level {}{}.", Real(m.level()),
        m.level() < declared
            ? fmt::format(", lowered from {} by what people said of its alarms", Real(declared))
            : ""));
  if (m.rules().empty()) return Section("Rules", out + Note("No rule has alarmed yet."));
  out +=
      "<div class=\"wide\"><table><tr><th>rule<th class=\"num\">alarms<th "
      "class=\"num\">confirmed<th class=\"num\">false<th class=\"num\">missed<th>right, as people "
      "say</tr>";
  for (const auto& r : m.rules())
    out += fmt::format(
        "<tr><td>{}<td class=\"num\">{}<td class=\"num\">{}<td class=\"num\">{}<td "
        "class=\"num\">{}<td>{}</tr>",
        r.rule() == "fleet" ? "the fleet's test" : Escaped(r.rule()), Thousands(r.alarms()),
        Thousands(r.confirmed()), Thousands(r.false_positives()), Thousands(r.missed()),
        PrecisionText(r));
  return Section("Rules", out + "</table></div>");
}

// Triggers.

std::string ExplanationHtml(const v1::Explanation& e, std::size_t depth) {
  std::string out = fmt::format(
      "<li>{} {}", e.met() ? "<span class=\"good\">✓</span>" : "<span class=\"dim\">✗</span>",
      Escaped(e.what()));
  if (!e.why().empty()) out += ": " + Escaped(e.why());
  for (const auto& fact : e.facts()) out += " " + Code(fact);
  if (e.parts().empty() || depth >= kMostDepth) return out;
  out += "<ul class=\"tree\">";
  for (const auto& part : e.parts()) out += ExplanationHtml(part, depth + 1);
  return out + "</ul>";
}

std::string GatesText(const v1::Firing& f) {
  std::vector<std::string> out;
  for (const auto& v : f.verdicts())
    out.push_back(fmt::format("{} {}{}", v.passed() ? "✓" : "✗", Escaped(v.gate()),
                              v.reason().empty() ? "" : ": " + Escaped(v.reason())));
  return fmt::format("{}", fmt::join(out, "<br>"));
}

std::string FiringRow(const v1::Firing& f) {
  const char* kind = IsFailed(f) ? "bad" : f.state() == "promoted" ? "good" : "warn";
  std::string came =
      f.version() > 0 ? fmt::format("{} → {}", f.base_version(), f.version()) : std::string("-");
  return fmt::format(
      "<tr><td>{}<td>{}<td>{}{}<td class=\"text\">{}<td>{}<td>{}<td>{}<td class=\"text\">{}</tr>",
      f.number(), PageTime(f.fired_unix_ms()), Badge(kind, f.state()),
      f.why().empty() ? "" : "<br>" + Escaped(f.why()),
      Escaped(GroundsOf(f.evidence())) + (f.fact().empty() ? "" : "<br>" + Code(f.fact())),
      Escaped(f.campaign()),
      f.drifted_devices() + f.other_devices() > 0
          ? fmt::format("{} + {}", f.drifted_devices(), f.other_devices())
          : "-",
      came, GatesText(f));
}

std::string TriggersHtml(const DriftReport& report) {
  if (report.triggers.empty())
    return Section("Triggers", Note("No trigger listens to this monitor: what it finds starts "
                                    "nothing."));
  std::string out;
  for (const auto& t : report.triggers) {
    out += fmt::format("<h3>{} <span class=\"badge warn\">{}</span></h3>",
                       Escaped(t.trigger().name()), Escaped(t.phase()));
    if (!t.why().empty()) out += fmt::format("<p>{}</p>", Escaped(t.why()));
    out += "<ul class=\"tree\">" + ExplanationHtml(t.explanation(), 0) + "</ul>";
    if (t.firings().empty()) {
      out += Note("It has not fired yet.");
      continue;
    }
    out +=
        "<div class=\"wide\"><table><tr><th>#<th>fired<th>state<th>because<th>campaign<th>devices "
        "(drifted + others)<th>version<th>gates</tr>";
    for (auto f = t.firings().rbegin(); f != t.firings().rend(); ++f) out += FiringRow(*f);
    out += "</table></div>";
  }
  return Section("Triggers", out);
}

// Versions.

// Those that windows, firings or the alias name.
std::set<std::uint64_t> VersionsNamed(const DriftReport& report) {
  std::set<std::uint64_t> out = {report.monitor.version()};
  for (const auto* w : WindowsOf(report)) out.insert(w->version());
  for (const auto& move : report.moves.moves()) out.insert(move.version());
  for (const auto& t : report.triggers)
    for (const auto& f : t.firings()) {
      out.insert(f.version());
      out.insert(f.base_version());
    }
  return out;
}

std::string SlicesText(const v1::ModelVersion& v) {
  std::vector<std::string> out;
  for (const auto& [name, slice] : std::map(v.slices().begin(), v.slices().end()))
    out.push_back(Escaped(name + ": " + PairsText(slice.metrics())));
  return fmt::format("{}", fmt::join(out, "<br>"));
}

// The metrics, and those that its campaign measured of the version it was trained from.
std::string MeasuredText(const v1::ModelVersion& v) {
  std::string out = Escaped(PairsText(v.metrics()));
  if (!v.lineage().has_baseline()) return out;
  const v1::Baseline& b = v.lineage().baseline();
  out += fmt::format("<br><span class=\"dim\">v{} beside it: {}", b.version(),
                     Escaped(PairsText(b.metrics())));
  for (const auto& [name, slice] : std::map(b.slices().begin(), b.slices().end()))
    out += "<br>" + Escaped(name + ": " + PairsText(slice.metrics()));
  return out + "</span>";
}

std::string ServedText(const DriftReport& report, std::uint64_t version) {
  std::vector<std::string> out;
  for (const auto& move : report.moves.moves())
    if (move.version() == version)
      out.push_back(fmt::format("{} to {}", PageTime(move.at_unix_ms()),
                                move.until_unix_ms() > 0 ? PageTime(move.until_unix_ms()) : "now"));
  return out.empty() ? "-" : fmt::format("{}", fmt::join(out, "<br>"));
}

std::string VersionsHtml(const DriftReport& report) {
  const std::set<std::uint64_t> named = VersionsNamed(report);
  std::string rows;
  for (auto v = report.model.versions().rbegin(); v != report.model.versions().rend(); ++v) {
    if (!named.contains(v->version())) continue;
    rows += fmt::format("<tr><td>{}<td>{}<td>{}<td>{}<td class=\"slices\">{}<td>{}<td>{}</tr>",
                        v->version(), PageTime(v->created_unix_ms()),
                        v->campaign().empty()
                            ? "a file"
                            : fmt::format("v{}, {}", v->parent(), Escaped(v->campaign())),
                        MeasuredText(*v), SlicesText(*v), ServedText(report, v->version()),
                        Code(ShortDigest(v->params_digest())));
  }
  if (rows.empty()) return Section("Versions", Note("The model has no version yet."));
  return Section(
      "Versions",
      "<div class=\"wide\"><table><tr><th>version<th>made<th>from<th>metrics<th>slices<th>"
      "in service<th>digest</tr>" +
          rows + "</table></div>");
}

constexpr char kFooter[] =
    "<footer><p>p: how often a window without drift would look at least as unlike the reference, "
    "by "
    "how much shards of devices differ among themselves, corrected over all features of the window "
    "(Holm). PSI and distance say how far, not how surely. A window drifts when any feature's p is "
    "below the level.</p><p>All figures are sums over shards of devices that the coordinator got "
    "by "
    "secure aggregation; it has no row of a device and none of its counts. What stands as "
    "<code>monitor/NAME#N</code> or <code>trigger/NAME#N</code> is a fact of the audit log: "
    "<code>muster audit export</code>.</p></footer>";

}  // namespace

std::string DriftPage(const DriftReport& report) {
  const DriftHeadline headline = HeadlineOf(report);
  const Windows windows = WindowsOf(report);
  const v1::Monitor& monitor = report.monitor.monitor();
  std::string out = fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
      "content=\"width=device-width,initial-scale=1\"><meta http-equiv=\"Content-Security-Policy\" "
      "content=\"default-src 'none'; style-src 'unsafe-inline'\"><title>Drift of {0}</title>"
      "<style>{1}</style></head><body><h1>Drift of {0}</h1><p class=\"dim\">model {2}, alias {3}; "
      "monitor {4}; made {5}</p>\n",
      Escaped(monitor.name()), kDriftPageStyle, Escaped(monitor.model()),
      Escaped(monitor.alias().empty() ? "champion" : monitor.alias()),
      Escaped(report.monitor.phase()), PageTime(UnixMillis(report.made)));
  if (!monitor.description().empty()) out += "<p>" + Escaped(monitor.description()) + "</p>";
  out += HeadlineHtml(headline) + TilesHtml(report, headline);
  out += DistributionsHtml(report, headline) + TimelineHtml(report, windows);
  out += ErrorHtml(report, windows) + CohortsHtml(report) + PredictionHtml(report, headline);
  out += RulesHtml(report) + TriggersHtml(report) + VersionsHtml(report);
  return out + kFooter + "</body></html>\n";
}

}  // namespace muster::cli
