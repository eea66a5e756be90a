#pragma once
// What has happened to a closed loop between two looks at it, as lines for logs and programs. Pure.
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

#include "cli/loop.h"

namespace muster::cli {

struct LoopEvent {
  std::int64_t at_unix_ms = 0;
  std::string what;  // window, reference, alarms, condition, firing, campaign, version, trigger
  std::string text;  // "turbofan window 12: drifted, s11 p=1.2e-05, 200 devices"; not clean.
  nlohmann::ordered_json fields;  // The same for programs.
};

// In the order of the loop: drift, trigger, campaign, version. Without `before`, where the loop
// stands: of windows and firings only the newest. What came and went between two looks is not in
// it, but every window and firing that the views hold is.
std::vector<LoopEvent> EventsOf(const Loop* before, const Loop& now);

// "2026-11-20T08:15:30.250Z window   turbofan window 12: …", without its line's end.
std::string EventLine(const LoopEvent& event);
// {"at":"2026-…","event":"window",…}
nlohmann::ordered_json EventJson(const LoopEvent& event);

}  // namespace muster::cli
