#include "coordinator/trigger/spec.h"

#include <cmath>

#include "registry/names.h"

namespace muster::coordinator {
namespace {
constexpr Duration kLongest{3660LL * 86'400'000};

Status CheckTime(Duration time, std::string_view path) {
  if (time.count() > 0 && time <= kLongest) return Ok();
  return InvalidField(path, "must be more than 0 and at most 10 years");
}

Status CheckBudget(const TriggerSpec& spec) {
  const BudgetSpec& b = spec.budget;
  for (const auto& [value, path] :
       {std::pair(b.kwh, "budget.kwh"), std::pair(b.device_hours, "budget.device_hours")}) {
    if (!(value >= 0) || !std::isfinite(value)) return InvalidField(path, "must be 0 or more");
    if (value > 0 && !spec.action.campaign.plan.energy)
      return InvalidField(path, "needs do.campaign.plan.energy: it is told by what plans declare");
  }
  return CheckTime(b.per, "budget.per");
}

Status CheckCampaign(const CampaignSpec& campaign) {
  if (campaign.statistics) return InvalidField("do.campaign.statistics", "a trigger trains");
  if (!campaign.plan.selection.devices.empty())
    return InvalidField("do.campaign.plan.selection.devices", "the trigger chooses devices");
  const Status judged = Validate(campaign);
  if (judged.ok()) return judged;
  const std::string path = "do.campaign." + FieldOf(judged);
  return WithField(Prefixed(judged, "do.campaign"), path);
}
}  // namespace

Status Validate(const TriggerSpec& spec) {
  MUSTER_TRY(registry::CheckName(spec.name.value(), "name"));
  if (spec.name.value().size() > kLongestTriggerName)
    return InvalidField("name", "longer than {} characters", kLongestTriggerName);
  MUSTER_TRY(registry::CheckDescription(spec.description, "description"));
  MUSTER_TRY(registry::CheckName(spec.model.value(), "model"));
  MUSTER_TRY(Validate(spec.when, "when"));
  if (spec.cool_down.count() < 0 || spec.cool_down > kLongest)
    return InvalidField("cool_down", "must be at most 10 years");
  MUSTER_TRY(CheckBudget(spec));
  if (spec.ask) {
    if (!spec.ask->role.empty()) MUSTER_TRY(registry::CheckAliasName(spec.ask->role, "ask.role"));
    MUSTER_TRY(CheckTime(spec.ask->expires, "ask.expires"));
  }
  const CohortSpec& cohort = spec.action.cohort;
  if (!(cohort.others >= 0 && cohort.others <= 1000))
    return InvalidField("do.cohort.others", "{} is not in [0, 1000]", cohort.others);
  if (spec.action.promote)
    MUSTER_TRY(registry::CheckAliasName(*spec.action.promote, "do.promote.alias"));
  return CheckCampaign(spec.action.campaign);
}

Json ToJson(const TriggerSpec& spec) {
  Json action{{"campaign", ToJson(spec.action.campaign)},
              {"drifted", spec.action.cohort.drifted},
              {"others", DecimalText(spec.action.cohort.others)},
              {"least", spec.action.cohort.least}};
  if (spec.action.promote) action["promote"] = *spec.action.promote;
  Json out{{"name", spec.name.value()},
           {"description", spec.description},
           {"model", spec.model.value()},
           {"when", ToJson(spec.when)},
           {"cool_down_ms", spec.cool_down.count()},
           {"budget",
            {{"campaigns", spec.budget.campaigns},
             {"kwh", DecimalText(spec.budget.kwh)},
             {"device_hours", DecimalText(spec.budget.device_hours)},
             {"per_ms", spec.budget.per.count()}}},
           {"do", std::move(action)},
           {"suspended", spec.suspended}};
  if (spec.ask) out["ask"] = {{"role", spec.ask->role}, {"expires_ms", spec.ask->expires.count()}};
  return out;
}

StatusOr<TriggerSpec> TriggerSpecFrom(const Json& json) {
  JsonReader r(json);
  TriggerSpec spec;
  spec.name = TriggerName(r.Text("name"));
  spec.description = r.Text("description");
  spec.model = ModelName(r.Text("model"));
  MUSTER_ASSIGN(spec.when, ConditionFrom(r.At("when")));
  spec.cool_down = Duration(r.Integer("cool_down_ms"));
  spec.suspended = r.Bool("suspended");
  JsonReader budget(r.At("budget"));
  spec.budget = {static_cast<std::uint32_t>(budget.Unsigned("campaigns")), budget.Decimal("kwh"),
                 budget.Decimal("device_hours"), Duration(budget.Integer("per_ms"))};
  MUSTER_TRY(budget.status());
  JsonReader action(r.At("do"));
  MUSTER_ASSIGN(spec.action.campaign, CampaignSpecFrom(action.At("campaign")));
  spec.action.cohort = {action.Bool("drifted"), action.Decimal("others"),
                        static_cast<std::uint32_t>(action.Unsigned("least"))};
  if (action.Has("promote")) spec.action.promote = action.Text("promote");
  MUSTER_TRY(action.status());
  if (r.Has("ask")) {
    JsonReader ask(r.At("ask"));
    spec.ask = AskSpec{ask.Text("role"), Duration(ask.Integer("expires_ms"))};
    MUSTER_TRY(ask.status());
  }
  MUSTER_TRY(r.status());
  MUSTER_TRY(Validate(spec));
  return spec;
}

}  // namespace muster::coordinator
