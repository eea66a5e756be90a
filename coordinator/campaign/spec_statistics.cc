#include "coordinator/campaign/spec_statistics.h"

#include <set>

#include "base/nearest.h"
#include "coordinator/campaign/spec_window.h"
#include "registry/names.h"

namespace muster::coordinator {
namespace {

using aggregation::statistics::kMostBins;
using aggregation::statistics::kMostFields;
using aggregation::statistics::kMostLeast;
using aggregation::statistics::kMostQuantiles;
using aggregation::statistics::Query;

Status CheckFieldNames(const std::vector<std::string>& fields) {
  if (fields.size() > kMostFields)
    return InvalidField("statistics.fields", "{} fields; at most {} are counted at once",
                        fields.size(), kMostFields);
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const std::string path = fmt::format("statistics.fields[{}]", i);
    MUSTER_TRY(registry::CheckName(fields[i], path));
    if (!seen.insert(fields[i]).second) return InvalidField(path, "'{}' comes twice", fields[i]);
  }
  return Ok();
}

Status CheckQuantiles(const std::vector<double>& quantiles) {
  if (quantiles.size() > kMostQuantiles)
    return InvalidField("statistics.quantiles", "at most {}", kMostQuantiles);
  for (std::size_t i = 0; i < quantiles.size(); ++i) {
    const std::string path = fmt::format("statistics.quantiles[{}]", i);
    if (!(quantiles[i] > 0 && quantiles[i] < 1))
      return InvalidField(path, "{} is not in (0, 1)", quantiles[i]);
    if (i > 0 && quantiles[i] <= quantiles[i - 1])
      return InvalidField(path, "{} is not more than the one before, {}", quantiles[i],
                          quantiles[i - 1]);
  }
  return Ok();
}

// What a plan for training may say, and one for counting may not.
Status CheckCountingPlan(const CampaignSpec& spec) {
  const PlanSpec& plan = spec.plan;
  if (plan.rounds != spec.statistics->passes())
    return InvalidField("plan.rounds", "{} rounds; statistics take {}, one a pass", plan.rounds,
                        spec.statistics->passes());
  if (plan.selection.from != SelectionSpec::From::kEnrolled)
    return InvalidField("plan.selection.from", "statistics are of ENROLLED devices");
  if (plan.selection.replay)
    return InvalidField("plan.selection.replay", "statistics replay no cohorts");
  if (plan.energy) return InvalidField("plan.energy", "statistics make no version");
  if (plan.selection.minimum < spec.statistics->least)
    return InvalidField("plan.selection.cohort.minimum", "{} is fewer than statistics.least, {}",
                        plan.selection.minimum, spec.statistics->least);
  if (!spec.model.value().empty() || spec.base_version.value() != 0)
    return InvalidField("model", "a campaign of statistics has no model");
  if (!spec.evaluation.labels.empty())
    return InvalidField("evaluation", "a campaign of statistics evaluates nothing");
  return Ok();
}

// However many devices match, they can be cut into sessions of enough.
Status CheckCountingSums(const SecureSpec& s, const SelectionSpec& selection) {
  if (s.bits != aggregation::secagg::LaneBits::k32)
    return InvalidField("secure.bits", "statistics are counted in 32 bits");
  if (s.session < 2 * s.least - 1)
    return InvalidField("secure.session",
                        "{} is less than 2 * secure.least - 1 = {}, so that some numbers of "
                        "devices cannot be cut into sessions of at least {}",
                        s.session, 2 * s.least - 1, s.least);
  const SessionCut fewest = CutSessions(selection.minimum, s.session);
  const auto parameters = aggregation::secagg::FindParameters(s.Rule(), fewest.smallest);
  if (!parameters.ok()) return InvalidField("secure", "{}", MessageOf(parameters.status()));
  return Ok();
}

Status NotCounted(const std::string& path, const registry::FieldSpec& field) {
  if (!registry::IsNumeric(field.type))
    return InvalidField(path, "'{}' is {}, and only FLOAT and INTEGER fields are counted",
                        field.name, NameOf(field.type));
  return InvalidField(path,
                      "'{}' declares no range to count over; give it min and max in the contract",
                      field.name);
}

bool IsCounted(const registry::FieldSpec& field) {
  return registry::IsNumeric(field.type) && field.min && field.max;
}

StatusOr<std::vector<registry::FieldSpec>> AllCounted(const registry::ContractSpec& contract) {
  std::vector<registry::FieldSpec> out;
  for (const registry::FieldSpec& field : contract.fields)
    if (IsCounted(field)) out.push_back(field);
  if (out.empty())
    return InvalidField("statistics.fields", "no numeric field of contract '{}' declares a range",
                        contract.name.value());
  if (out.size() > kMostFields)
    return InvalidField("statistics.fields",
                        "contract '{}' has {} fields to count; name at most {} of them",
                        contract.name.value(), out.size(), kMostFields);
  return out;
}

StatusOr<std::vector<registry::FieldSpec>> CountedFields(const StatisticsSpec& asked,
                                                         const registry::ContractSpec& contract) {
  if (asked.fields.empty()) return AllCounted(contract);
  std::vector<std::string> known;
  for (const registry::FieldSpec& field : contract.fields) known.push_back(field.name);
  std::vector<registry::FieldSpec> out;
  for (std::size_t i = 0; i < asked.fields.size(); ++i) {
    const std::string path = fmt::format("statistics.fields[{}]", i);
    const registry::FieldSpec* field = contract.Find(asked.fields[i]);
    if (field == nullptr)
      return InvalidField(path, "contract '{}' has no field '{}'{}", contract.name.value(),
                          asked.fields[i], DidYouMean(asked.fields[i], known));
    if (!IsCounted(*field)) return NotCounted(path, *field);
    out.push_back(*field);
  }
  return out;
}
}  // namespace

Status CheckStatistics(const CampaignSpec& spec) {
  const StatisticsSpec& s = *spec.statistics;
  MUSTER_TRY(registry::CheckName(s.contract.value(), "statistics.contract"));
  MUSTER_TRY(CheckFieldNames(s.fields));
  if (s.bins < 2 || s.bins > kMostBins)
    return InvalidField("statistics.bins", "{} is not in 2 to {}", s.bins, kMostBins);
  MUSTER_TRY(CheckQuantiles(s.quantiles));
  if (s.least < 2 || s.least > kMostLeast)
    return InvalidField("statistics.least", "{} is not in 2 to {}", s.least, kMostLeast);
  MUSTER_TRY(CheckCountingPlan(spec));
  if (!spec.secure) return InvalidField("secure", "statistics are secure sums: say how");
  if (s.window) MUSTER_TRY(CheckWindow(spec));
  return CheckCountingSums(*spec.secure, spec.plan.selection);
}

StatusOr<Query> FirstQuery(const StatisticsSpec& asked, const registry::ContractVersion& contract) {
  MUSTER_ASSIGN(const std::vector<registry::FieldSpec> fields, CountedFields(asked, contract.spec));
  Query query;
  query.contract = contract.spec.name.value();
  query.version = contract.version.value();
  for (const registry::FieldSpec& field : fields)
    query.fields.push_back({field.name, *field.min, *field.max, asked.bins});
  query.quantiles = asked.quantiles;
  query.least = asked.least;
  MUSTER_TRY(aggregation::statistics::EncodeQuery(query).status());
  return query;
}

}  // namespace muster::coordinator
