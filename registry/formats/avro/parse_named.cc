// Records, enums and fixed: what has a name.
#include <algorithm>
#include <cctype>
#include <limits>

#include "base/canonical_json.h"
#include "registry/formats/avro/attributes.h"
#include "registry/formats/avro/avro.h"
#include "registry/formats/avro/error.h"
#include "registry/formats/avro/names.h"
#include "registry/formats/avro/parse.h"

namespace muster::registry::formats::avro {
namespace {
constexpr std::int64_t kMostFixedBytes = std::numeric_limits<std::int32_t>::max() - 8;  // Java's.

std::optional<SortOrder> ParseOrder(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (text == "ascending") return SortOrder::kAscending;
  if (text == "descending") return SortOrder::kDescending;
  if (text == "ignore") return SortOrder::kIgnore;
  return std::nullopt;
}

// A number that is written as text, which Java takes for a float or a double: "NaN" above all.
std::optional<double> NumberIn(const std::string& text) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (text == "Infinity" || text == "+Infinity") return kInfinity;
  if (text == "-Infinity") return -kInfinity;
  const StatusOr<double> number = ParseDecimal(text);
  if (!number.ok()) return std::nullopt;
  return *number;
}
}  // namespace

StatusOr<std::vector<std::string>> Parser::AliasTexts(const Value& object) {
  const Value* given = object.Find("aliases");
  std::vector<std::string> out;
  if (given == nullptr) return out;
  const Into into(path_, "aliases");
  const auto* list = given->As<Value::List>();
  if (list == nullptr) return Invalid(path_, "aliases are a list of names, not {}", given->What());
  if (list->size() > kMostAliases)
    return Invalid(path_, "{} aliases are more than {}", list->size(), kMostAliases);
  for (const Value& alias : *list) {
    const auto* text = alias.As<std::string>();
    if (text == nullptr) return Invalid(path_, "an alias is a name, not {}", alias.What());
    if (std::find(out.begin(), out.end(), *text) == out.end()) out.push_back(*text);
  }
  return out;
}

// The part that all named types have. The type is known from here on, to itself too.
StatusOr<Node*> Parser::Named(const Value& object, Kind kind, const std::string& space) {
  const std::optional<std::string> text = TextOf(object, "name");
  if (!text) return Invalid(path_, "the {} has no 'name'", NameOf(kind));
  const std::optional<std::string> own_space = TextOf(object, "namespace");
  if (own_space) MUSTER_TRY(CheckNamespace(*own_space, path_));
  MUSTER_ASSIGN(Name name, ParseName(*text, own_space ? *own_space : space, path_));
  std::string full = name.Full();
  if (ParsePrimitive(full))
    return Invalid(path_, "a type cannot be called '{}', as a primitive type is: rename it", full);
  if (graph_.named.size() >= kMostTypes)
    return Invalid(path_, "more than {} named types", kMostTypes);
  Node& node = New(kind);
  if (!graph_.named.emplace(full, &node).second)
    return Invalid(path_, "'{}' is defined a second time: mention it by its name", Shown(full));
  node.doc = TextOf(object, "doc");
  MUSTER_ASSIGN(const std::vector<std::string> aliases, AliasTexts(object));
  for (const std::string& alias : aliases) {
    MUSTER_ASSIGN(Name parsed, ParseName(alias, name.space, path_));
    if (std::find(node.aliases.begin(), node.aliases.end(), parsed) == node.aliases.end())
      node.aliases.push_back(std::move(parsed));
  }
  node.name = std::move(name);
  node.full = std::move(full);
  return &node;
}

StatusOr<const Node*> Parser::Record(const Value& object, bool is_error, const std::string& space) {
  MUSTER_ASSIGN(Node * record, Named(object, Kind::kRecord, space));
  record->is_error = is_error;
  record->attributes = UnknownTo(object, kSchemaAttributes);
  MUSTER_TRY(Fields(object, *record));
  return record;
}

Status Parser::Fields(const Value& object, Node& record) {
  const Value* given = object.Find("fields");
  const auto* list = given == nullptr ? nullptr : given->As<Value::List>();
  if (list == nullptr) return Invalid(path_, "record {} has no list 'fields'", record.full);
  const Into into(path_, "fields");
  if (list->size() > kMostFields)
    return Invalid(path_, "{} fields are more than {}", list->size(), kMostFields);
  record.fields.reserve(list->size());  // The index and the checks of defaults point into it.
  for (std::size_t i = 0; i < list->size(); ++i) {
    const Into at(path_, i);
    MUSTER_ASSIGN(Field field, OneField((*list)[i], record.name.space));
    const Field& kept = record.fields.emplace_back(std::move(field));
    const auto [first, fresh] = record.field_index.emplace(kept.name, i);
    if (!fresh)
      return Invalid(path_, "field '{}' stands at /fields/{} of record {} already: rename one",
                     Shown(kept.name), first->second, Shown(record.full));
    if (kept.default_value) pending_.push_back({&kept, path_});
  }
  return Ok();
}

StatusOr<Field> Parser::OneField(const Value& object, const std::string& space) {
  if (object.As<Value::Object>() == nullptr)
    return Invalid(path_, "a field is an object with 'name' and 'type', not {}", object.What());
  Field field;
  const std::optional<std::string> name = TextOf(object, "name");
  if (!name) return Invalid(path_, "the field has no 'name'");
  if (!IsName(*name))
    return Invalid(path_,
                   "'{}' is no name of a field: it takes letters, digits and '_', and starts with "
                   "no digit, of {} bytes at most",
                   Shown(*name), kMostNameBytes);
  field.name = *name;
  const Value* type = object.Find("type");
  if (type == nullptr) return Invalid(path_, "field '{}' has no 'type'", Shown(*name));
  {
    const Into into(path_, "type");
    MUSTER_ASSIGN(field.type, Type(*type, space));
  }
  field.doc = TextOf(object, "doc");
  if (const Value* order = object.Find("order")) {
    const auto* text = order->As<std::string>();
    const auto parsed = text == nullptr ? std::nullopt : ParseOrder(*text);
    if (!parsed) return Invalid(path_, "'order' is ascending, descending or ignore");
    field.order = *parsed;
  }
  MUSTER_TRY(Default(object, field));
  MUSTER_ASSIGN(field.aliases, AliasTexts(object));
  field.attributes = UnknownTo(object, kFieldAttributes);
  return field;
}

Status Parser::Default(const Value& object, Field& field) {
  const Value* given = object.Find("default");
  if (given == nullptr) return Ok();
  field.default_value = *given;
  const auto* text = given->As<std::string>();
  const bool real = field.type->kind == Kind::kFloat || field.type->kind == Kind::kDouble;
  if (text == nullptr || !real) return Ok();
  const std::optional<double> number = NumberIn(*text);
  if (!number)
    return Invalid(path_, "the default '{}' of field '{}' is no number", Shown(*text), field.name);
  field.default_value = Value{*number};
  return Ok();
}

StatusOr<const Node*> Parser::Enum(const Value& object, const std::string& space) {
  MUSTER_ASSIGN(Node * node, Named(object, Kind::kEnum, space));
  node->attributes = UnknownTo(object, kEnumAttributes);
  MUSTER_TRY(Symbols(object, *node));
  const Value* fallback = object.Find("default");
  if (fallback == nullptr || fallback->IsNull()) return node;
  const auto* symbol = fallback->As<std::string>();
  if (symbol == nullptr || !node->symbol_index.contains(*symbol))
    return Invalid(path_, "the default of enum {} is not one of its symbols", Shown(node->full));
  node->enum_default = *symbol;
  return node;
}

Status Parser::Symbols(const Value& object, Node& node) {
  const Value* given = object.Find("symbols");
  const auto* list = given == nullptr ? nullptr : given->As<Value::List>();
  if (list == nullptr) return Invalid(path_, "enum {} has no list 'symbols'", Shown(node.full));
  const Into into(path_, "symbols");
  if (list->size() > kMostSymbols)
    return Invalid(path_, "{} symbols are more than {}", list->size(), kMostSymbols);
  node.symbols.reserve(list->size());  // The index points into it.
  for (std::size_t i = 0; i < list->size(); ++i) {
    const Into at(path_, i);
    const auto* symbol = (*list)[i].As<std::string>();
    if (symbol == nullptr || !IsName(*symbol))
      return Invalid(path_,
                     "{} is no symbol: it takes letters, digits and '_', and starts with no digit",
                     symbol == nullptr ? std::string((*list)[i].What()) : Shown(*symbol));
    const std::string& kept = node.symbols.emplace_back(*symbol);
    if (!node.symbol_index.emplace(kept, i).second)
      return Invalid(path_, "symbol '{}' stands twice in enum {}", Shown(kept), Shown(node.full));
  }
  return Ok();
}

StatusOr<const Node*> Parser::Fixed(const Value& object, const std::string& space) {
  MUSTER_ASSIGN(Node * node, Named(object, Kind::kFixed, space));
  node->attributes = UnknownTo(object, kSchemaAttributes);
  const Value* size = object.Find("size");
  const auto* bytes = size == nullptr ? nullptr : size->As<std::int64_t>();
  if (bytes == nullptr || *bytes < 0 || *bytes > kMostFixedBytes)
    return Invalid(path_, "'size' of fixed {} is a whole number of bytes, at most {}",
                   Shown(node->full), kMostFixedBytes);
  node->size = static_cast<std::uint64_t>(*bytes);
  return node;
}

}  // namespace muster::registry::formats::avro
