#pragma once
// What the texts of all sketches have in common: lists of natural numbers.
#include <cstdint>
#include <vector>

#include "base/canonical_json.h"
#include "base/status.h"

namespace muster::drift {

// At most `most` natural numbers; INVALID_ARGUMENT on anything else.
inline StatusOr<std::vector<std::uint64_t>> CountsAt(const Json& list, std::size_t most) {
  if (!list.is_array() || list.size() > most)
    return InvalidArgument("counts are no list of at most {} numbers", most);
  std::vector<std::uint64_t> out;
  out.reserve(list.size());
  for (const Json& item : list) {
    if (!item.is_number_unsigned()) return InvalidArgument("a count is no natural number");
    out.push_back(item.get<std::uint64_t>());
  }
  return out;
}

}  // namespace muster::drift
