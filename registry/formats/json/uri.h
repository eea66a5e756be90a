#pragma once
// As much of RFC 3986 as `$id` and `$ref` need. Never looks anything up.
#include <string>
#include <string_view>

namespace muster::registry::formats::json {

// `reference` against `base`, section 5.2 with dot segments removed. An empty base leaves a
// relative reference relative.
std::string ResolveUri(std::string_view base, std::string_view reference);

// What stands before the first '#', and what after (empty when there is none).
std::string_view WithoutFragment(std::string_view uri);
std::string_view FragmentOf(std::string_view uri);

// "%41b" as "Ab"; a '%' that two hex digits do not follow stays.
std::string PercentDecoded(std::string_view text);

}  // namespace muster::registry::formats::json
