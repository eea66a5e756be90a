#pragma once
// Maximum matching of the alternatives of two schemas.
#include <cstdint>
#include <functional>
#include <vector>

namespace muster::registry::formats::json {

struct Edge {
  std::size_t right;
  bool preferred;  // Between two that are the same.
};

// For each vertex on the left the one on the right that it is matched with, or `right_count`. Of
// largest size; as many preferred edges as a maximum matching of those alone has, where the others
// leave them alone. Augmenting paths (Kuhn, "The Hungarian Method for the Assignment Problem",
// 1955), without recursion: O(left * edges), each edge looked at told to `spend`, which stops it
// by false.
std::vector<std::size_t> Match(const std::vector<std::vector<Edge>>& edges, std::size_t right_count,
                               const std::function<bool()>& spend);

}  // namespace muster::registry::formats::json
