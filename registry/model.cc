#include "registry/model.h"

#include <algorithm>
#include <cmath>

#include "registry/names.h"

namespace muster::registry {
namespace {
constexpr std::size_t kMaxMetrics = 64;

template <typename... Args>
Status Immutable(std::string_view path, fmt::format_string<Args...> f, Args&&... args) {
  return WithField(
      WithReason(FailedPrecondition("{}: {}", path, fmt::format(f, std::forward<Args>(args)...)),
                 Reason::kVERSION_IMMUTABLE),
      path);
}

template <typename... Args>
Status Missing(fmt::format_string<Args...> f, Args&&... args) {
  return WithReason(NotFound(f, std::forward<Args>(args)...), Reason::kRESOURCE_NOT_FOUND);
}

// What of a field reaches the model: its declared range is part of the model's input.
bool ReadsTheSame(const FieldSpec& a, const FieldSpec& b) {
  return a.type == b.type && a.unit == b.unit && a.min == b.min && a.max == b.max;
}

// The first field that the model reads and that differs between two versions of its contract.
const std::string* FirstChange(const ModelSpec& spec, const ContractVersion& a,
                               const ContractVersion& b) {
  const auto same = [&](const std::string& name) {
    const FieldSpec* in_a = a.spec.Find(name);
    const FieldSpec* in_b = b.spec.Find(name);
    return in_a != nullptr && in_b != nullptr && ReadsTheSame(*in_a, *in_b);
  };
  for (const std::string& feature : spec.input.features)
    if (!same(feature)) return &feature;
  return same(spec.label.field) ? nullptr : &spec.label.field;
}

// Versions were trained on what the model read when they were made.
Status CheckUnchanged(const ModelState& state, const ApplyModel& e) {
  const std::string why = fmt::format(
      "model {} has {} versions that were trained on it; give the "
      "new model another name",
      e.spec.name.value(), state.versions.size());
  if (e.spec.input != state.spec->input) return Immutable("input", "cannot change: {}", why);
  if (e.spec.label != state.spec->label) return Immutable("label", "cannot change: {}", why);
  if (e.spec.contract != state.spec->contract)
    return Immutable("contract", "cannot change: {}", why);
  if (!e.contract || !e.current) return Ok();
  if (const std::string* field = FirstChange(e.spec, *e.current, *e.contract))
    return Immutable("contract_version",
                     "version {} of contract {} declares '{}' differently than version {}, which "
                     "the model reads: keep that, or give the new model another name",
                     e.contract->version.value(), e.spec.contract.value(), *field,
                     e.current->version.value());
  return Ok();
}

Status CheckMetrics(const std::map<std::string, double>& metrics) {
  if (metrics.size() > kMaxMetrics)
    return InvalidField("metrics", "{} metrics are more than {}", metrics.size(), kMaxMetrics);
  for (const auto& [name, value] : metrics) {
    MUSTER_TRY(CheckName(name, "metrics"));
    if (!std::isfinite(value)) return InvalidField("metrics." + name, "is not finite");
  }
  return Ok();
}

StatusOr<ModelFacts> On(const ModelState& state, const ApplyModel& e, Timestamp now) {
  MUSTER_TRY(Validate(e.spec));
  if (!state.versions.empty()) MUSTER_TRY(CheckUnchanged(state, e));
  if (e.contract) MUSTER_TRY(CheckAgainst(e.spec, *e.contract));
  if (state.spec == e.spec) return ModelFacts{};
  return ModelFacts{ModelApplied{e.spec, now, e.by}};
}

StatusOr<ModelFacts> On(const ModelState& state, const CreateModelVersion& e, Timestamp now) {
  if (e.origin && FindPublished(state, *e.origin, e.params) != nullptr) return ModelFacts{};
  MUSTER_TRY(CheckMetrics(e.metrics));
  if (e.parent.value() != 0 && state.Find(e.parent) == nullptr)
    return Missing("model {} has no version {} to be the parent", state.spec->name.value(),
                   e.parent.value());
  ModelVersion version;
  version.model = state.spec->name;
  version.version = VersionNumber(state.versions.size() + 1);
  version.params = e.params;
  version.module = e.module;
  version.contract = state.spec->contract;
  version.contract_version = state.spec->contract_version;
  version.parent = e.parent;
  version.origin = e.origin;
  version.metrics = e.metrics;
  version.parameters = e.parameters;
  version.created_at = now;
  version.created_by = e.by;
  return ModelFacts{ModelVersionCreated{std::move(version)}};
}

StatusOr<ModelFacts> On(const ModelState& state, const MoveAlias& e, Timestamp now) {
  if (e.alias == kLatest)
    return InvalidField("alias", "'{}' always means the newest version", kLatest);
  if (!IsAliasName(e.alias))
    return InvalidField("alias",
                        "'{}' is not a lower case letter followed by at most 40 of lower case "
                        "letters, digits and '-'",
                        e.alias.substr(0, 80));
  const auto known = state.aliases.find(e.alias);
  const VersionNumber from = known == state.aliases.end() ? VersionNumber() : known->second;
  if (e.version.value() != 0 && state.Find(e.version) == nullptr)
    return Missing("model {} has no version {}", state.spec->name.value(), e.version.value());
  if (e.version.value() == 0 && from.value() == 0)
    return Missing("model {} has no alias '{}'", state.spec->name.value(), e.alias);
  if (e.version == from) return ModelFacts{};
  return ModelFacts{AliasMoved{e.alias, e.version, from, now, e.by}};
}
}  // namespace

const ModelVersion* ModelState::Find(VersionNumber version) const {
  const std::uint64_t number = version.value() == 0 ? versions.size() : version.value();
  return number == 0 || number > versions.size() ? nullptr : &versions[number - 1];
}

const ModelVersion* ModelState::Find(std::string_view alias) const {
  if (alias == kLatest) return Find(VersionNumber());
  const auto it = aliases.find(std::string(alias));
  return it == aliases.end() ? nullptr : Find(it->second);
}

std::vector<std::string> ModelState::AliasesOf(VersionNumber version) const {
  std::vector<std::string> out;
  for (const auto& [alias, target] : aliases)
    if (target == version) out.push_back(alias);
  return out;
}

const ModelVersion* FindPublished(const ModelState& state, const CampaignRound& origin,
                                  const Digest& params) {
  const auto it =
      std::find_if(state.versions.begin(), state.versions.end(),
                   [&](const ModelVersion& v) { return v.origin == origin && v.params == params; });
  return it == state.versions.end() ? nullptr : &*it;
}

StatusOr<ModelFacts> Decide(const ModelState& state, const ModelEvent& event, Timestamp now) {
  if (!state.spec && !std::holds_alternative<ApplyModel>(event))
    return Missing("there is no such model");
  return std::visit([&](const auto& e) { return On(state, e, now); }, event);
}

void Apply(ModelState& state, const ModelFact& fact) {
  std::visit(Overloaded{
                 [&](const ModelApplied& f) { state.spec = f.spec; },
                 [&](const ModelVersionCreated& f) { state.versions.push_back(f.version); },
                 [&](const AliasMoved& f) {
                   if (f.version.value() == 0)
                     state.aliases.erase(f.alias);
                   else
                     state.aliases[f.alias] = f.version;
                 },
             },
             fact);
}

}  // namespace muster::registry
