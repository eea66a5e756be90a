#include "coordinator/monitor/spec.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "drift/fleet/shard_plan.h"
#include "registry/names.h"

namespace muster::coordinator {
namespace {
constexpr std::size_t kMostDrills = 8;
constexpr Duration kLongestEvery{366LL * 86'400'000};
constexpr Duration kSoonestSilent{60'000};  // Devices tell what they served once a minute.
// As drift/monitors reads them back.
constexpr double kLeastRate = 1e-12;
constexpr std::uint64_t kMostValues = (std::uint64_t{1} << 53) - 1;

// The same error, with its field under another path.
Status Under(std::string_view path, const Status& status) {
  if (status.ok()) return status;
  const std::string field = FieldOf(status);
  const std::string whole = field.empty() ? std::string(path) : fmt::format("{}.{}", path, field);
  return WithField(Prefixed(status, path), whole);
}

Status CheckEdge(const MonitorSpec& spec) {
  if (spec.edge.size() > drift::kMostMonitors)
    return InvalidField("edge", "{} rules, at most {} are allowed", spec.edge.size(),
                        drift::kMostMonitors);
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < spec.edge.size(); ++i) {
    const std::string path = fmt::format("edge[{}]", i);
    const drift::MonitorSpec& rule = spec.edge[i];
    MUSTER_TRY(Under(path, drift::Validate(rule)));
    if (rule.name == kFleetRule)
      return InvalidField(path + ".name", "'fleet' is what the fleet's own test is called");
    if (EdgeName(spec.name, rule.name).size() > drift::kMostNameBytes)
      return InvalidField(path + ".name", "'{}' is longer than {} bytes with the monitor's name",
                          rule.name, drift::kMostNameBytes);
    if (!names.insert(rule.name).second)
      return WithReason(InvalidField(path + ".name", "'{}' stands twice", rule.name),
                        Reason::kFIELD_DUPLICATE);
  }
  return Ok();
}

Status CheckFleet(const FleetSpec& fleet) {
  if (!(fleet.level > 0 && fleet.level <= 0.5))
    return InvalidField("fleet.level", "{} is not in (0, 0.5]", fleet.level);
  if (fleet.every.count() < 0 || fleet.every > kLongestEvery)
    return InvalidField("fleet.every", "must be at most a year");
  if (fleet.after_rows == 0) return InvalidField("fleet.after_rows", "must be 1 or more");
  if (!fleet.campaign.statistics || !fleet.campaign.statistics->window)
    return InvalidField("fleet", "has no window");
  if (fleet.window().drill.size() > kMostDrills)
    return InvalidField("fleet.drill", "at most {} labels", kMostDrills);
  return Ok();
}
}  // namespace

const drift::MonitorSpec* MonitorSpec::FindRule(std::string_view rule) const {
  for (const drift::MonitorSpec& known : edge)
    if (known.name == rule) return &known;
  return nullptr;
}

bool HasMeasures(const FleetSpec& fleet) {
  return fleet.window().error || fleet.window().expected_error;
}

std::uint32_t TestableDevices(const FleetSpec& fleet) {
  return drift::kLeastShards * fleet.window().shard;
}

Status Validate(const MonitorSpec& spec) {
  MUSTER_TRY(registry::CheckName(spec.name.value(), "name"));
  if (spec.name.value().size() > kLongestMonitorName)
    return InvalidField("name", "longer than {} characters", kLongestMonitorName);
  if (spec.name.value().find('.') != std::string::npos)
    return InvalidField("name", "has a '.', which parts a monitor's name from its rules'");
  MUSTER_TRY(registry::CheckDescription(spec.description, "description"));
  MUSTER_TRY(registry::CheckName(spec.model.value(), "model"));
  MUSTER_TRY(registry::CheckAliasName(spec.alias, "alias"));
  if (spec.silent_after < kSoonestSilent || spec.silent_after > kLongestEvery)
    return InvalidField("silent_after", "must be a minute to a year");
  MUSTER_TRY(CheckEdge(spec));
  if (spec.fleet) MUSTER_TRY(CheckFleet(*spec.fleet));
  if (spec.edge.empty() && !spec.fleet)
    return InvalidField("edge", "a monitor without edge rules and without fleet watches nothing");
  return Ok();
}

std::string EdgeName(const MonitorName& monitor, std::string_view rule) {
  return fmt::format("{}.{}", monitor.value(), rule);
}

std::string_view RuleOf(const MonitorName& monitor, std::string_view name) {
  const std::string& own = monitor.value();
  if (name.size() <= own.size() + 1 || !name.starts_with(own) || name[own.size()] != '.') return {};
  return name.substr(own.size() + 1);
}

drift::MonitorSpec Taught(drift::MonitorSpec rule, std::uint32_t halvings) {
  if (auto* input = std::get_if<drift::InputRule>(&rule.rule))
    input->rate = std::max(std::ldexp(input->rate, -static_cast<int>(halvings)), kLeastRate);
  if (auto* change = std::get_if<drift::ChangeRule>(&rule.rule))
    change->one_false_alarm_in = std::min(change->one_false_alarm_in, kMostValues >> halvings)
                                 << halvings;
  return rule;
}

Json ToJson(const MonitorSpec& spec) {
  Json edge = Json::array();
  for (const drift::MonitorSpec& rule : spec.edge) edge.push_back(drift::SpecJson(rule));
  Json out{{"name", spec.name.value()},
           {"description", spec.description},
           {"model", spec.model.value()},
           {"alias", spec.alias},
           {"labels", spec.labels},
           {"edge", std::move(edge)},
           {"silent_after_ms", spec.silent_after.count()}};
  if (spec.fleet)
    out["fleet"] = {{"campaign", ToJson(spec.fleet->campaign)},
                    {"every_ms", spec.fleet->every.count()},
                    {"after_rows", spec.fleet->after_rows},
                    {"level", DecimalText(spec.fleet->level)}};
  return out;
}

StatusOr<MonitorSpec> MonitorSpecFrom(const Json& json) {
  JsonReader r(json);
  MonitorSpec spec;
  spec.name = MonitorName(r.Text("name"));
  spec.description = r.Text("description");
  spec.model = ModelName(r.Text("model"));
  spec.alias = r.Text("alias");
  for (const auto& [key, value] : r.At("labels").items())
    if (value.is_string()) spec.labels[key] = value.get<std::string>();
  for (const Json& rule : r.At("edge")) {
    MUSTER_ASSIGN(spec.edge.emplace_back(), drift::ReadMonitor(rule, "edge"));
  }
  if (r.Has("silent_after_ms")) spec.silent_after = Duration(r.Integer("silent_after_ms"));
  MUSTER_TRY(r.status());
  if (r.Has("fleet")) {
    JsonReader fleet(r.At("fleet"));
    spec.fleet.emplace();
    MUSTER_ASSIGN(spec.fleet->campaign, CampaignSpecFrom(fleet.At("campaign")));
    spec.fleet->every = Duration(fleet.Integer("every_ms"));
    spec.fleet->after_rows = static_cast<std::uint32_t>(fleet.Unsigned("after_rows"));
    spec.fleet->level = fleet.Decimal("level");
    MUSTER_TRY(fleet.status());
  }
  MUSTER_TRY(Validate(spec));
  return spec;
}

}  // namespace muster::coordinator
