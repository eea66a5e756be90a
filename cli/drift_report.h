#pragma once
// What `muster drift report` tells of a monitor: all that its view holds, with the triggers that
// listen to it and the versions of its model. Sums over the fleet only: no row, and no device's own
// counts, since the coordinator has neither. Pure but for Gather.
#include <muster/v1/model.pb.h>
#include <muster/v1/monitor.pb.h>
#include <muster/v1/promotion.pb.h>
#include <muster/v1/trigger.pb.h>

#include <string>
#include <vector>

#include "base/clock.h"
#include "cli/shell.h"

namespace muster::cli {

struct DriftReport {
  v1::MonitorView monitor;
  std::vector<v1::TriggerView> triggers;  // Whose conditions name the monitor.
  v1::ModelView model;                    // Empty when there is none of the name.
  v1::AliasHistory moves;                 // Of the alias that the monitor watches, oldest first.
  Timestamp made = {};
};

// NOT_FOUND when there is no such monitor.
StatusOr<DriftReport> GatherDriftReport(Shell& shell, const std::string& monitor);

// Where the fleet stands, in a sentence.
struct DriftHeadline {
  enum class State { kNoWindow, kNotJudged, kSteady, kDrifted };
  State state = State::kNoWindow;
  std::string text;                // "Drifted", "No drift", "Not judged", "No window yet"
  std::string why;                 // Of the last two.
  std::int64_t since_unix_ms = 0;  // End of the first window of the run that ends now; 0: none.
  std::uint32_t run = 0;           // Judged windows of that run.
  const v1::WindowView* window = nullptr;  // The newest judged one; in the report.
};
DriftHeadline HeadlineOf(const DriftReport& report);

// The newest window that drifted, unless it is the newest judged one; else nullptr.
const v1::WindowView* LastDrift(const DriftReport& report);

// For terminals: the headline and the features' table.
std::string DriftText(const DriftReport& report);
// {"headline":…,"monitor":…,"triggers":[…],"versions":[…],"moves":[…]}
nlohmann::ordered_json DriftJson(const DriftReport& report);
// A whole page: nothing loaded, nothing run; plots are inline SVG (drift_page.cc).
std::string DriftPage(const DriftReport& report);

}  // namespace muster::cli
