// Which kinds of schema one object is made of.
#include <algorithm>
#include <array>
#include <unordered_set>

#include "registry/formats/json/compiler.h"

namespace muster::registry::formats::json {
namespace {
// The drafts that know a keyword as one of its kind.
struct Keyword {
  std::string_view name;
  Draft first = Draft::k4;
  Draft last = Draft::k2020;
};

constexpr std::array<Keyword, 8> kArrayKeywords = {{{"items"},
                                                    {"minItems"},
                                                    {"maxItems"},
                                                    {"uniqueItems"},
                                                    {"additionalItems", Draft::k4, Draft::k7},
                                                    {"contains", Draft::k6},
                                                    {"prefixItems", Draft::k2019},
                                                    {"unevaluatedItems", Draft::k2019}}};
constexpr std::array<Keyword, 11> kObjectKeywords = {{{"properties"},
                                                      {"patternProperties"},
                                                      {"additionalProperties"},
                                                      {"required"},
                                                      {"minProperties"},
                                                      {"maxProperties"},
                                                      {"dependencies", Draft::k4, Draft::k7},
                                                      {"propertyNames", Draft::k6},
                                                      {"dependentRequired", Draft::k2019},
                                                      {"dependentSchemas", Draft::k2019},
                                                      {"unevaluatedProperties", Draft::k2019}}};
constexpr std::array<Keyword, 5> kNumberKeywords = {
    {{"minimum"}, {"maximum"}, {"exclusiveMinimum"}, {"exclusiveMaximum"}, {"multipleOf"}}};
constexpr std::array<Keyword, 4> kStringKeywords = {
    {{"minLength"}, {"maxLength"}, {"pattern"}, {"format", Draft::k4, Draft::k7}}};

// For the modern parser an empty object of properties is no keyword at all.
bool Counts(const Value& value, std::string_view keyword, bool modern) {
  const bool holds_schemas = keyword == "properties" || keyword == "patternProperties";
  return !(modern && holds_schemas && value.Is(Value::Kind::kObject) && value.members.empty());
}

template <std::size_t N>
bool HasAny(const Place& place, const std::array<Keyword, N>& keywords) {
  const Draft draft = place.document->draft;
  return std::any_of(keywords.begin(), keywords.end(), [&](const Keyword& keyword) {
    if (draft < keyword.first || draft > keyword.last) return false;
    const Value* value = place.value->Find(keyword.name);
    return value && Counts(*value, keyword.name, IsModern(draft));
  });
}
}  // namespace

void Compiler::CombinedParts(const Place& place, Nodes& parts) {
  for (const auto& [keyword, criterion] :
       {std::pair("allOf", Criterion::kAll), std::pair("oneOf", Criterion::kOne),
        std::pair("anyOf", Criterion::kAny)})
    if (place.value->Find(keyword)) parts.push_back(Combined(place, keyword, criterion));
}

Node* Compiler::Combined(const Place& place, std::string_view keyword, Criterion criterion) {
  Node* node = Make(Kind::kCombined);
  auto out = std::make_unique<Combination>();
  out->criterion = criterion;
  const Value* list = Get(place, keyword, Value::Kind::kArray, "a list of schemas");
  const Step outer(*this, keyword);
  if (list && list->items.empty()) Refuse("is empty");
  std::unordered_set<std::string> spelled;
  std::vector<const Node*> plain;
  std::vector<const Node*> repeated;
  for (std::size_t i = 0; list && i < list->items.size(); ++i) {
    const Step inner(*this, std::to_string(i));
    const Node* sub = Schema(Inside(place, list->items[i]));
    const bool fresh = spelled.insert(Spell(list->items[i], Spelling::kMeaning)).second;
    if (!fresh) repeated.push_back(sub);
    const bool generated =
        sub->kind == Kind::kCombined && sub->As<Combination>().generated && !sub->annotations;
    if (generated && fresh && criterion == Criterion::kAll && IsModern(place.document->draft))
      for (const Node* part : sub->As<Combination>().subschemas)  // One allOf says the same.
        (part->kind == Kind::kCombined ? out->subschemas : plain).push_back(part);
    else
      (sub->kind == Kind::kCombined ? out->subschemas : plain).push_back(sub);
  }
  out->subschemas.insert(out->subschemas.end(), plain.begin(), plain.end());
  const std::set<const Node*> again(repeated.begin(), repeated.end());
  for (const Node* sub : out->subschemas)
    if (!again.contains(sub)) out->distinct.push_back(sub);
  node->facets = std::move(out);
  return node;
}

void Compiler::TypedParts(const Place& place, std::set<Kind>& covered, Nodes& combined,
                          Nodes& plain) {
  const Value* type = place.value->Find("type");
  if (!type) return;
  if (type->Is(Value::Kind::kText)) {
    plain.push_back(Typed(place, type->text, covered));
    return;
  }
  if (const Step step(*this, "type"); !type->Is(Value::Kind::kArray) || type->items.empty())
    Refuse("is neither the name of a type nor a list of them");
  else
    Names(*type);
  Node* node = Make(Kind::kCombined);
  auto any = std::make_unique<Combination>();
  any->criterion = Criterion::kAny;
  for (const Value& item : type->items)
    if (status_.ok()) any->subschemas.push_back(Typed(place, item.text, covered));
  any->distinct = any->subschemas;
  node->facets = std::move(any);
  combined.push_back(node);
}

Node* Compiler::Typed(const Place& place, std::string_view type, std::set<Kind>& covered) {
  Node* node = nullptr;
  if (type == "string") node = StringNode(place);
  if (type == "integer" || type == "number") node = NumberNode(place, type == "integer");
  if (type == "boolean") node = Make(Kind::kBoolean);
  if (type == "null") node = Make(Kind::kNull);
  if (type == "object") node = ObjectNode(place);
  if (type == "array") node = ArrayNode(place);
  if (!node) {
    const Step step(*this, "type");
    Refuse("'{}' is no type", Shown(type));
    return Make(Kind::kEmpty);
  }
  covered.insert(node->kind);
  return node;
}

void Compiler::SniffedParts(const Place& place, const std::set<Kind>& covered, Nodes& parts) {
  if (!covered.contains(Kind::kString) && HasAny(place, kStringKeywords))
    parts.push_back(StringNode(place));
  if (!covered.contains(Kind::kNumber) && HasAny(place, kNumberKeywords))
    parts.push_back(NumberNode(place, false));
  if (!covered.contains(Kind::kArray) && HasAny(place, kArrayKeywords))
    parts.push_back(ArrayNode(place));
  if (!covered.contains(Kind::kObject) && HasAny(place, kObjectKeywords))
    parts.push_back(ObjectNode(place));
}

void Compiler::FixedParts(const Place& place, Nodes& parts) {
  if (const Node* negated = Child(place, "not")) {
    parts.push_back(Make(Kind::kNot));
    parts.back()->facets = Negation{negated};
  }
  if (const Value* value = place.value->Find("const"); value && place.document->draft > Draft::k4) {
    parts.push_back(Make(Kind::kConst));
    parts.back()->facets = Constant{Spell(*value, Spelling::kMeaning)};
  }
}

void Compiler::LastParts(const Place& place, Nodes& parts) {
  // Conditions are checked, and compared by nobody: Confluent takes one for as good as another.
  const Draft draft = place.document->draft;
  const bool dangling = place.value->Find("then") || place.value->Find("else");
  if (draft >= Draft::k7 && (place.value->Find("if") || (dangling && !IsModern(draft)))) {
    for (const std::string_view keyword : {"if", "then", "else"}) Child(place, keyword);
    parts.push_back(Make(Kind::kConditional));
  }
  if (const Value* list = Get(place, "enum", Value::Kind::kArray, "a list")) {
    parts.push_back(Make(Kind::kEnum));
    Values values;
    for (const Value& item : list->items) values.values.insert(Spell(item, Spelling::kMeaning));
    parts.back()->facets = std::move(values);
  }
}

}  // namespace muster::registry::formats::json
