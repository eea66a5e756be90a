#pragma once
// Whether a condition holds, why, and what it rests on. Pure.
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/canonical_json.h"
#include "coordinator/monitor/monitor.h"
#include "coordinator/trigger/condition.h"

namespace muster::coordinator {

// The same tree as the condition's.
struct Explanation {
  std::string what;  // "drift of monitor fleet in 2 windows"
  bool met = false;
  std::string why;  // "1 of 2 windows in a row: s11 p=1.2e-05 < 0.01"
  std::vector<Explanation> parts;
  std::vector<std::string> facts;  // "monitor/fleet#17"
  friend bool operator==(const Explanation&, const Explanation&) = default;
};
Json ToJson(const Explanation& explanation);
StatusOr<Explanation> ExplanationFrom(const Json& json);

// How far a monitor was when a trigger fired: what came before does not count again.
struct Seen {
  std::uint64_t facts = 0;
  std::uint64_t rows = 0;
  std::map<std::string, std::uint64_t> feedback;
  VersionNumber version;  // That was watched.
  friend bool operator==(const Seen&, const Seen&) = default;
};
using SeenMap = std::map<MonitorName, Seen>;
Seen SeenOf(const MonitorState& monitor);

// What conditions look at.
struct Evidence {
  Timestamp now;
  ModelName model;                                      // The trigger's.
  std::map<MonitorName, const MonitorState*> monitors;  // All there are.
  SeenMap since;  // The last firing, or when the trigger was applied.
  Timestamp since_at;
  bool fired = false;  // Before.
};

Explanation Explain(const Condition& condition, const Evidence& evidence);

// The devices that what holds of the condition points at: those that a quorum counted; of a fleet
// window those with an open alarm in a field that drifted, or, when there are none, with any.
std::set<DeviceId> DriftedDevices(const Condition& condition, const Evidence& evidence);

}  // namespace muster::coordinator
