#pragma once
// When a trigger fires: a tree of conditions over what monitors recorded. Values only; explain.h
// evaluates them.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/canonical_json.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/status.h"

namespace muster::coordinator {

inline constexpr std::size_t kMostConditions = 64;  // In a tree.
inline constexpr std::size_t kDeepestCondition = 8;

struct Condition;
struct AnyOf {
  std::vector<Condition> parts;
};
struct AllOf {
  std::vector<Condition> parts;
};
// The fleet's own test found drift.
struct DriftCondition {
  MonitorName monitor;
  std::uint32_t windows = 1;        // In so many windows in a row.
  std::vector<std::string> fields;  // In one of these; none: in any.
  std::uint32_t clear = 1;  // Having fired, it waits for so many windows without, or for another
                            // version in service.
};
// A quorum of devices has open alarms of their own rules.
struct DevicesCondition {
  MonitorName monitor;
  std::string rule;   // Empty: any.
  std::string field;  // Empty: any.
  std::uint32_t least = 1;
  double share = 0;            // And this part of those that serve.
  Duration within{3'600'000};  // So far from now, by event time, an alarm counts.
};
// A measure of windows; exactly one of the three is set.
struct PerformanceCondition {
  MonitorName monitor;
  std::string measure{"error"};
  std::optional<double> above;
  std::optional<double> above_best;  // Above the best window of the version by this.
  std::optional<double> avoidable;   // Sum over windows of (mean - best until then) times rows.
  std::uint32_t windows = 1;
};
struct ScheduleCondition {
  Duration every{0};
};
struct VolumeCondition {
  std::uint64_t rows = 0;
};
struct FeedbackCondition {
  MonitorName monitor;
  std::vector<std::string> verdicts{"missed", "false_positive"};
  std::uint32_t count = 1;
};
struct Condition {
  std::variant<AnyOf, AllOf, DriftCondition, DevicesCondition, PerformanceCondition,
               ScheduleCondition, VolumeCondition, FeedbackCondition>
      of;
};

// OK, or INVALID_ARGUMENT (FIELD_INVALID) at `path` or below it, as the resource spells it.
Status Validate(const Condition& condition, const std::string& path);
// The monitors that it names, each once.
std::vector<MonitorName> MonitorsOf(const Condition& condition);

Json ToJson(const Condition& condition);
StatusOr<Condition> ConditionFrom(const Json& json);

}  // namespace muster::coordinator
