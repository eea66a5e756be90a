#include "drift/monitors/spec.h"

#include <algorithm>
#include <set>

#include "drift/detectors/verdict.h"

namespace muster::drift {
namespace {
constexpr Duration kMostTime = std::chrono::hours(24 * 366);
constexpr double kMostSpikes = 1e6;  // Deviations.

Status CheckName(std::string_view path, std::string_view name) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  };
  if (!name.empty() && name.size() <= kMostNameBytes && std::ranges::all_of(name, fits))
    return Ok();
  return InvalidField(path, "is not 1 to {} letters, digits, '-', '_' and '.'", kMostNameBytes);
}

Status CheckWindow(std::uint32_t window) {
  if (window >= kLeastWindow && window <= kMostWindow) return Ok();
  return InvalidField("window", "{} is not in {}..{}", window, kLeastWindow, kMostWindow);
}

Status CheckShare(double share) {
  if (share > 0 && share < 1) return Ok();  // NaN falls out.
  return InvalidField("share", "{} is not in (0, 1)", share);
}

Status CheckTime(Duration time, Duration least) {
  if (time >= least && time <= kMostTime) return Ok();
  return InvalidField("time", "{} ms is not in {} ms..366 days", time.count(), least.count());
}

Status Check(const ChangeRule& rule) {
  // Its own bounds are the calibration's to tell, with the reference at hand.
  if (const Status status = Validate(rule.detector); !status.ok())
    return WithField(Prefixed(status, "config"), "config." + FieldOf(status));
  return Ok();
}

Status Check(const InputRule& rule) {
  MUSTER_TRY(CheckWindow(rule.window));
  if (!(rule.rate >= 1e-12 && rule.rate <= 0.5))
    return InvalidField("rate", "{} is not in 1e-12..0.5", rule.rate);
  return Ok();
}

Status Check(const StuckRule& rule) {
  MUSTER_TRY(CheckTime(rule.time, Duration(0)));
  if (rule.rows == 0 && rule.time == Duration(0))
    return InvalidField("rows", "neither rows nor a time says how long is too long");
  if (rule.rows == 1) return InvalidField("rows", "one row is the same as itself: 2 or more");
  return Ok();
}

Status Check(const SpikeRule& rule) {
  MUSTER_TRY(CheckWindow(rule.window));
  if (!(rule.k >= 1 && rule.k <= kMostSpikes))
    return InvalidField("k", "{} is not in 1..{}", rule.k, kMostSpikes);
  return Ok();
}

Status Check(const DropoutRule& rule) {
  MUSTER_TRY(CheckTime(rule.time, Duration(0)));
  MUSTER_TRY(CheckWindow(rule.window));
  return CheckShare(rule.share);
}

Status Check(const RangeRule& rule) {
  MUSTER_TRY(CheckWindow(rule.window));
  for (const auto& bound : {rule.min, rule.max})
    if (bound && !IsMeasurable(*bound))
      return InvalidField(rule.min == bound ? "min" : "max", "{} is beyond bounds", *bound);
  if (rule.min && rule.max && *rule.min > *rule.max)
    return InvalidField("max", "{} is below min, {}", *rule.max, *rule.min);
  return CheckShare(rule.share);
}

Status Check(const RateRule& rule) {
  if (rule.limit > 0 && IsMeasurable(rule.limit)) return Ok();
  return InvalidField("limit", "{} is no rate above 0, in units a second", rule.limit);
}

Status Check(const FreshnessRule& rule) { return CheckTime(rule.time, Duration(1)); }
}  // namespace

std::string_view NameOf(Severity severity) {
  return severity == Severity::kAlarm ? "alarm" : "warning";
}

std::string_view NameOf(const MonitorRule& rule) {
  return std::visit([](const auto& r) { return r.kName; }, rule);
}

bool IsOfRows(const MonitorRule& rule) {
  if (const auto* dropout = std::get_if<DropoutRule>(&rule)) return dropout->time > Duration(0);
  return std::holds_alternative<FreshnessRule>(rule);
}

bool NeedsReference(const MonitorRule& rule) {
  if (const auto* change = std::get_if<ChangeRule>(&rule)) return change->one_false_alarm_in > 0;
  return std::holds_alternative<InputRule>(rule);
}

Status Validate(const MonitorSpec& spec) {
  MUSTER_TRY(CheckName("name", spec.name));
  MUSTER_TRY(std::visit([](const auto& rule) { return Check(rule); }, spec.rule));
  if (spec.fields.size() > kMostWatchedFields)
    return InvalidField("fields", "{} of them, at most {} are allowed", spec.fields.size(),
                        kMostWatchedFields);
  if (!spec.fields.empty() && IsOfRows(spec.rule))
    return InvalidField("fields", "are of no use: this {} looks at whole rows", NameOf(spec.rule));
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < spec.fields.size(); ++i) {
    const std::string path = fmt::format("fields[{}]", i);
    if (spec.fields[i].empty()) return InvalidField(path, "is empty");
    if (!seen.insert(spec.fields[i]).second) return InvalidField(path, "stands twice");
  }
  return Ok();
}

}  // namespace muster::drift
