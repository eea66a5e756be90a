#pragma once
// Who holds which role: a fixed list, read once at start-up. Decides nothing by itself.
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace muster::registry {

// Every operator holds it, whatever the list says.
inline constexpr std::string_view kOperatorRole = "operator";

class Roles {
 public:
  // No list: every operator holds every role.
  Roles() = default;
  // Names of roles ([a-z][a-z0-9-]{0,40}) and of operators ("ann" or "operator/ann"). FIELD_INVALID
  // at "roles.ROLE" or "roles.ROLE[i]"; at most 100 roles with 1000 holders each.
  static StatusOr<Roles> Make(const std::map<std::string, std::vector<std::string>>& holders);

  // `who` is Caller::Text(). Devices and the system itself hold none.
  bool Holds(std::string_view who, std::string_view role) const;
  // What to do about a role that one lacks: "operator/ann and operator/bob do", "nobody does: …".
  std::string WhoHolds(std::string_view role) const;

 private:
  bool listed_ = false;
  std::map<std::string, std::set<std::string>, std::less<>> holders_;
};

}  // namespace muster::registry
