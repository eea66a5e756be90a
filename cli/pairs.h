#pragma once
// Maps as people read them. Pure.
#include <fmt/format.h>

#include <map>
#include <string>

#include "cli/text.h"

namespace muster::cli {

inline std::string ValueText(const std::string& value) { return value; }
inline std::string ValueText(double value) { return Real(value); }
inline std::string ValueText(std::uint64_t value) { return fmt::format("{}", value); }

// "line=3, site=hamburg": by key, since protobuf's maps have no order.
template <typename Map>
std::string PairsText(const Map& map, std::string_view separator = ", ") {
  std::string out;
  for (const auto& [key, value] : std::map(map.begin(), map.end()))
    out += fmt::format("{}{}={}", out.empty() ? "" : separator, key, ValueText(value));
  return out;
}

}  // namespace muster::cli
