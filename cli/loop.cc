#include "cli/loop.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <set>
#include <string_view>
#include <tuple>

namespace muster::cli {
namespace {

void AddMonitors(const v1::Trigger::Condition& condition, std::vector<std::string>& names) {
  const auto add = [&](const std::string& name) {
    if (!name.empty() && std::ranges::find(names, name) == names.end()) names.push_back(name);
  };
  switch (condition.of_case()) {
    case v1::Trigger::Condition::kAny:
      for (const auto& part : condition.any().conditions()) AddMonitors(part, names);
      break;
    case v1::Trigger::Condition::kAll:
      for (const auto& part : condition.all().conditions()) AddMonitors(part, names);
      break;
    case v1::Trigger::Condition::kDrift: add(condition.drift().monitor()); break;
    case v1::Trigger::Condition::kDevices: add(condition.devices().monitor()); break;
    case v1::Trigger::Condition::kPerformance: add(condition.performance().monitor()); break;
    case v1::Trigger::Condition::kFeedback: add(condition.feedback().monitor()); break;
    default: break;
  }
}

bool IsOneOf(std::string_view state, std::initializer_list<std::string_view> states) {
  return std::ranges::find(states, state) != states.end();
}

}  // namespace

std::vector<std::string> MonitorsOf(const v1::Trigger::Condition& condition) {
  std::vector<std::string> names;
  AddMonitors(condition, names);
  return names;
}

const v1::Firing* NewestFiring(const v1::TriggerView& trigger) {
  return trigger.firings().empty() ? nullptr : &*trigger.firings().rbegin();
}
bool IsOver(const v1::Firing& firing) {
  return firing.ended_unix_ms() > 0 ||
         IsOneOf(firing.state(), {"declined", "expired", "promoted", "held", "failed"});
}
bool IsFailed(const v1::Firing& firing) {
  return IsOneOf(firing.state(), {"declined", "expired", "failed"});
}

std::string GroundsOf(const v1::Explanation& explanation) {
  std::string out;
  for (const auto& part : explanation.parts()) {
    const std::string grounds = part.met() ? GroundsOf(part) : "";
    if (!grounds.empty()) out += (out.empty() ? "" : "; ") + grounds;
  }
  return out.empty() ? explanation.why() : out;
}

const v1::WindowView* NewestWindow(const v1::MonitorView& monitor) {
  const v1::WindowView* newest = nullptr;
  for (const auto& window : monitor.windows())
    if (!window.reference()) newest = &window;
  return newest;
}

std::vector<const v1::FeatureView*> ByEvidence(
    const google::protobuf::RepeatedPtrField<v1::FeatureView>& features) {
  std::vector<const v1::FeatureView*> out;
  for (const auto& f : features) out.push_back(&f);
  const auto key = [](const v1::FeatureView* f) {
    const bool tested = f->why().empty() && std::isfinite(f->p());
    return std::tuple(!f->drifted(), !tested, tested ? f->p() : 0, std::string_view(f->name()));
  };
  std::ranges::sort(out, [&](const auto* a, const auto* b) { return key(a) < key(b); });
  return out;
}

std::string BaselineText(const v1::FeatureView& feature) {
  return feature.baseline() == 0 ? "" : fmt::format(" (baseline: window {})", feature.baseline());
}

OpenFindings OpenFindingsOf(const v1::MonitorView& monitor) {
  OpenFindings out;
  std::map<std::pair<std::string, std::string>, std::set<std::string>> devices;
  std::set<std::string> all;
  for (const auto& f : monitor.findings()) {
    if (f.ended_unix_ms() != 0 || f.severity() == "warning") continue;
    devices[{f.rule(), f.field()}].insert(f.device());
    all.insert(f.device());
    out.newest_unix_ms = std::max<std::int64_t>(out.newest_unix_ms, f.began_unix_ms());
  }
  for (const auto& [cell, names] : devices)
    out.cells.push_back({cell.first, cell.second, names.size()});
  std::ranges::stable_sort(out.cells, std::greater(), &OpenFindings::Cell::devices);
  out.devices = all.size();
  return out;
}

}  // namespace muster::cli
