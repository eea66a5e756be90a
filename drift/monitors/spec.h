#pragma once
// What a monitor is told to watch: a name, a rule with its parameters, and the fields it applies
// to. Declared by people and judged once, where it is read; what it finds is finding.h.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/canonical_json.h"
#include "base/clock.h"
#include "base/status.h"
#include "drift/detectors/configs.h"

namespace muster::drift {

inline constexpr std::size_t kMostMonitors = 64;
inline constexpr std::size_t kMostWatchedFields = 512;
inline constexpr std::size_t kMostNameBytes = 63;
// Of a window, in values: with fewer no test and no share is worth its name.
inline constexpr std::uint32_t kLeastWindow = 30;
inline constexpr std::uint32_t kMostWindow = 10'000;

enum class Severity : std::uint8_t { kWarning, kAlarm };
std::string_view NameOf(Severity severity);  // "warning", "alarm"

// Each field's own level: a change detector on its values. With `one_false_alarm_in` the detector's
// threshold is set by the reference (drift/detectors/calibration.h), and detectors of any numbers
// see values as (x - mean) / deviation of the reference, so that `delta` is in deviations.
struct ChangeRule {
  static constexpr std::string_view kName = "change";
  DetectorSpec detector = PageHinkleyConfig{.delta = 0.5, .alpha = 1};
  std::uint64_t one_false_alarm_in = 0;  // Values; 0: the detector as it is declared.
  friend bool operator==(const ChangeRule&, const ChangeRule&) = default;
};

enum class InputTest : std::uint8_t { kKs, kPsi };

// Windows of `window` rows, one after another, against the reference's sample: each field by the
// two-sample Kolmogorov-Smirnov test, or by PSI over the reference's deciles; Holm over the fields.
// `rate`: windows without drift in which any field of the monitor alarms.
struct InputRule {
  static constexpr std::string_view kName = "input";
  InputTest test = InputTest::kKs;
  std::uint32_t window = 500;
  double rate = 0.001;
  friend bool operator==(const InputRule&, const InputRule&) = default;
};

// The same value for so many rows, or for so long; 0: not looked at.
struct StuckRule {
  static constexpr std::string_view kName = "stuck";
  std::uint32_t rows = 0;
  Duration time{};
  friend bool operator==(const StuckRule&, const StuckRule&) = default;
};

// |x - median| > k 1.4826 MAD of the `window` values before it (Hampel, JASA 69, 1974; the factor
// makes MAD the deviation of normal values).
struct SpikeRule {
  static constexpr std::string_view kName = "spike";
  std::uint32_t window = 100;
  double k = 8;
  friend bool operator==(const SpikeRule&, const SpikeRule&) = default;
};

// More than `share` of the last `window` rows without a value in the field; or, with `time`, no row
// at all for so long, whatever the fields.
struct DropoutRule {
  static constexpr std::string_view kName = "dropout";
  std::uint32_t window = 100;
  double share = 0.5;
  Duration time{};
  friend bool operator==(const DropoutRule&, const DropoutRule&) = default;
};

// More than `share` of the last `window` values outside the contract's range, or that of the rule.
struct RangeRule {
  static constexpr std::string_view kName = "range";
  std::uint32_t window = 100;
  double share = 0.05;
  std::optional<double> min = {};  // In place of the contract's, each on its own.
  std::optional<double> max = {};
  friend bool operator==(const RangeRule&, const RangeRule&) = default;
};

// |dx/dt| above `limit`, in units of the field a second of event time.
struct RateRule {
  static constexpr std::string_view kName = "rate";
  double limit = 0;
  friend bool operator==(const RateRule&, const RateRule&) = default;
};

// The newest row is older than `time`, as told of the present (MonitorSet::Tick).
struct FreshnessRule {
  static constexpr std::string_view kName = "freshness";
  Duration time{};
  friend bool operator==(const FreshnessRule&, const FreshnessRule&) = default;
};

using MonitorRule = std::variant<ChangeRule, InputRule, StuckRule, SpikeRule, DropoutRule,
                                 RangeRule, RateRule, FreshnessRule>;
std::string_view NameOf(const MonitorRule& rule);  // "change", "input", ...

struct MonitorSpec {
  std::string name;
  std::vector<std::string> fields;  // None: all that are known, where the rule is about fields.
  Severity severity = Severity::kAlarm;
  MonitorRule rule;
  friend bool operator==(const MonitorSpec&, const MonitorSpec&) = default;
};

// Whether the rule is about rows as a whole: freshness, and dropout with a time.
bool IsOfRows(const MonitorRule& rule);
// Whether it needs a reference.
bool NeedsReference(const MonitorRule& rule);

// FIELD_INVALID at the parameter's name: names of 1..63 letters, digits, '-', '_' and '.', a
// parameter out of bounds, fields where the rule is about rows, a field named twice.
Status Validate(const MonitorSpec& spec);

// {"fields": [...], "kind": "stuck", "name": ..., "rows": 50, "severity": "alarm", "time": "0s"}:
// every parameter present, decimals and durations as text.
Json SpecJson(const MonitorSpec& spec);
// The inverse for foreign JSON; parameters left out have their defaults, a number may be text or an
// integer, and `field` may stand for `fields`. FIELD_INVALID, or FIELD_UNKNOWN with the nearest
// name, at the parameter under `path`.
StatusOr<MonitorSpec> ReadMonitor(const Json& json, std::string_view path);
// {"monitors": [...]}: 1..kMostMonitors of them, no name twice.
StatusOr<std::vector<MonitorSpec>> ReadMonitors(const Json& json);

}  // namespace muster::drift
