#include "cli/watch_view.h"

#include <algorithm>

#include "cli/pairs.h"
#include "cli/views.h"

namespace muster::cli {
namespace {
constexpr int kBarCells = 24;

struct Metric {
  std::string name;
  std::vector<double> values;
  std::uint64_t best_round = 0;
  double best = 0;
};

// Accuracy grows as it gets better, errors and losses shrink.
bool IsBetter(const std::string& name, double a, double b) {
  return name == "accuracy" ? a > b : a < b;
}

Metric MetricOf(const v1::CampaignView& view) {
  Metric m{.name = MainMetric(view.campaign()), .values = {}};
  for (const auto& e : view.evaluations()) {
    const auto it = e.metrics().find(m.name);
    if (it == e.metrics().end()) continue;
    if (m.values.empty() || IsBetter(m.name, it->second, m.best)) {
      m.best = it->second;
      m.best_round = e.round();
    }
    m.values.push_back(it->second);
  }
  return m;
}

// Elapsed, and while rounds are being made, how long the rest takes at the pace so far.
std::string TimesText(const v1::CampaignView& view, Timestamp now) {
  if (view.started_unix_ms() == 0) return "";
  const std::int64_t end = IsOver(view) ? view.updated_unix_ms() : UnixMillis(now);
  const std::int64_t elapsed = std::max<std::int64_t>(0, end - view.started_unix_ms());
  std::string out = fmt::format("elapsed {}", Span(Duration(elapsed)));
  const std::int64_t rounds = view.campaign().plan().rounds(), done = view.rounds_published();
  if (view.phase() == "running" && done > 0 && rounds > done)
    out += fmt::format(", about {} left", Span(Duration(elapsed / done * (rounds - done))));
  return out;
}

std::string Step(std::string_view name, std::uint64_t part, std::uint64_t whole) {
  return fmt::format("{:<9} {} {:>3}/{}", name, Bar(part, whole, kBarCells), part, whole);
}

// What a round is called: a pass, where rows are counted.
std::string_view RoundWord(const v1::CampaignView& view) {
  return view.campaign().has_statistics() ? "pass" : "round";
}

// "round 3"; of round 0, which trains nothing, what it is for.
std::string RoundName(const v1::CampaignView& view) {
  if (view.round().round() == 0) return "baseline";
  return fmt::format("{} {}", RoundWord(view), view.round().round());
}

void AddRound(const v1::CampaignView& view, const Paint& paint, std::vector<std::string>& lines) {
  const v1::RoundView& r = view.round();
  std::string head = fmt::format("├─ {}  {}", RoundName(view), paint.Phase(Clean(r.phase())));
  if (r.attempt() > 1) head += fmt::format("  attempt {}", r.attempt());
  if (r.learning_rate() > 0)
    head += paint.Dim(fmt::format("  learning rate {}", Real(r.learning_rate())));
  if (!r.why().empty()) head += "  " + Clean(r.why());
  lines.push_back(head);
  if (r.phase() == "evaluating") {
    lines.push_back("│  " + Step("evaluated", r.evaluated(), r.evaluators()));
    return;
  }
  lines.push_back("│  " + Step("joined", r.joined(), r.goal()));
  lines.push_back("│  " + Step("received", r.received(), r.goal()));
  lines.push_back("│  " + Step("counted", r.counted(), r.goal()) +
                  (r.dropped() > 0 ? paint.Warn(fmt::format("  {} dropped", r.dropped())) : ""));
}

void AddMetric(const v1::CampaignView& view, const Paint& paint, std::vector<std::string>& lines) {
  const Metric m = MetricOf(view);
  if (m.values.empty()) return;
  lines.push_back(fmt::format("├─ {:<8} {}  {}  best {} in round {}", Clean(m.name),
                              Sparkline(m.values, kBarCells), paint.Bold(Real(m.values.back())),
                              Real(m.best), m.best_round));
}

}  // namespace

bool IsOver(const v1::CampaignView& view) {
  return view.phase() == "completed" || view.phase() == "cancelled" || view.phase() == "failed";
}

std::vector<std::string> WatchTree(const v1::CampaignView& view, Timestamp now, int columns,
                                   const Paint& paint) {
  std::vector<std::string> lines;
  const std::string times = TimesText(view, now);
  lines.push_back(fmt::format("{}  {}{}", paint.Bold(Clean(view.campaign().name())),
                              paint.Phase(Clean(view.phase())), times.empty() ? "" : "  " + times));
  if (!view.why().empty()) lines.push_back("│  " + Clean(view.why()));
  if (view.has_round()) AddRound(view, paint, lines);
  AddMetric(view, paint, lines);
  if (!view.refused_updates().empty())
    lines.push_back("├─ refused  " + paint.Warn(Clean(PairsText(view.refused_updates()))));
  if (view.rows().bad() > 0)
    lines.push_back(fmt::format("├─ rows     {} of {} left out: {}", view.rows().bad(),
                                view.rows().rows(), Clean(PairsText(view.rows().by_rule()))));
  const std::uint64_t rounds = view.campaign().plan().rounds();
  const std::string_view counted = view.campaign().has_statistics() ? "passes" : "rounds";
  std::string last =
      fmt::format("└─ {:<8} {} {:>3}/{}", counted, Bar(view.rounds_published(), rounds, kBarCells),
                  view.rounds_published(), rounds);
  if (view.rounds_abandoned() > 0)
    last += paint.Warn(fmt::format("  {} abandoned", view.rounds_abandoned()));
  if (view.latest_version() > 0) last += fmt::format("  version {}", view.latest_version());
  lines.push_back(last);
  for (std::string& line : lines) line = Clip(line, columns);
  return lines;
}

std::string WatchLine(const v1::CampaignView& view) {
  std::string out = fmt::format("{} {} {}/{}", Clean(view.campaign().name()), Clean(view.phase()),
                                view.rounds_published(), view.campaign().plan().rounds());
  if (view.has_round() && !IsOver(view)) {
    const v1::RoundView& r = view.round();
    out += fmt::format(" {}={} attempt={} {}", RoundWord(view), r.round(), r.attempt(),
                       Clean(r.phase()));
    if (r.phase() == "evaluating") {
      out += fmt::format(" evaluated={}/{}", r.evaluated(), r.evaluators());
    } else {
      out += fmt::format(" joined={} received={} counted={} goal={}", r.joined(), r.received(),
                         r.counted(), r.goal());
    }
  }
  const Metric m = MetricOf(view);
  if (!m.values.empty()) out += fmt::format(" {}={}", Clean(m.name), Real(m.values.back()));
  if (view.latest_version() > 0) out += fmt::format(" version={}", view.latest_version());
  std::uint64_t refused = 0;
  for (const auto& item : view.refused_updates()) refused += item.second;
  if (refused > 0) out += fmt::format(" refused={}", refused);
  if (!view.why().empty()) out += ": " + Clean(view.why());
  return out;
}

}  // namespace muster::cli
