#pragma once
// When a model is trained anew, on which devices, at what cost, and what becomes of the version;
// validated. Pure.
#include <optional>
#include <string>

#include "coordinator/campaign/spec.h"
#include "coordinator/trigger/condition.h"

namespace muster::coordinator {

// Campaigns of triggers are called "<trigger>-<number>".
inline constexpr std::size_t kLongestTriggerName = 48;

struct BudgetSpec {
  std::uint32_t campaigns = 0;  // 0: no limit, and so below.
  double kwh = 0;
  double device_hours = 0;
  Duration per{720LL * 3'600'000};
};
struct AskSpec {
  std::string role;  // Empty: any operator.
  Duration expires{72LL * 3'600'000};
};
struct CohortSpec {
  bool drifted = false;
  double others = 0;  // A part of the drifted ones.
  std::uint32_t least = 5;
};
struct ActionSpec {
  CampaignSpec campaign;  // A template: name, base version and cohort are each firing's own.
  CohortSpec cohort;
  std::optional<std::string> promote;  // The alias; empty: the version is left as a candidate.
};

struct TriggerSpec {
  TriggerName name;
  std::string description;
  ModelName model;
  Condition when;
  Duration cool_down{600'000};
  BudgetSpec budget;
  std::optional<AskSpec> ask;
  ActionSpec action;
  bool suspended = false;

  // The alias whose version a campaign starts from.
  std::string BaseAlias() const { return action.promote.value_or("champion"); }
};

// OK, or INVALID_ARGUMENT (FIELD_INVALID) that names the field's path.
Status Validate(const TriggerSpec& spec);

// As the TriggerApplied fact holds it.
Json ToJson(const TriggerSpec& spec);
StatusOr<TriggerSpec> TriggerSpecFrom(const Json& json);

}  // namespace muster::coordinator
