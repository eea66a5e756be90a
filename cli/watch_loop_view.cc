#include "cli/watch_loop_view.h"

#include <algorithm>
#include <cmath>

#include "cli/pairs.h"
#include "cli/views.h"

namespace muster::cli {
namespace {
constexpr int kBarCells = 24;
constexpr std::size_t kMostFeatures = 4;  // Named of a window; more are counted.
constexpr std::size_t kMostCells = 3;     // Of the open findings, likewise.

// "drift      turbofan": what a node is, and then which.
std::string Head(std::string_view what, const std::string& text) {
  return fmt::format("{:<9} {}", what, text);
}
// The fact that a node stands for: at the end of its line, so that a narrow screen cuts it first.
std::string FactText(const std::string& fact, const Paint& paint) {
  return fact.empty() ? "" : paint.Dim("  " + Clean(fact));
}
std::string WhyText(const std::string& why) { return why.empty() ? "" : "  " + Clean(why); }

// Drift.

std::string VerdictText(const v1::WindowView& w, const Paint& paint) {
  if (!w.judged()) return paint.Warn("not judged") + WhyText(w.why());
  return w.drifted() ? paint.Bad("drifted") : paint.Good("no drift");
}

// "s11 p=1.2e-05, s4 p=0.003, 2 more" of the drifted features; of none, that nearest to it.
std::string FeaturesText(const v1::WindowView& w) {
  const auto features = ByEvidence(w.features());
  std::vector<std::string> parts;
  std::size_t drifted = 0;
  for (const auto* f : features) {
    if (w.drifted() && !f->drifted()) break;
    if (!f->why().empty() || !std::isfinite(f->p())) break;
    if (++drifted <= (w.drifted() ? kMostFeatures : 1))
      parts.push_back(fmt::format("{} p={}", Clean(f->name()), Rough(f->p())));
  }
  if (w.drifted() && drifted > parts.size())
    parts.push_back(fmt::format("{} more", drifted - parts.size()));
  return parts.empty() ? "" : fmt::format("  {}", fmt::join(parts, ", "));
}

std::string WindowText(const v1::WindowView& w, Timestamp now, const Paint& paint) {
  std::string out =
      fmt::format("window {}  {}{}", w.epoch(), VerdictText(w, paint), FeaturesText(w));
  if (w.devices() > 0) out += fmt::format("  {} devices", w.devices());
  if (w.shards() > 0) out += fmt::format(" in {} shards", w.shards());
  return out + "  " + Ago(now, w.ended_unix_ms()) + FactText(w.fact(), paint);
}

// A sign a window, the newest last: ▲ drifted, · not, ? not judged.
std::string WindowsText(const v1::MonitorView& monitor) {
  std::vector<std::string> signs;
  std::uint64_t drifted = 0;
  for (const auto& w : monitor.windows()) {
    if (w.reference()) continue;
    signs.push_back(!w.judged() ? "?" : w.drifted() ? "▲" : "·");
    drifted += w.judged() && w.drifted() ? 1 : 0;
  }
  const std::size_t count = signs.size();
  if (count > kBarCells) signs.erase(signs.begin(), signs.end() - kBarCells);
  return fmt::format("windows  {}  {} of {} drifted", fmt::join(signs, ""), drifted, count);
}

void AddMeasures(const v1::MonitorView& monitor, const Paint& paint, TreeNode& node) {
  std::map<std::string, std::vector<double>> series;
  for (const auto& w : monitor.windows())
    for (const auto& m : w.measures())
      if (!w.reference() && m.count() > 0) series[m.name()].push_back(m.mean());
  for (const auto& [name, values] : series)
    node.Add(fmt::format("{}  {}  {}", Clean(name), Sparkline(values, kBarCells),
                         paint.Bold(Real(values.back()))));
}

void AddFindings(const v1::MonitorView& monitor, Timestamp now, const Paint& paint,
                 TreeNode& node) {
  const OpenFindings open = OpenFindingsOf(monitor);
  if (open.devices == 0) return;
  std::vector<std::string> parts;
  for (const auto& cell : open.cells)
    if (parts.size() < kMostCells)
      parts.push_back(fmt::format("{}{} on {}", Clean(cell.rule),
                                  cell.field.empty() ? "" : " of " + Clean(cell.field),
                                  cell.devices));
  if (open.cells.size() > parts.size())
    parts.push_back(fmt::format("{} more", open.cells.size() - parts.size()));
  node.Add(fmt::format(
      "alarms   {}  {}  newest {}",
      paint.Warn(fmt::format("{} device{}", open.devices, open.devices == 1 ? "" : "s")),
      fmt::join(parts, ", "), Ago(now, open.newest_unix_ms)));
}

void AddDrift(const v1::MonitorView& monitor, Timestamp now, const Paint& paint, TreeNode& root) {
  TreeNode& node = root.Add(
      Head("drift", fmt::format("{}  {}{}", Clean(monitor.monitor().name()),
                                paint.Phase(Clean(monitor.phase())), WhyText(monitor.why()))));
  if (const v1::WindowView* window = NewestWindow(monitor)) {
    node.Add(WindowText(*window, now, paint));
    if (monitor.windows_size() > 1) node.Add(WindowsText(monitor));
    AddMeasures(monitor, paint, node);
  }
  AddFindings(monitor, now, paint, node);
}

// Trigger.

void AddExplanation(const v1::Explanation& e, const Paint& paint, TreeNode& parent) {
  std::string text = (e.met() ? paint.Good("✓ ") : paint.Dim("✗ ")) + Clean(e.what());
  if (!e.why().empty()) text += ": " + Clean(e.why());
  TreeNode& node = parent.Add(text + FactText(fmt::format("{}", fmt::join(e.facts(), " ")), paint));
  for (const auto& part : e.parts()) AddExplanation(part, paint, node);
}

void AddTrigger(const Loop& loop, Timestamp now, const Paint& paint, TreeNode& root) {
  const v1::Firing* firing = NewestFiring(loop.trigger);
  if (firing == nullptr || IsOver(*firing)) {
    TreeNode& node = root.Add(
        Head("trigger", loop.trigger.explanation().met() ? "its condition holds" : "waits"));
    AddExplanation(loop.trigger.explanation(), paint, node);
  }
  if (firing == nullptr) return;
  std::string text =
      fmt::format("firing {}  {}", firing->number(), Ago(now, firing->fired_unix_ms()));
  if (firing->state() == "asked")
    text += "  " + paint.Warn("asks a person: muster trigger approve " +
                              Clean(loop.trigger.trigger().name()));
  if (!firing->answered_by().empty()) text += "  answered by " + Clean(firing->answered_by());
  TreeNode& node =
      root.Add(Head(IsOver(*firing) ? "last" : "trigger", text + FactText(firing->fact(), paint)));
  AddExplanation(firing->evidence(), paint, node);
}

// Campaign.

std::string CohortText(const v1::Firing& f) {
  if (f.drifted_devices() + f.other_devices() == 0) return "";
  return fmt::format("  {} drifted and {} other devices", f.drifted_devices(), f.other_devices());
}

void AddRound(const v1::CampaignView& campaign, const Paint& paint, TreeNode& node) {
  const v1::RoundView& r = campaign.round();
  const std::string name = r.round() == 0 ? "baseline" : fmt::format("round {}", r.round());
  std::string text = fmt::format("{}  {}", name, paint.Phase(Clean(r.phase())));
  if (r.attempt() > 1) text += fmt::format("  attempt {}", r.attempt());
  if (r.phase() == "evaluating") {
    text += fmt::format("  evaluated {}/{}", r.evaluated(), r.evaluators());
  } else if (r.goal() > 0) {
    text += fmt::format("  joined {}, received {}, counted {} of {}", r.joined(), r.received(),
                        r.counted(), r.goal());
  }
  if (r.dropped() > 0) text += paint.Warn(fmt::format("  {} dropped", r.dropped()));
  node.Add(text + WhyText(r.why()));
}

void AddCampaign(const Loop& loop, const v1::Firing& f, const Paint& paint, TreeNode& root) {
  if (f.campaign().empty()) return;
  const bool known = loop.campaign.has_value();
  const std::string phase = known ? loop.campaign->phase() : f.campaign_phase();
  const std::uint32_t done = known ? loop.campaign->rounds_published() : f.rounds_published();
  const std::uint32_t rounds =
      f.rounds() > 0 || !known ? f.rounds() : loop.campaign->campaign().plan().rounds();
  TreeNode& node =
      root.Add(Head("campaign", fmt::format("{}  {}{}", Clean(f.campaign()),
                                            paint.Phase(Clean(phase)), CohortText(f))));
  node.Add(fmt::format("rounds  {}  {}/{}", Bar(done, rounds, kBarCells), done, rounds));
  if (!known || cli::IsOver(f) || phase == "completed") return;
  if (!loop.campaign->why().empty()) node.Add(Clean(loop.campaign->why()));
  if (loop.campaign->has_round()) AddRound(*loop.campaign, paint, node);
}

// Version.

double MetricOf(const google::protobuf::Map<std::string, double>& metrics,
                const std::string& name) {
  const auto it = metrics.find(name);
  return it == metrics.end() ? NAN : it->second;
}
// "rmse 21.3 → 15.2": the base's, if it is known, and the version's.
std::string ChangeText(const std::string& name, double before, double after) {
  return fmt::format("{} {}{}", Clean(name), std::isfinite(before) ? Real(before) + " → " : "",
                     Real(after));
}

// What the base is held against: its baseline, measured by the same campaign, if there is one; else
// what it records.
template <typename Measured>
void AddMetrics(const Loop& loop, const Measured& before, const v1::ModelVersion& version,
                TreeNode& node) {
  const std::string metric = MainMetric(loop.trigger.trigger().do_().campaign());
  if (const double all = MetricOf(version.metrics(), metric); std::isfinite(all))
    node.Add("all  " + ChangeText(metric, MetricOf(before.metrics(), metric), all));
  for (const auto& [name, slice] : std::map(version.slices().begin(), version.slices().end())) {
    const double after = MetricOf(slice.metrics(), metric);
    if (!std::isfinite(after)) continue;
    const auto was = before.slices().find(name);
    node.Add(fmt::format(
        "{}  {}", Clean(name),
        ChangeText(metric,
                   was == before.slices().end() ? NAN : MetricOf(was->second.metrics(), metric),
                   after)));
  }
}

void AddMetrics(const Loop& loop, const v1::Firing& f, TreeNode& node) {
  const auto version = loop.versions.find(f.version());
  if (version == loop.versions.end()) return;
  const v1::Lineage& lineage = version->second.lineage();
  if (lineage.has_baseline() && lineage.baseline().version() == f.base_version())
    return AddMetrics(loop, lineage.baseline(), version->second, node);
  const auto base = loop.versions.find(f.base_version());
  AddMetrics(loop, base == loop.versions.end() ? v1::ModelVersion() : base->second, version->second,
             node);
}

void AddVersion(const Loop& loop, const v1::Firing& f, const Paint& paint, TreeNode& root) {
  if (f.version() == 0) return;
  TreeNode& node = root.Add(Head(
      "version",
      fmt::format("{}{}", paint.Bold(fmt::format("{}", f.version())),
                  f.base_version() > 0 ? fmt::format("  trained from {}", f.base_version()) : "")));
  AddMetrics(loop, f, node);
  for (const auto& verdict : f.verdicts())
    node.Add(fmt::format("{} {}  {}{}", verdict.passed() ? paint.Good("✓") : paint.Bad("✗"),
                         Clean(verdict.gate()), verdict.passed() ? "passed" : "refused",
                         verdict.reason().empty() ? "" : ": " + Clean(verdict.reason())));
}

// Promotion.

std::string AliasOf(const v1::Trigger& trigger) {
  const std::string& alias = trigger.do_().promote().alias();
  return alias.empty() ? "champion" : alias;
}

std::string OutcomeText(const Loop& loop, const v1::Firing& f, const Paint& paint) {
  if (f.state() == "promoted")
    return paint.Good("promoted") +
           fmt::format("  version {} is {}", f.version(), Clean(AliasOf(loop.trigger.trigger())));
  if (!IsOver(f)) return paint.Dim("not yet: " + Clean(f.state()));
  return paint.Phase(Clean(f.state()));
}

void AddPromotion(const Loop& loop, const v1::Firing& f, Timestamp now, const Paint& paint,
                  TreeNode& root) {
  std::string text = OutcomeText(loop, f, paint) + WhyText(f.why());
  if (IsOver(f) && f.ended_unix_ms() > 0) {
    text += "  " + Ago(now, f.ended_unix_ms());
    if (f.fired_unix_ms() > 0)
      text +=
          fmt::format(", {} after it fired", Span(Duration(f.ended_unix_ms() - f.fired_unix_ms())));
  }
  root.Add(Head("promotion", text));
}

std::string ModelText(const Watched& watched, const Paint& paint) {
  std::vector<std::string> aliases;
  for (const auto& [alias, version] : watched.aliases)
    aliases.push_back(fmt::format("{} is version {}", Clean(alias), version));
  return paint.Bold(Clean(watched.model)) + (aliases.empty()
                                                 ? "  no alias points anywhere"
                                                 : fmt::format("  {}", fmt::join(aliases, ", ")));
}

}  // namespace

TreeNode LoopNode(const Loop& loop, Timestamp now, const Paint& paint) {
  const v1::TriggerView& trigger = loop.trigger;
  std::string text = fmt::format("{}  {}", paint.Bold(Clean(trigger.trigger().name())),
                                 paint.Phase(Clean(trigger.phase())));
  // What the tree says below, it does not say twice.
  if (trigger.why() != trigger.explanation().why()) text += WhyText(trigger.why());
  TreeNode root{std::move(text)};
  for (const auto& monitor : loop.monitors) AddDrift(monitor, now, paint, root);
  AddTrigger(loop, now, paint, root);
  if (const v1::Firing* firing = NewestFiring(loop.trigger)) {
    AddCampaign(loop, *firing, paint, root);
    AddVersion(loop, *firing, paint, root);
    AddPromotion(loop, *firing, now, paint, root);
  }
  return root;
}

std::vector<std::string> WatchedTree(const Watched& watched, Timestamp now, int columns,
                                     const Paint& paint) {
  if (watched.model.empty())
    return watched.loops.empty() ? std::vector<std::string>{}
                                 : TreeLines(LoopNode(watched.loops.front(), now, paint), columns);
  TreeNode root{ModelText(watched, paint)};
  for (const Loop& loop : watched.loops) root.children.push_back(LoopNode(loop, now, paint));
  if (watched.loops.empty()) root.Add("no trigger trains it");
  return TreeLines(root, columns);
}

const Loop* LastFired(const Watched& watched) {
  const Loop* last = nullptr;
  for (const Loop& loop : watched.loops) {
    const v1::Firing* firing = NewestFiring(loop.trigger);
    if (firing != nullptr &&
        (last == nullptr || firing->fired_unix_ms() > NewestFiring(last->trigger)->fired_unix_ms()))
      last = &loop;
  }
  return last;
}

}  // namespace muster::cli
