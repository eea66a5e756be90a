#pragma once
// Moving an alias through its gates: what is asked, and the facts that come of it. Part of the
// model's lifecycle (model.h), which decides and believes.
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "registry/contract.h"
#include "registry/gate.h"
#include "registry/roles.h"

namespace muster::registry {

// How an alias came to move.
enum class How { kSet, kPromotion, kRollback };
std::string_view NameOf(How how);  // "set", "promotion", "rollback".
std::optional<How> ParseHow(std::string_view name);

struct AliasMove {
  VersionNumber version;  // 0: taken away.
  VersionNumber from;     // 0: it was new.
  Timestamp at;
  std::string by;
  How how = How::kSet;
  std::string override_reason;  // Empty: no gate was overridden.
  friend bool operator==(const AliasMove&, const AliasMove&) = default;
};
using AliasMoves = std::vector<AliasMove>;  // Of one alias, oldest first.

// The move that held at `at`; null: the alias was not there yet. A move to version 0 is one.
const AliasMove* HeldAt(const AliasMoves& moves, Timestamp at);
// Whether the alias ever pointed at `version`.
bool HasHeld(const AliasMoves& moves, VersionNumber version);
// Where a rollback leads: what the alias pointed at before the version it points at now, passing
// over what earlier rollbacks left. 0: nowhere.
VersionNumber RollbackTarget(const AliasMoves& moves);

// Event: point `alias` at `version`, if the gates let it.
struct PromoteVersion {
  How how = How::kPromotion;
  std::string alias;
  VersionNumber version;        // 0 takes the alias away.
  std::string override_reason;  // Empty: a refusal stands.
  // The versions of the model's contract that the candidate and the version in place read.
  std::map<VersionNumber, ContractVersion> contracts;
  Roles roles;
  std::string by;
};

// Facts.
struct AliasMoved {
  std::string alias;
  VersionNumber version;  // 0: taken away.
  VersionNumber from;     // 0: it was new.
  Timestamp at;
  std::string by;
  How how = How::kSet;
  std::string override_reason;    // Of a PromotionOverridden right before it.
  std::vector<Verdict> verdicts;  // What the gates said.
};
struct PromotionRefused {
  std::string alias;
  VersionNumber version;
  VersionNumber from;
  How how = How::kPromotion;
  std::vector<Verdict> verdicts;
  Reason reason = Reason::kGATE_REFUSED;
  Timestamp at;
  std::string by;
};
struct PromotionOverridden {
  std::string alias;
  VersionNumber version;
  VersionNumber from;
  std::string why;
  std::vector<Verdict> verdicts;
  Timestamp at;
  std::string by;
};

// The refusal as an error: GATE_REFUSED (FAILED_PRECONDITION) or ROLE_MISSING (PERMISSION_DENIED).
Status ToStatus(const PromotionRefused& refused);

// OK, or FIELD_INVALID at "alias".
Status CheckAlias(std::string_view alias);

}  // namespace muster::registry
