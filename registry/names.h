#pragma once
// How things in the registry may be called, and how long their texts may be.
#include <string_view>

#include "base/status.h"

namespace muster::registry {

inline constexpr std::size_t kMaxDescription = 4096;  // Bytes.

// Contracts, models, fields, features and metrics: [A-Za-z_][A-Za-z0-9_.-]{0,62}.
bool IsName(std::string_view name);
// Aliases of versions, roles: [a-z][a-z0-9-]{0,40}.
bool IsAliasName(std::string_view name);

// OK, or FIELD_INVALID at `path`.
Status CheckName(std::string_view name, std::string_view path);
Status CheckAliasName(std::string_view name, std::string_view path);
// As certificates have them: [A-Za-z0-9._-]{1,255}.
Status CheckOperatorName(std::string_view name, std::string_view path);
Status CheckDescription(std::string_view text, std::string_view path);

}  // namespace muster::registry
