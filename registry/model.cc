#include "registry/model.h"

#include <algorithm>

#include "base/time_text.h"
#include "registry/model_parts.h"

namespace muster::registry {
namespace {
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

// Gates that stand are loosened by whom they let override them.
bool MayChangeGates(const ModelState& state, const ApplyModel& e) {
  if (!state.spec || !state.spec->gates || state.spec->gates == e.spec.gates) return true;
  return e.roles.Holds(e.by, state.spec->gates->override_role);
}

StatusOr<ModelFacts> On(const ModelState& state, const ApplyModel& e, Timestamp now) {
  MUSTER_TRY(Validate(e.spec));
  if (!state.versions.empty()) MUSTER_TRY(CheckUnchanged(state, e));
  if (e.contract) MUSTER_TRY(CheckAgainst(e.spec, *e.contract));
  if (state.spec == e.spec) return ModelFacts{};
  if (!MayChangeGates(state, e)) {
    const std::string& role = state.spec->gates->override_role;
    return ModelFacts{
        ModelActionDenied{"change-gates", VersionNumber(), Reason::kROLE_MISSING,
                          fmt::format("gates that stand are changed by a {}, which {} is not; {}",
                                      role, e.by, e.roles.WhoHolds(role)),
                          now, e.by}};
  }
  return ModelFacts{ModelApplied{e.spec, now, e.by}};
}

StatusOr<ModelFacts> On(const ModelState& state, const CreateModelVersion& e, Timestamp now) {
  if (e.origin && FindPublished(state, *e.origin, e.params) != nullptr) return ModelFacts{};
  MUSTER_TRY(Validate(e.measured));
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
  version.lineage = e.lineage;
  version.measured = e.measured;
  version.parameters = e.parameters;
  version.created_at = now;
  version.created_by = e.by;
  return ModelFacts{ModelVersionCreated{std::move(version)}};
}

StatusOr<ModelFacts> On(const ModelState& state, const MoveAlias& e, Timestamp now) {
  MUSTER_TRY(CheckAlias(e.alias));
  if (state.Guards(e.alias))
    return WithReason(FailedPrecondition("'{}' is guarded: promote a version", e.alias),
                      Reason::kGATE_REFUSED);
  const auto known = state.aliases.find(e.alias);
  const VersionNumber from = known == state.aliases.end() ? VersionNumber() : known->second;
  if (e.version.value() != 0) MUSTER_TRY(Require(state, e.version).status());
  if (e.version.value() == 0 && from.value() == 0)
    return Missing("model {} has no alias '{}'", state.spec->name.value(), e.alias);
  if (e.version == from) return ModelFacts{};
  return ModelFacts{AliasMoved{e.alias, e.version, from, now, e.by, How::kSet, "", {}}};
}
}  // namespace

StatusOr<const ModelVersion*> Require(const ModelState& state, VersionNumber version) {
  if (const ModelVersion* found = version.value() == 0 ? nullptr : state.Find(version))
    return found;
  return Missing("model {} has {} version(s), and no version {}", state.spec->name.value(),
                 state.versions.size(), version.value());
}

const ModelVersion* ModelState::Find(VersionNumber version) const {
  const std::uint64_t number = version.value() == 0 ? versions.size() : version.value();
  return number == 0 || number > versions.size() ? nullptr : &versions[number - 1];
}

const ModelVersion* ModelState::Find(std::string_view alias) const {
  if (alias == kLatest) return Find(VersionNumber());
  const auto it = aliases.find(std::string(alias));
  return it == aliases.end() ? nullptr : Find(it->second);
}

const AliasMoves& ModelState::HistoryOf(std::string_view alias) const {
  static const AliasMoves kNone;
  const auto it = history.find(alias);
  return it == history.end() ? kNone : it->second;
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
  MUSTER_ASSIGN(ModelFacts facts,
                std::visit([&](const auto& e) { return On(state, e, now); }, event));
  if (!facts.empty() && now < state.newest_at)
    return WithReason(
        FailedPrecondition("the clock says {}, and the newest fact of model {} is of {}: set the "
                           "coordinator's clock right, or wait until it has caught up",
                           FormatTime(now), state.spec->name.value(), FormatTime(state.newest_at)),
        Reason::kCLOCK_BACKWARDS);
  return facts;
}

}  // namespace muster::registry
