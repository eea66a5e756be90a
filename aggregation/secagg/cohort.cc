#include "aggregation/secagg/cohort.h"

#include <algorithm>
#include <set>

#include "aggregation/secagg/violation.h"

namespace muster::aggregation::secagg {
namespace {

Status CheckOrder(const Roster& roster, const Hasher& hasher, const Defences& defences) {
  DeviceId last;
  std::set<AgreementPublic> keys;
  for (const AdvertiseKeys& member : roster.members) {
    const DeviceId id = DeviceIdOf(member.identity, hasher);
    const bool twice =
        id == last || !keys.insert(member.seal_key).second || !keys.insert(member.mask_key).second;
    if (twice && defences.distinct_entries)
      return Refused(Violation::kDUPLICATE_IDENTITY, "an identity or key of {} comes twice",
                     id.value());
    if (id < last)
      return Refused(Violation::kROSTER_INVALID, "{} comes after {}", id.value(), last.value());
    last = id;
  }
  return Ok();
}

Status TooFew(const Cohort& cohort, std::string_view set, std::uint32_t size) {
  return Refused(Violation::kTOO_FEW_MEMBERS, "{} of {} devices has {} members, at least {} needed",
                 set, cohort.devices(), size, cohort.fewest);
}
}  // namespace

Status CheckEntry(const AdvertiseKeys& entry, const Digest& task, const Crypto& crypto,
                  const StatementCheck& check, const Defences& defences) {
  if (defences.statements) {
    if (const Status said = check(entry.identity, entry.statement); !said.ok())
      return Refused(Violation::kSTATEMENT_REFUSED, "{}", MessageOf(said));
  }
  if (defences.entry_signatures &&
      !crypto.Verify(entry.identity, AdvertiseText(task, entry), entry.signature).ok())
    return Refused(Violation::kSIGNATURE_INVALID, "the keys are not signed by their identity");
  return Ok();
}

StatusOr<Cohort> FormCohort(const Task& task, const Digest& task_hash, Roster roster,
                            const Hasher& hasher, const Defences& defences) {
  const std::size_t n = roster.members.size();
  if (n > task.layout.devices())
    return Refused(Violation::kROSTER_INVALID, "{} members, the layout has room for {}", n,
                   task.layout.devices());
  const auto parameters = FindParameters(task.cohort, static_cast<std::uint32_t>(n));
  if (!parameters.ok())
    return WithViolation(Prefixed(parameters.status(), "roster"), Violation::kROSTER_INVALID);
  MUSTER_TRY(CheckOrder(roster, hasher, defences));
  const Context context{task_hash, RosterHash(task_hash, roster, hasher)};
  MaskGraph graph = MaskGraph::Make(*parameters, GraphSeed(context, hasher), hasher);
  return Cohort{std::move(roster), context, *parameters, std::move(graph),
                std::max(task.cohort.least, parameters->threshold)};
}

Roster RosterOf(std::vector<AdvertiseKeys> members, const Hasher& hasher) {
  std::vector<std::pair<DeviceId, AdvertiseKeys>> sorted;
  for (AdvertiseKeys& member : members)
    sorted.emplace_back(DeviceIdOf(member.identity, hasher), std::move(member));
  std::sort(sorted.begin(), sorted.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  Roster roster;
  for (auto& member : sorted) roster.members.push_back(std::move(member.second));
  return roster;
}

std::optional<Member> FindMember(const Cohort& cohort, const SigningPublic& identity) {
  for (Member i = 0; i < cohort.devices(); ++i)
    if (cohort.At(i).identity == identity) return i;
  return std::nullopt;
}

Status CheckShared(const Cohort& cohort, const MemberSet& shared, const Defences& defences) {
  if (shared.devices() != cohort.devices())
    return Refused(Violation::kSET_INVALID, "U2 is of {} devices, the roster of {}",
                   shared.devices(), cohort.devices());
  if (defences.least_members && shared.size() < cohort.fewest)
    return TooFew(cohort, "U2", shared.size());
  return Ok();
}

Status CheckSurvivors(const Cohort& cohort, const MemberSet& shared, const MemberSet& survivors,
                      const Defences& defences) {
  if (!survivors.IsSubsetOf(shared))
    return Refused(Violation::kSET_INVALID, "U3 is not a subset of U2");
  if (defences.least_members && survivors.size() < cohort.fewest)
    return TooFew(cohort, "U3", survivors.size());
  if (!defences.degree_rule) return Ok();
  for (const Member member : survivors.Members())
    if (const auto degree = cohort.graph.DegreeIn(member, survivors);
        degree < cohort.parameters.core)
      return Refused(Violation::kDEGREE_TOO_LOW,
                     "member {} has {} mask neighbours among the survivors, h = {}", member, degree,
                     cohort.parameters.core);
  return Ok();
}

std::vector<Member> VanishedWithMasks(const Cohort& cohort, const MemberSet& shared,
                                      const MemberSet& survivors) {
  std::vector<Member> out;
  for (const Member member : shared.Minus(survivors).Members())
    if (cohort.graph.DegreeIn(member, survivors) > 0) out.push_back(member);
  return out;
}

}  // namespace muster::aggregation::secagg
