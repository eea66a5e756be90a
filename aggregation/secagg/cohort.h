#pragma once
// U1 as everybody sees it: the roster, checked, with the parameters and the mask graph that follow
// from it. Public values only.
#include <functional>
#include <optional>

#include "aggregation/secagg/defences.h"
#include "aggregation/secagg/graph.h"
#include "aggregation/secagg/messages.h"
#include "aggregation/secagg/task.h"
#include "aggregation/secagg/transcript.h"
#include "base/ids.h"
#include "base/statement.h"

namespace muster::aggregation::secagg {

// Whether the enrolment authority vouches for this identity, by this statement, now. The
// authority's key is pinned in the device; the server cannot give it.
using StatementCheck = std::function<Status(const IdentityKey& identity, ByteView statement)>;

struct Cohort {
  Roster roster;
  Context context;
  Parameters parameters;
  MaskGraph graph;

  std::uint32_t devices() const { return parameters.devices; }
  const AdvertiseKeys& At(Member member) const { return roster.members[member]; }
  // No set may be smaller: max(n_min, t).
  std::uint32_t fewest = 0;
};

// One member's keys: the authority's statement, then the signature over task and keys.
// UNAUTHENTICATED (STATEMENT_REFUSED, SIGNATURE_INVALID).
Status CheckEntry(const AdvertiseKeys& entry, const Digest& task, const Crypto& crypto,
                  const StatementCheck& check, const Defences& defences = {});

// Checks a roster and derives what follows from it. INVALID_ARGUMENT (ROSTER_INVALID) on a size
// that is infeasible or beyond the task's, or members out of order; DUPLICATE_IDENTITY when an
// identity or a key comes twice. Entries themselves are CheckEntry's. Cost: O(n k).
StatusOr<Cohort> FormCohort(const Task& task, const Digest& task_hash, Roster roster,
                            const Hasher& hasher, const Defences& defences = {});

// The roster of these members, in its order.
Roster RosterOf(std::vector<AdvertiseKeys> members, const Hasher& hasher);

// The index of this identity, or nullopt. Cost: O(n).
std::optional<Member> FindMember(const Cohort& cohort, const SigningPublic& identity);

// U2 as it may be: a subset of U1, not too small. INVALID_ARGUMENT (SET_INVALID, TOO_FEW_MEMBERS).
Status CheckShared(const Cohort& cohort, const MemberSet& shared, const Defences& defences = {});
// U3 as it may be: a subset of U2, not too small, in which every member has h mask neighbours
// (DEGREE_TOO_LOW). Every device checks this for all survivors: then the honest ones are connected
// by masks whomever the server drops.
Status CheckSurvivors(const Cohort& cohort, const MemberSet& shared, const MemberSet& survivors,
                      const Defences& defences = {});

// Those of U2 without U3 whose mask key is opened: a survivor masked with them. Ascending.
std::vector<Member> VanishedWithMasks(const Cohort& cohort, const MemberSet& shared,
                                      const MemberSet& survivors);

}  // namespace muster::aggregation::secagg
