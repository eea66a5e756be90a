// What asking for a move of an alias comes to.
#include <algorithm>

#include "registry/gate_judge.h"
#include "registry/model_parts.h"
#include "registry/names.h"

namespace muster::registry {
namespace {
constexpr std::size_t kLongestReason = 1024;

Status CheckReason(const std::string& text) {
  const bool blank = text.find_first_not_of(" \t\r\n") == text.npos;
  if (!text.empty() && (blank || text.size() > kLongestReason))
    return InvalidField("override_reason", "is not 1 to {} bytes that say why", kLongestReason);
  return Ok();
}

// Without a candidate there is nothing that gates could look at.
std::vector<Verdict> JudgeRemoval(const PromoteVersion& e) {
  return {{"removal", false,
           fmt::format("'{}' is guarded, so it is moved and not taken away: promote another "
                       "version, or give a reason to override with",
                       e.alias)}};
}

Verdict JudgeRole(std::string_view gate, std::string_view role, const PromoteVersion& e) {
  if (e.roles.Holds(e.by, role))
    return {std::string(gate), true, fmt::format("{} holds {}", e.by, role)};
  return {std::string(gate), false,
          fmt::format("{} does not hold {}; {}", e.by, role, e.roles.WhoHolds(role))};
}

std::vector<Verdict> VerdictsOn(const ModelState& state, const PromoteVersion& e,
                                VersionNumber from, Timestamp now) {
  if (!state.Guards(e.alias)) return {};
  const Gates& gates = *state.spec->gates;
  if (e.version.value() == 0) return JudgeRemoval(e);
  const ModelVersion* holder = from.value() == 0 ? nullptr : state.Find(from);
  std::vector<Verdict> out;
  if (e.how == How::kRollback) out.push_back(JudgeRole("role", gates.rollback.role, e));
  for (Verdict& v : Judge(gates, {state, e, *state.Find(e.version), holder, now}))
    out.push_back(std::move(v));
  return out;
}

// An override that is asked for needs its role; true: it may go ahead.
bool MayOverride(const ModelState& state, const PromoteVersion& e, std::vector<Verdict>& verdicts) {
  if (e.override_reason.empty()) return false;
  Verdict role = JudgeRole("override", state.spec->gates->override_role, e);
  verdicts.push_back(role);
  return role.passed;
}

Status CheckAsked(const ModelState& state, const PromoteVersion& e, VersionNumber from) {
  MUSTER_TRY(CheckAlias(e.alias));
  MUSTER_TRY(CheckReason(e.override_reason));
  if (e.version.value() == 0)
    return from.value() != 0
               ? Ok()
               : Missing("model {} has no alias '{}'", state.spec->name.value(), e.alias);
  MUSTER_TRY(Require(state, e.version).status());
  if (e.how == How::kRollback && !HasHeld(state.HistoryOf(e.alias), e.version))
    return Missing("'{}' never pointed at version {}: promote it", e.alias, e.version.value());
  return Ok();
}
}  // namespace

StatusOr<ModelFacts> On(const ModelState& state, const PromoteVersion& e, Timestamp now) {
  const auto known = state.aliases.find(e.alias);
  const VersionNumber from = known == state.aliases.end() ? VersionNumber() : known->second;
  MUSTER_TRY(CheckAsked(state, e, from));
  if (e.version == from) return ModelFacts{};
  std::vector<Verdict> verdicts = VerdictsOn(state, e, from, now);
  const bool passed =
      std::all_of(verdicts.begin(), verdicts.end(), [](const Verdict& v) { return v.passed; });
  const bool overridden = !passed && MayOverride(state, e, verdicts);
  if (!passed && !overridden) {
    const bool role = std::any_of(verdicts.begin(), verdicts.end(), [](const Verdict& v) {
      return !v.passed && (v.gate == "role" || v.gate == "override");
    });
    return ModelFacts{PromotionRefused{e.alias, e.version, from, e.how, std::move(verdicts),
                                       role ? Reason::kROLE_MISSING : Reason::kGATE_REFUSED, now,
                                       e.by}};
  }
  ModelFacts facts;
  if (overridden)
    facts.emplace_back(
        PromotionOverridden{e.alias, e.version, from, e.override_reason, verdicts, now, e.by});
  facts.emplace_back(AliasMoved{e.alias, e.version, from, now, e.by, e.how,
                                overridden ? e.override_reason : "", std::move(verdicts)});
  return facts;
}

}  // namespace muster::registry
