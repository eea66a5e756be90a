#pragma once
// YAML text (of which JSON is a part) as a tree of nodes with positions. Keeps duplicate keys, so
// that the reader can refuse them, and knows which scalars were quoted. Never interprets values.
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "config/source_map.h"

namespace muster::config {

inline constexpr std::size_t kMaxFileBytes = 4 << 20;
inline constexpr std::size_t kMaxNodes = 100'000;
inline constexpr int kMaxDepth = 64;

struct YamlNode {
  enum class Kind { kNull, kScalar, kList, kMap };
  Kind kind = Kind::kNull;
  std::string text;  // Of a scalar.
  bool quoted = false;
  Position at;
  std::vector<const YamlNode*> items;  // Of a list; of a map: key, value, key, value, …
};

// "nothing", "a single value", "a list" or "a map", for messages.
std::string_view KindText(const YamlNode& node);

// Owns the nodes. An alias is the anchored node itself, a second time.
struct YamlTree {
  std::deque<YamlNode> nodes;
  std::vector<const YamlNode*> documents;
};

// INVALID_ARGUMENT with reason FIELD_INVALID and "file:line:column" on text that is no YAML or no
// UTF-8, on tags, on an alias inside its own anchor, and beyond the limits above.
StatusOr<YamlTree> ParseYaml(std::string_view text, const std::string& file);

}  // namespace muster::config
