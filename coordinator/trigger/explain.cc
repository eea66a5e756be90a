#include "coordinator/trigger/explain.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/nearest.h"
#include "base/time_text.h"

namespace muster::coordinator {
namespace {
constexpr std::size_t kMostFactsNamed = 20;

// The monitor that a condition names; null with `out` saying so.
const MonitorState* Find(const Evidence& e, const MonitorName& name, Explanation& out) {
  const auto known = e.monitors.find(name);
  if (known != e.monitors.end()) return known->second;
  std::vector<std::string> names;
  for (const auto& [other, state] : e.monitors) names.push_back(other.value());
  out.why =
      fmt::format("no monitor is called '{}'{}", name.value(), DidYouMean(name.value(), names));
  return nullptr;
}

const Seen& SeenBefore(const Evidence& e, const MonitorName& name) {
  static const Seen kNothing;
  const auto known = e.since.find(name);
  return known == e.since.end() ? kNothing : known->second;
}

void Name(Explanation& out, const MonitorName& monitor, std::uint64_t seq) {
  if (out.facts.size() < kMostFactsNamed) out.facts.push_back(FactRef(monitor, seq));
}

// Windows of the version in service since the last firing, oldest first.
std::vector<const Window*> Fresh(const MonitorState& m, const Seen& seen, bool fired) {
  std::vector<const Window*> out;
  for (const Window& w : m.windows)
    if (w.version == m.version && (!fired || w.seq >= seen.facts)) out.push_back(&w);
  return out;
}

// The features that a window's drift is in, as far as the condition asks for them.
std::vector<const WindowFeature*> DriftedFeatures(const Window& w, const DriftCondition& c) {
  std::vector<const WindowFeature*> out;
  for (const WindowFeature& f : w.outcome.features) {
    const bool asked =
        c.fields.empty() || std::find(c.fields.begin(), c.fields.end(), f.name) != c.fields.end();
    if (f.drifted && asked) out.push_back(&f);
  }
  return out;
}

std::string FeaturesText(const std::vector<const WindowFeature*>& features, double level) {
  std::vector<const WindowFeature*> by_p = features;
  std::stable_sort(by_p.begin(), by_p.end(), [](auto* a, auto* b) { return a->p < b->p; });
  std::vector<std::string> texts;
  for (const WindowFeature* f : by_p) {
    if (texts.size() == 3) {
      texts.push_back(fmt::format("{} more", by_p.size() - 3));
      break;
    }
    texts.push_back(fmt::format("{} p={:.2g} < {:.3g}", f->name, f->p, level));
  }
  return fmt::format("{}", fmt::join(texts, ", "));
}

// How many windows without drift there have been since the firing.
std::uint32_t ClearOnes(const MonitorState& m, const Seen& seen, const DriftCondition& c) {
  std::uint32_t out = 0;
  for (const Window& w : m.windows)
    if (w.seq >= seen.facts && w.outcome.judged && DriftedFeatures(w, c).empty()) ++out;
  return out;
}

std::string WindowsText(std::uint32_t windows) {
  return windows == 1 ? "a window" : fmt::format("{} windows in a row", windows);
}

std::string AskedFields(const DriftCondition& c) {
  return c.fields.empty() ? "" : fmt::format(" of {}", fmt::join(c.fields, " or "));
}

Explanation On(const DriftCondition& c, const Evidence& e) {
  Explanation out;
  out.what = fmt::format("drift{} by monitor {} in {}", AskedFields(c), c.monitor.value(),
                         WindowsText(c.windows));
  const MonitorState* m = Find(e, c.monitor, out);
  if (m == nullptr) return out;
  const Seen& seen = SeenBefore(e, c.monitor);
  if (e.fired && seen.version == m->version) {
    const std::uint32_t clear = ClearOnes(*m, seen, c);
    if (clear < c.clear) {
      out.why = fmt::format(
          "it fired for this drift already: {} of {} windows without drift have come since", clear,
          c.clear);
      return out;
    }
  }
  const auto windows = Fresh(*m, seen, e.fired);
  std::uint32_t in_a_row = 0;
  std::string newest;
  for (auto it = windows.rbegin(); it != windows.rend() && in_a_row < c.windows; ++it) {
    const Window& w = **it;
    if (!w.outcome.judged) continue;  // Says neither that there is drift nor that there is none.
    const auto drifted = DriftedFeatures(w, c);
    if (drifted.empty()) break;
    if (in_a_row++ == 0) newest = FeaturesText(drifted, w.outcome.level);
    Name(out, c.monitor, w.seq);
  }
  out.met = in_a_row >= c.windows;
  if (in_a_row > 0)
    out.why = fmt::format("{} of {} windows in a row: {}", in_a_row, c.windows, newest);
  else if (windows.empty())
    out.why = fmt::format("no window of version {} was judged{}", m->version.value(),
                          e.fired ? " since it fired" : " yet");
  else
    out.why = "the newest judged window has no drift";
  return out;
}

// Open alarms that a quorum may count.
std::vector<const Finding*> AlarmsFor(const MonitorState& m, const DevicesCondition& c,
                                      const Evidence& e) {
  const Seen& seen = SeenBefore(e, c.monitor);
  std::vector<const Finding*> out;
  for (const Finding& f : m.findings) {
    const Duration off = f.began < e.now ? e.now - f.began : f.began - e.now;
    if (f.alarm && f.version == m.version && off <= c.within && (!e.fired || f.seq >= seen.facts) &&
        (c.rule.empty() || f.rule == c.rule) && (c.field.empty() || f.field == c.field))
      out.push_back(&f);
  }
  return out;
}

Explanation On(const DevicesCondition& c, const Evidence& e) {
  Explanation out;
  out.what = fmt::format("alarms{}{} of monitor {} on {} devices",
                         c.rule.empty() ? "" : " of rule ", c.rule, c.monitor.value(), c.least);
  if (!c.field.empty()) out.what += " in " + c.field;
  if (c.share > 0) out.what += fmt::format(" and on {:.3g}% of those that serve", c.share * 100);
  const MonitorState* m = Find(e, c.monitor, out);
  if (m == nullptr) return out;
  std::set<DeviceId> devices;
  for (const Finding* f : AlarmsFor(*m, c, e))
    if (devices.insert(f->device).second) Name(out, c.monitor, f->seq);
  const std::uint32_t serving = m->Serving(e.now);
  const double wanted = std::max<double>(c.least, std::ceil(c.share * serving));
  out.met = static_cast<double>(devices.size()) >= wanted;
  out.why = fmt::format(
      "{} of {} devices that serve version {} have an open alarm that is at most "
      "{} old; {:.0f} are asked for",
      devices.size(), serving, m->version.value(), FormatDuration(c.within), wanted);
  return out;
}

const WindowMeasure* MeasureOf(const Window& w, const std::string& name) {
  for (const WindowMeasure& m : w.outcome.measures)
    if (m.name == name) return &m;
  return nullptr;
}

// The least mean of all windows of the version.
std::optional<double> BestOf(const MonitorState& m, const std::string& measure) {
  std::optional<double> best;
  for (const Window& w : m.windows)
    if (const WindowMeasure* found = MeasureOf(w, measure); found && w.version == m.version)
      best = best ? std::min(*best, found->mean) : found->mean;
  return best;
}

// Regret as it came: each window beside the best that the version had shown by then. A later window
// that happens to be easy makes no earlier one worse.
Explanation ExplainAvoidable(const PerformanceCondition& c, const MonitorState& m,
                             const std::vector<const Window*>& fresh, Explanation out) {
  double best = std::numeric_limits<double>::infinity();
  double sum = 0;
  for (const Window& w : m.windows) {
    const WindowMeasure* found = w.version == m.version ? MeasureOf(w, c.measure) : nullptr;
    if (found == nullptr) continue;
    best = std::min(best, found->mean);
    if (found->mean == best || std::ranges::find(fresh, &w) == fresh.end()) continue;
    sum += (found->mean - best) * static_cast<double>(found->count);
    Name(out, c.monitor, w.seq);
  }
  out.met = sum >= *c.avoidable;
  out.why = fmt::format("{:.4g} of {:.4g} came over {} windows", sum, *c.avoidable, fresh.size());
  if (std::isfinite(best)) out.why += fmt::format("; the best one has {:.4g}", best);
  return out;
}

Explanation On(const PerformanceCondition& c, const Evidence& e) {
  Explanation out;
  out.what = fmt::format("{} in windows of monitor {}", c.measure, c.monitor.value());
  if (c.above) out.what += fmt::format(" above {:.4g} in {}", *c.above, WindowsText(c.windows));
  if (c.above_best)
    out.what +=
        fmt::format(" above the best by {:.4g} in {}", *c.above_best, WindowsText(c.windows));
  if (c.avoidable) out.what += fmt::format(": {:.4g} that was avoidable", *c.avoidable);
  const MonitorState* m = Find(e, c.monitor, out);
  if (m == nullptr) return out;
  const auto windows = Fresh(*m, SeenBefore(e, c.monitor), e.fired);
  if (c.avoidable) return ExplainAvoidable(c, *m, windows, std::move(out));
  const double limit = c.above ? *c.above : BestOf(*m, c.measure).value_or(0) + *c.above_best;
  std::uint32_t in_a_row = 0;
  std::optional<double> newest;
  for (auto it = windows.rbegin(); it != windows.rend() && in_a_row < c.windows; ++it) {
    const WindowMeasure* found = MeasureOf(**it, c.measure);
    if (found == nullptr) continue;
    if (!newest) newest = found->mean;
    if (!(found->mean > limit)) break;
    ++in_a_row;
    Name(out, c.monitor, (*it)->seq);
  }
  out.met = in_a_row >= c.windows;
  out.why = newest ? fmt::format(
                         "{} of {} windows in a row: the newest has {:.4g}, the limit is "
                         "{:.4g}",
                         in_a_row, c.windows, *newest, limit)
                   : fmt::format("no window of version {} has any {}{}", m->version.value(),
                                 c.measure, e.fired ? " since it fired" : " yet");
  return out;
}

Explanation On(const ScheduleCondition& c, const Evidence& e) {
  Explanation out;
  out.what = fmt::format("{} since it {}", FormatDuration(c.every),
                         e.fired ? "last fired" : "was applied");
  out.met = e.now >= e.since_at + c.every;
  out.why = out.met ? fmt::format("that was at {}", FormatTime(e.since_at))
                    : fmt::format("that is at {}", FormatTime(e.since_at + c.every));
  return out;
}

Explanation On(const VolumeCondition& c, const Evidence& e) {
  Explanation out;
  out.what =
      fmt::format("{} rows served since it {}", c.rows, e.fired ? "last fired" : "was applied");
  std::optional<std::uint64_t> most;
  for (const auto& [name, m] : e.monitors) {
    if (m->spec.model != e.model) continue;
    const std::uint64_t before = std::min(SeenBefore(e, name).rows, m->rows_served);
    most = std::max(most.value_or(0), m->rows_served - before);
  }
  out.met = most && *most >= c.rows;
  out.why = most ? fmt::format("{} rows have come", *most)
                 : fmt::format("no monitor hears what {} serves", e.model.value());
  return out;
}

Explanation On(const FeedbackCondition& c, const Evidence& e) {
  Explanation out;
  out.what =
      fmt::format("{} times {} of monitor {} since it {}", c.count, fmt::join(c.verdicts, " or "),
                  c.monitor.value(), e.fired ? "last fired" : "was applied");
  const MonitorState* m = Find(e, c.monitor, out);
  if (m == nullptr) return out;
  const Seen& seen = SeenBefore(e, c.monitor);
  std::uint64_t count = 0;
  for (const std::string& verdict : c.verdicts) {
    const auto now = m->feedback.find(verdict);
    const auto before = seen.feedback.find(verdict);
    if (now != m->feedback.end())
      count += now->second - (before == seen.feedback.end() ? 0 : before->second);
  }
  out.met = count >= c.count;
  out.why = fmt::format("it was said {} times", count);
  return out;
}

Explanation OfList(const char* what, const std::vector<Condition>& conditions, const Evidence& e) {
  Explanation out;
  out.what = what;
  for (const Condition& part : conditions) out.parts.push_back(Explain(part, e));
  return out;
}
std::string MetText(const Explanation& list) {
  const auto met = std::count_if(list.parts.begin(), list.parts.end(),
                                 [](const Explanation& part) { return part.met; });
  return fmt::format("{} of {} hold", met, list.parts.size());
}
Explanation On(const AnyOf& c, const Evidence& e) {
  Explanation out = OfList("any of these", c.parts, e);
  out.met = std::any_of(out.parts.begin(), out.parts.end(), [](const auto& p) { return p.met; });
  out.why = MetText(out);
  return out;
}
Explanation On(const AllOf& c, const Evidence& e) {
  Explanation out = OfList("all of these", c.parts, e);
  out.met = std::all_of(out.parts.begin(), out.parts.end(), [](const auto& p) { return p.met; });
  out.why = MetText(out);
  return out;
}

// --- Devices ---

void Add(const DriftCondition& c, const Evidence& e, std::set<DeviceId>& out) {
  const auto known = e.monitors.find(c.monitor);
  if (known == e.monitors.end()) return;
  const MonitorState& m = *known->second;
  std::set<std::string> fields;
  for (const Window* w : Fresh(m, SeenBefore(e, c.monitor), e.fired)) {
    if (!w->outcome.judged) continue;
    fields.clear();
    for (const WindowFeature* f : DriftedFeatures(*w, c)) fields.insert(f->name);
  }
  std::set<DeviceId> in_fields;
  std::set<DeviceId> any;
  for (const Finding& f : m.findings) {
    if (!f.alarm || f.version != m.version) continue;
    any.insert(f.device);
    if (fields.contains(f.field)) in_fields.insert(f.device);
  }
  const std::set<DeviceId>& found = in_fields.empty() ? any : in_fields;
  out.insert(found.begin(), found.end());
}
void Add(const DevicesCondition& c, const Evidence& e, std::set<DeviceId>& out) {
  const auto known = e.monitors.find(c.monitor);
  if (known == e.monitors.end()) return;
  for (const Finding* f : AlarmsFor(*known->second, c, e)) out.insert(f->device);
}
void Add(const Condition& condition, const Evidence& e, std::set<DeviceId>& out) {
  if (!Explain(condition, e).met) return;
  std::visit(
      [&](const auto& c) {
        using C = std::decay_t<decltype(c)>;
        if constexpr (requires { c.parts; })
          for (const Condition& part : c.parts) Add(part, e, out);
        else if constexpr (std::is_same_v<C, DriftCondition> || std::is_same_v<C, DevicesCondition>)
          Add(c, e, out);
      },
      condition.of);
}
}  // namespace

Seen SeenOf(const MonitorState& monitor) {
  return {monitor.next_seq, monitor.rows_served, monitor.feedback, monitor.version};
}

Explanation Explain(const Condition& condition, const Evidence& evidence) {
  return std::visit([&](const auto& c) { return On(c, evidence); }, condition.of);
}

std::set<DeviceId> DriftedDevices(const Condition& condition, const Evidence& evidence) {
  std::set<DeviceId> out;
  Add(condition, evidence, out);
  return out;
}

Json ToJson(const Explanation& e) {
  Json out{{"what", e.what}, {"met", e.met}, {"why", e.why}};
  if (!e.facts.empty()) out["facts"] = e.facts;
  if (e.parts.empty()) return out;
  Json parts = Json::array();
  for (const Explanation& part : e.parts) parts.push_back(ToJson(part));
  out["parts"] = std::move(parts);
  return out;
}

StatusOr<Explanation> ExplanationFrom(const Json& json) {
  JsonReader r(json);
  Explanation out;
  out.what = r.Text("what");
  out.met = r.Bool("met");
  out.why = r.Text("why");
  if (r.Has("facts")) out.facts = r.Texts("facts");
  MUSTER_TRY(r.status());
  if (!r.Has("parts")) return out;
  for (const Json& part : r.At("parts")) {
    MUSTER_ASSIGN(out.parts.emplace_back(), ExplanationFrom(part));
  }
  return out;
}

}  // namespace muster::coordinator
