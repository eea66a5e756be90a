#pragma once
// The checks that keep a lying server out, by name. In the product they are constants, always on.
// The test build alone (MUSTER_SECAGG_WEAKENABLE) can switch one off, to show that the attack it
// stops succeeds without it, so that the test is known to bite.

namespace muster::aggregation::secagg {

// clang-format off
#define MUSTER_SECAGG_DEFENCES(X) \
  X(statements)         /* The authority's word about every member is checked. */ \
  X(entry_signatures)   /* Members' keys are signed by their identity. */ \
  X(own_entry)          /* The device's own entry stands in the roster as it sent it. */ \
  X(distinct_entries)   /* No identity or key comes twice. */ \
  X(floor)              /* The device's own least terms. */ \
  X(model_binding)      /* The model's digest is in every mask. */ \
  X(shared_set_binding) /* U2 is in every mask. */ \
  X(agreement)          /* Unmasking needs t signatures over one U3. */ \
  X(degree_rule)        /* Survivors have h mask neighbours among them. */ \
  X(least_members)      /* No set is below n_min or t. */ \
  X(one_answer)         /* Shares are given once. */ \
  X(share_lists)        /* A holder's share is checked against the dealer's signed list. */ \
  X(secret_checks)      /* Reconstructed secrets are checked against what was advertised. */
// clang-format on

struct Defences {
#ifdef MUSTER_SECAGG_WEAKENABLE
#define MUSTER_SECAGG_DEFENCE(name) bool name = true;
#else
#define MUSTER_SECAGG_DEFENCE(name) static constexpr bool name = true;
#endif
  MUSTER_SECAGG_DEFENCES(MUSTER_SECAGG_DEFENCE)
#undef MUSTER_SECAGG_DEFENCE
};

}  // namespace muster::aggregation::secagg
