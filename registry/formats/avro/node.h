#pragma once
// A parsed Avro schema: nodes that point at one another, in circles where a schema is recursive.
// Built once by parse.h and never changed after.
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "registry/formats/avro/value.h"

namespace muster::registry::formats::avro {

enum class Kind {
  kNull,
  kBoolean,
  kInt,
  kLong,
  kFloat,
  kDouble,
  kBytes,
  kString,
  kArray,
  kMap,
  kUnion,
  kRecord,
  kEnum,
  kFixed
};
std::string_view NameOf(Kind kind);  // "long", as schemas spell it.
std::optional<Kind> ParsePrimitive(std::string_view name);
inline bool IsNamed(Kind kind) {
  return kind == Kind::kRecord || kind == Kind::kEnum || kind == Kind::kFixed;
}

// Of a named type: a namespace, which may be empty, and a name without dots.
struct Name {
  std::string space;
  std::string simple;
  std::string Full() const { return space.empty() ? simple : space + "." + simple; }
  friend bool operator==(const Name&, const Name&) = default;
};

enum class SortOrder { kAscending, kDescending, kIgnore };

struct Node;

struct Field {
  std::string name;
  const Node* type = nullptr;
  std::optional<std::string> doc;
  std::optional<Value> default_value;
  SortOrder order = SortOrder::kAscending;
  std::vector<std::string> aliases;
  Value::Object attributes;  // What Avro does not know, in the order of the text.
};

struct Node {
  Kind kind = Kind::kNull;
  int source = 0;            // Of which text: 0 and up, references first.
  Value::Object attributes;  // As a field's; logicalType and what belongs to it too.

  const Node* inner = nullptr;        // Of an array or a map: what it holds.
  std::vector<const Node*> branches;  // Of a union.

  Name name;         // Of a named type, as all below.
  std::string full;  // name.Full(), which comparisons ask for often.
  std::vector<Name> aliases;
  std::optional<std::string> doc;

  bool is_error = false;  // A record that a protocol throws.
  std::vector<Field> fields;
  std::unordered_map<std::string_view, std::size_t> field_index;
  std::vector<std::string> symbols;
  std::unordered_map<std::string_view, std::size_t> symbol_index;
  std::optional<std::string> enum_default;
  std::uint64_t size = 0;  // Of a fixed, in bytes.

  const Field* FindField(std::string_view field) const;  // Null: none.
};

// Owns the nodes of one schema and of what it refers to.
struct Graph {
  std::deque<Node> nodes;  // They stay where they are.
  std::unordered_map<std::string, const Node*> named;
};

// "record a.Reading", "array of int", "union of null, string": for messages, bounded in length.
std::string Describe(const Node& node);

}  // namespace muster::registry::formats::avro
