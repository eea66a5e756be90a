#pragma once
// What is watched of a model in service, validated: rules that run on devices, and windows over
// the whole fleet. Pure.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/canonical_json.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/status.h"
#include "coordinator/campaign/spec.h"
#include "drift/monitors/spec.h"

namespace muster::coordinator {

// What feedback and records call the fleet's own test.
inline constexpr std::string_view kFleetRule = "fleet";
// So often feedback halves a rule's rate of false alarms at most: to a 64th.
inline constexpr std::uint32_t kMostHalvings = 6;
// Campaigns of windows are called "<monitor>.<version>-<epoch>".
inline constexpr std::size_t kLongestMonitorName = 40;
// A device that told nothing for so long does not count as serving, unless the monitor says how
// long. A machine may have one row in many hours.
inline constexpr Duration kSilentByDefault{86'400'000};

struct FleetSpec {
  // What sums a window: name, seed, epoch, version and `reference` are each window's own.
  CampaignSpec campaign;
  Duration every{0};             // A window at least so often; 0: by rows alone.
  std::uint32_t after_rows = 0;  // New rows a device on average. Past Validate() at least 1.
  double level = 0.01;           // Rate of windows without drift that alarm.

  const WindowSpec& window() const { return *campaign.statistics->window; }
};

// Whether its windows sum an error, which any group of devices can; and how many devices the test
// of distributions takes.
bool HasMeasures(const FleetSpec& fleet);
std::uint32_t TestableDevices(const FleetSpec& fleet);

struct MonitorSpec {
  MonitorName name;
  std::string description;
  ModelName model;
  std::string alias{"champion"};
  LabelMap labels;  // Devices that it is about.
  Duration silent_after = kSilentByDefault;
  std::vector<drift::MonitorSpec> edge;  // Under their own names.
  std::optional<FleetSpec> fleet;

  const drift::MonitorSpec* FindRule(std::string_view rule) const;  // Null: there is none.
};

// OK, or INVALID_ARGUMENT (FIELD_INVALID, FIELD_DUPLICATE) that names the field's path. `edge` and
// the campaign are judged under the paths of the monitor.
Status Validate(const MonitorSpec& spec);

// "<monitor>.<rule>": what devices call a rule of this monitor.
std::string EdgeName(const MonitorName& monitor, std::string_view rule);
// The inverse; empty when `name` is no rule of this monitor.
std::string_view RuleOf(const MonitorName& monitor, std::string_view name);

// A rate of false alarms after so many halvings, of a rule that has one; others stay as they are.
drift::MonitorSpec Taught(drift::MonitorSpec rule, std::uint32_t halvings);

// As the MonitorApplied fact holds it.
Json ToJson(const MonitorSpec& spec);
StatusOr<MonitorSpec> MonitorSpecFrom(const Json& json);

}  // namespace muster::coordinator
