#pragma once
// What a message of the protocol can be wrong in. The names are stable: they stand in facts about
// liars and in what a device reports; message text may change.
#include <optional>
#include <string_view>

#include "base/status.h"

namespace muster::aggregation::secagg {

// clang-format off
#define MUSTER_SECAGG_VIOLATIONS(X) \
  /* Refused before anything is shared. */ \
  X(MALFORMED) X(TASK_EXPIRED) X(BELOW_FLOOR) X(ROSTER_INVALID) X(OWN_ENTRY_CHANGED) \
  X(DUPLICATE_IDENTITY) X(STATEMENT_REFUSED) X(SIGNATURE_INVALID) X(OUTSIDER) \
  /* About the sets. */ \
  X(TOO_FEW_MEMBERS) X(SET_INVALID) X(DEGREE_TOO_LOW) X(VIEWS_DIFFER) X(AGREEMENT_MISSING) \
  /* About order. */ \
  X(OUT_OF_STEP) X(SECOND_ANSWER) \
  /* Named after the fact. */ \
  X(LENGTH_WRONG) X(SHARE_WRONG) X(DEALING_INCONSISTENT)
// clang-format on

enum class Violation {
#define MUSTER_SECAGG_VIOLATION_ENUM(name) k##name,
  MUSTER_SECAGG_VIOLATIONS(MUSTER_SECAGG_VIOLATION_ENUM)
#undef MUSTER_SECAGG_VIOLATION_ENUM
};

// "SHARE_WRONG" and back.
std::string_view NameOf(Violation violation);
std::optional<Violation> ParseViolation(std::string_view name);

// Attaches the violation; the code stays.
Status WithViolation(Status status, Violation violation);
// The attached violation, or nullopt.
std::optional<Violation> ViolationOf(const Status& status);

// A status for a foreign message: INVALID_ARGUMENT when it can never be right, FAILED_PRECONDITION
// for those about order, PERMISSION_DENIED for an outsider, UNAUTHENTICATED for a signature.
template <typename... Args>
Status Refused(Violation violation, fmt::format_string<Args...> f, Args&&... args) {
  const std::string text = fmt::format(f, std::forward<Args>(args)...);
  switch (violation) {
    case Violation::kOUT_OF_STEP:
    case Violation::kSECOND_ANSWER:
    case Violation::kTASK_EXPIRED: return WithViolation(FailedPrecondition("{}", text), violation);
    case Violation::kOUTSIDER: return WithViolation(PermissionDenied("{}", text), violation);
    case Violation::kSIGNATURE_INVALID:
    case Violation::kSTATEMENT_REFUSED:
      return WithViolation(Unauthenticated("{}", text), violation);
    default: return WithViolation(InvalidArgument("{}", text), violation);
  }
}

}  // namespace muster::aggregation::secagg
