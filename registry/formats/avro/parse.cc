#include "registry/formats/avro/parse.h"

#include <algorithm>
#include <unordered_set>

#include "base/nearest.h"
#include "registry/formats/avro/attributes.h"
#include "registry/formats/avro/avro.h"
#include "registry/formats/avro/error.h"
#include "registry/formats/avro/names.h"

namespace muster::registry::formats::avro {
namespace {
constexpr std::size_t kMostHints = 1'000;  // Names that a wrong one is held against.
}  // namespace

StatusOr<const Node*> Parser::Parse(const Value& value, int source) {
  source_ = source;
  path_.clear();
  pending_.clear();
  return Type(value, "");
}

Node& Parser::New(Kind kind) {
  Node& node = graph_.nodes.emplace_back();
  node.kind = kind;
  node.source = source_;
  return node;
}

const Node* Parser::Plain(Kind kind) {
  const Node*& node = plain_[static_cast<std::size_t>(kind)];
  if (node == nullptr) node = &New(kind);
  return node;
}

StatusOr<const Node*> Parser::Type(const Value& value, const std::string& space) {
  if (const auto* text = value.As<std::string>()) return Mentioned(*text, space);
  if (const auto* branches = value.As<Value::List>()) return Union(*branches, space);
  if (value.As<Value::Object>() != nullptr) return Defined(value, space);
  return Invalid(path_, "a schema is a name, an object or a list of schemas, not {}", value.What());
}

StatusOr<const Node*> Parser::Defined(const Value& object, const std::string& space) {
  const Value* type = object.Find("type");
  if (type == nullptr) return Invalid(path_, "the schema has no 'type'");
  const auto* text = type->As<std::string>();
  if (text == nullptr)
    return Invalid(path_, "'type' is {}, not a name: write that schema in place of this object",
                   type->What());
  if (const auto primitive = ParsePrimitive(*text)) {
    Value::Object attributes = UnknownTo(object, kSchemaAttributes);
    if (attributes.empty()) return Plain(*primitive);
    Node& node = New(*primitive);
    node.attributes = std::move(attributes);
    return &node;
  }
  if (*text == "record" || *text == "error") return Record(object, *text == "error", space);
  if (*text == "enum") return Enum(object, space);
  if (*text == "fixed") return Fixed(object, space);
  if (*text == "array") return Holder(object, Kind::kArray, space);
  if (*text == "map") return Holder(object, Kind::kMap, space);
  return Mentioned(*text, space);
}

StatusOr<const Node*> Parser::Mentioned(const std::string& text, const std::string& space) {
  if (const auto primitive = ParsePrimitive(text)) return Plain(*primitive);
  const Node* node = Resolve(graph_, text, space);
  if (node == nullptr) return UnknownType(text);
  return node;
}

Status Parser::UnknownType(const std::string& text) const {
  for (const std::string_view kind : {"array", "map", "record", "enum", "fixed", "union", "error"})
    if (text == kind)
      return Invalid(path_,
                     "'{}' is a kind of type and cannot stand alone: write an object with 'type' "
                     "and what belongs to it, or for a union the list of its branches",
                     text);
  std::vector<std::string> known;
  for (const auto& [full, node] : graph_.named) known.push_back(full);
  std::sort(known.begin(), known.end());
  const bool dotted = text.find('.') != text.npos;
  for (std::string& name : known) {
    const std::string& simple = graph_.named.at(name)->name.simple;
    if (simple == text)
      return Invalid(path_, "'{}' is not known here: write {}", Shown(text), Shown(name));
    if (!dotted) name = simple;
  }
  if (known.size() > kMostHints) known.resize(kMostHints);
  return Invalid(path_,
                 "'{}' is not known: define a type before its first use, or add the schema that "
                 "defines it to the references{}",
                 Shown(text), DidYouMean(text, known));
}

StatusOr<const Node*> Parser::Union(const Value::List& branches, const std::string& space) {
  if (branches.size() > kMostBranches)
    return Invalid(path_, "{} branches in a union are more than {}", branches.size(),
                   kMostBranches);
  Node& node = New(Kind::kUnion);
  std::unordered_set<std::string_view> seen;
  for (std::size_t i = 0; i < branches.size(); ++i) {
    const Into into(path_, i);
    MUSTER_ASSIGN(const Node* branch, Type(branches[i], space));
    if (branch->kind == Kind::kUnion)
      return Invalid(path_, "a union directly in a union: list its branches in the outer one");
    const std::string_view name = IsNamed(branch->kind) ? branch->full : NameOf(branch->kind);
    if (!seen.insert(name).second)
      return Invalid(path_,
                     "a second {} in the union: it takes one of each kind, and named types of "
                     "different names",
                     Describe(*branch));
    node.branches.push_back(branch);
  }
  return &node;
}

StatusOr<const Node*> Parser::Holder(const Value& object, Kind kind, const std::string& space) {
  const std::string_view key = kind == Kind::kArray ? "items" : "values";
  const Value* inner = object.Find(key);
  if (inner == nullptr)
    return Invalid(path_, "the {} has no '{}', the schema of what it holds", NameOf(kind), key);
  Node& node = New(kind);
  node.attributes = UnknownTo(object, kSchemaAttributes);
  const Into into(path_, key);
  MUSTER_ASSIGN(node.inner, Type(*inner, space));
  return &node;
}

}  // namespace muster::registry::formats::avro
