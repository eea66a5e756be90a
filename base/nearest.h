#pragma once
// The name somebody probably meant. For messages only: nothing is ever decided by it.
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace muster {

// The candidate that is fewest edits away (insert, delete, replace, swap neighbours; ASCII case is
// ignored), the first of several; nullopt when none is within max(1, |name| / 3) edits, or when
// `name` is empty or longer than 64. O(|name| |candidate|) for each candidate.
std::optional<std::string> Nearest(std::string_view name, std::span<const std::string> candidates);

// "; did you mean 's12'?", or nothing: ends a message about an unknown name.
std::string DidYouMean(std::string_view name, std::span<const std::string> candidates);

}  // namespace muster
