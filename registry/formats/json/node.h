#pragma once
// A JSON Schema by kind of what it describes, as Confluent's parsers see it: keywords without a
// type make a schema of their kind, several kinds in one object an `allOf` of them, a list of
// types an `anyOf`. Immutable once compiled; nodes may lead back to themselves.
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "registry/formats/json/decimal.h"

namespace muster::registry::formats::json {

struct Node;

struct StringFacets {
  std::optional<Decimal> min_length;
  std::optional<Decimal> max_length;
  std::optional<std::string> pattern;
};

struct NumberFacets {
  std::optional<Decimal> minimum;
  std::optional<Decimal> maximum;
  std::optional<Decimal> exclusive_minimum;
  std::optional<Decimal> exclusive_maximum;
  bool minimum_is_exclusive = false;  // Draft 4 has flags for limits.
  bool maximum_is_exclusive = false;
  std::optional<Decimal> multiple_of;
  bool integer = false;
};

struct PatternProperty {
  std::string pattern;
  const Node* schema;
};

struct ObjectFacets {
  std::map<std::string, const Node*, std::less<>> properties;
  std::set<std::string, std::less<>> required;
  std::vector<PatternProperty> patterns;
  bool additional = true;
  const Node* additional_schema = nullptr;
  const Node* unevaluated = nullptr;
  std::map<std::string, std::set<std::string>> required_with;  // `dependencies` that are lists.
  std::map<std::string, const Node*> schema_with;              // And those that are schemas.
  std::optional<Decimal> min_properties;
  std::optional<Decimal> max_properties;
};

struct ArrayFacets {
  const Node* all = nullptr;  // Of `items` that is one schema.
  std::vector<const Node*> items;
  bool additional = true;
  const Node* additional_schema = nullptr;
  const Node* unevaluated = nullptr;
  std::optional<Decimal> min_items;
  std::optional<Decimal> max_items;
  std::optional<Decimal> min_contains;
  std::optional<Decimal> max_contains;
  bool unique = false;
};

enum class Criterion { kAll, kAny, kOne };

struct Combination {
  Criterion criterion = Criterion::kAll;
  std::vector<const Node*> subschemas;
  std::vector<const Node*> distinct;  // Without those spelled like one before.
  bool generated = false;             // Not written so, but made of several kinds of keywords.
};

// Values by their meaning (Spelling::kMeaning).
struct Values {
  std::set<std::string> values;
};
struct Constant {
  std::string value;
};
struct Negation {
  const Node* schema;
};
struct Reference {
  Node* target = nullptr;  // Never a Reference itself, once compiled.
};
struct Plain {};

struct Annotations {
  std::optional<std::string> id;
  std::optional<std::string> title;
  std::optional<std::string> description;
  std::optional<std::string> fallback;  // `default`, by its meaning.
  bool connect_bytes = false;           // `connect.type` is "bytes".
  friend bool operator==(const Annotations&, const Annotations&) = default;
};

enum class Kind {
  kEmpty,  // {}: anything. `true` is a kind of its own, as it is for Confluent.
  kTrue,
  kFalse,
  kString,
  kNumber,
  kBoolean,
  kNull,
  kObject,
  kArray,
  kCombined,
  kEnum,
  kConst,
  kNot,
  kConditional,
  kReference
};

struct Node {
  Kind kind = Kind::kEmpty;
  std::unique_ptr<Annotations> annotations;  // Null when there are none.
  std::variant<Plain, Values, Constant, Negation, Reference, std::unique_ptr<StringFacets>,
               std::unique_ptr<NumberFacets>, std::unique_ptr<ObjectFacets>,
               std::unique_ptr<ArrayFacets>, std::unique_ptr<Combination>>
      facets;

  template <typename T>
  const T& As() const {
    return *std::get<std::unique_ptr<T>>(facets);
  }
  bool AllowsAnything() const { return kind == Kind::kEmpty || kind == Kind::kTrue; }
};

// The node itself, or what it refers to.
inline const Node& Seen(const Node& node) {
  return node.kind == Kind::kReference ? *std::get<Reference>(node.facets).target : node;
}

// A compiled schema: the nodes, and the one that it starts from.
struct Graph {
  std::deque<Node> nodes;
  const Node* root = nullptr;
};

}  // namespace muster::registry::formats::json
