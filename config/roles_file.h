#pragma once
// The file of `musterd --roles`: which operators hold which role. Reads names; judges none.
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "config/source_map.h"

namespace muster::config {

struct RolesFile {
  std::map<std::string, std::vector<std::string>> holders;  // By role.
  SourceMap source;                                         // Of paths such as "roles.reviewer".
};

// `roles: {reviewer: [ann, bob]}`. Errors as ParseInto's (load.h).
StatusOr<RolesFile> ParseRoles(std::string_view text, const std::string& file);

}  // namespace muster::config
