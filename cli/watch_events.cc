#include "cli/watch_events.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/time_text.h"
#include "cli/text.h"

namespace muster::cli {
namespace {
using Json = nlohmann::ordered_json;
constexpr std::size_t kMostNamed = 4;  // Drifted features in a line of text; all are in the JSON.

std::string Because(const std::string& why) { return why.empty() ? "" : ": " + why; }

Json FeaturesJson(const v1::WindowView& w) {
  Json out = Json::array();
  for (const auto* f : ByEvidence(w.features()))
    if (f->drifted())
      out.push_back(
          {{"name", f->name()}, {"p", f->p()}, {"psi", f->psi()}, {"distance", f->distance()}});
  return out;
}

std::string WindowText(const std::string& monitor, const v1::WindowView& w) {
  std::string out = fmt::format("{} window {}: ", monitor, w.epoch());
  if (!w.judged()) return out + "not judged" + Because(w.why());
  out += w.drifted() ? "drifted" : "no drift";
  std::size_t named = 0, drifted = 0;
  for (const auto* f : ByEvidence(w.features()))
    if (f->drifted() && ++drifted && named < kMostNamed && ++named)
      out += fmt::format(", {} p={}", f->name(), Rough(f->p()));
  if (drifted > named) out += fmt::format(", {} more", drifted - named);
  return out + fmt::format(", {} devices", w.devices());
}

LoopEvent WindowEvent(const std::string& monitor, const v1::WindowView& w) {
  Json fields = {{"monitor", monitor},     {"epoch", w.epoch()},     {"version", w.version()},
                 {"judged", w.judged()},   {"drifted", w.drifted()}, {"features", FeaturesJson(w)},
                 {"devices", w.devices()}, {"shards", w.shards()},   {"campaign", w.campaign()},
                 {"fact", w.fact()}};
  for (const auto& m : w.measures()) fields["measures"][m.name()] = m.mean();
  if (!w.why().empty()) fields["why"] = w.why();
  return {w.ended_unix_ms(), "window", WindowText(monitor, w), std::move(fields)};
}

bool HasWindow(const v1::MonitorView& view, const v1::WindowView& w) {
  return std::ranges::any_of(view.windows(), [&](const v1::WindowView& v) {
    return v.epoch() == w.epoch() && v.version() == w.version() && v.reference() == w.reference();
  });
}

void AddMonitorEvents(const v1::MonitorView* before, const v1::MonitorView& now,
                      std::vector<LoopEvent>& out) {
  const std::string& name = now.monitor().name();
  const v1::WindowView& reference = now.reference();
  if (reference.judged() && before != nullptr &&
      (!before->reference().judged() || before->reference().version() != reference.version()))
    out.push_back(
        {reference.ended_unix_ms(),
         "reference",
         fmt::format("{} has a reference of version {}", name, reference.version()),
         {{"monitor", name}, {"version", reference.version()}, {"fact", reference.fact()}}});
  const v1::WindowView* newest = NewestWindow(now);
  for (const auto& w : now.windows())
    if (!w.reference() && (before != nullptr ? !HasWindow(*before, w) : &w == newest))
      out.push_back(WindowEvent(name, w));
  const OpenFindings open = OpenFindingsOf(now);
  const std::uint64_t was = before != nullptr ? OpenFindingsOf(*before).devices : 0;
  if (open.devices != was)
    out.push_back({now.updated_unix_ms(),
                   "alarms",
                   fmt::format("{}: {} device(s) with an open alarm", name, open.devices),
                   {{"monitor", name}, {"devices", open.devices}}});
}

std::string FiringText(const std::string& trigger, const v1::Firing& f) {
  std::string out = fmt::format("{} firing {}: {}", trigger, f.number(), f.state());
  const bool new_one = f.state() == "asked" || f.state() == "training";
  return out + Because(f.why().empty() && new_one ? GroundsOf(f.evidence()) : f.why());
}

Json VerdictsJson(const v1::Firing& f) {
  Json out = Json::array();
  for (const auto& v : f.verdicts())
    out.push_back({{"gate", v.gate()}, {"passed", v.passed()}, {"reason", v.reason()}});
  return out;
}

LoopEvent FiringEvent(const v1::TriggerView& trigger, const v1::Firing& f) {
  const std::string& name = trigger.trigger().name();
  Json fields = {{"trigger", name},
                 {"firing", f.number()},
                 {"state", f.state()},
                 {"why", f.why()},
                 {"evidence", GroundsOf(f.evidence())},
                 {"drifted_devices", f.drifted_devices()},
                 {"other_devices", f.other_devices()},
                 {"campaign", f.campaign()},
                 {"base_version", f.base_version()},
                 {"version", f.version()},
                 {"verdicts", VerdictsJson(f)},
                 {"fact", f.fact()}};
  const std::int64_t at =
      f.ended_unix_ms() > 0 ? f.ended_unix_ms()
                            : std::max<std::int64_t>(f.fired_unix_ms(), trigger.updated_unix_ms());
  return {at, "firing", FiringText(name, f), std::move(fields)};
}

const v1::Firing* FiringOf(const v1::TriggerView& view, std::uint64_t number) {
  for (const auto& f : view.firings())
    if (f.number() == number) return &f;
  return nullptr;
}

void AddTriggerEvents(const v1::TriggerView* before, const v1::TriggerView& now,
                      std::vector<LoopEvent>& out) {
  const std::string& name = now.trigger().name();
  if (before == nullptr || before->phase() != now.phase())
    out.push_back({now.updated_unix_ms(),
                   "trigger",
                   fmt::format("{} {}{}", name, now.phase(), Because(now.why())),
                   {{"trigger", name}, {"phase", now.phase()}, {"why", now.why()}}});
  if (before != nullptr && before->explanation().met() != now.explanation().met())
    out.push_back(
        {now.updated_unix_ms(),
         "condition",
         fmt::format("{}: {} {}", name, now.explanation().what(),
                     now.explanation().met() ? "holds" : "holds no more") +
             Because(now.explanation().why()),
         {{"trigger", name}, {"met", now.explanation().met()}, {"why", now.explanation().why()}}});
  const v1::Firing* newest = NewestFiring(now);
  for (const auto& f : now.firings()) {
    const v1::Firing* was = before != nullptr ? FiringOf(*before, f.number()) : nullptr;
    const bool news =
        before == nullptr ? &f == newest : was == nullptr || was->state() != f.state();
    if (news) out.push_back(FiringEvent(now, f));
  }
}

void AddCampaignEvents(const Loop* before, const Loop& now, std::vector<LoopEvent>& out) {
  if (!now.campaign) return;
  const v1::CampaignView& c = *now.campaign;
  const bool same = before != nullptr && before->campaign &&
                    before->campaign->campaign().name() == c.campaign().name() &&
                    before->campaign->phase() == c.phase() &&
                    before->campaign->rounds_published() == c.rounds_published();
  if (same) return;
  const std::uint32_t rounds = c.campaign().plan().rounds();
  out.push_back({c.updated_unix_ms(),
                 "campaign",
                 fmt::format("{} {} {}/{}{}", c.campaign().name(), c.phase(), c.rounds_published(),
                             rounds, Because(c.why())),
                 {{"campaign", c.campaign().name()},
                  {"phase", c.phase()},
                  {"rounds_published", c.rounds_published()},
                  {"rounds", rounds},
                  {"why", c.why()}}});
}

void AddVersionEvents(const Loop* before, const Loop& now, std::vector<LoopEvent>& out) {
  const v1::Firing* firing = NewestFiring(now.trigger);
  if (firing == nullptr || firing->version() == 0) return;
  const auto version = now.versions.find(firing->version());
  if (version == now.versions.end()) return;
  if (before != nullptr && before->versions.contains(firing->version())) return;
  const v1::ModelVersion& v = version->second;
  Json metrics = Json::object();
  for (const auto& [name, value] : std::map(v.metrics().begin(), v.metrics().end()))
    metrics[name] = value;
  out.push_back({v.created_unix_ms(),
                 "version",
                 fmt::format("{} version {} from version {}", v.model(), v.version(), v.parent()),
                 {{"model", v.model()},
                  {"version", v.version()},
                  {"base_version", v.parent()},
                  {"digest", v.params_digest()},
                  {"metrics", metrics}}});
}

const v1::MonitorView* MonitorOf(const Loop* loop, const std::string& name) {
  if (loop == nullptr) return nullptr;
  for (const auto& view : loop->monitors)
    if (view.monitor().name() == name) return &view;
  return nullptr;
}

}  // namespace

std::vector<LoopEvent> EventsOf(const Loop* before, const Loop& now) {
  std::vector<LoopEvent> out;
  for (const auto& view : now.monitors)
    AddMonitorEvents(MonitorOf(before, view.monitor().name()), view, out);
  AddTriggerEvents(before != nullptr ? &before->trigger : nullptr, now.trigger, out);
  AddCampaignEvents(before, now, out);
  AddVersionEvents(before, now, out);
  return out;
}

std::string EventLine(const LoopEvent& event) {
  return fmt::format("{} {:<9} {}", FormatTime(FromUnixMillis(event.at_unix_ms)), event.what,
                     Clean(event.text));
}

Json EventJson(const LoopEvent& event) {
  Json out = {{"at", FormatTime(FromUnixMillis(event.at_unix_ms))}, {"event", event.what}};
  out.update(event.fields);
  return out;
}

}  // namespace muster::cli
