// One kind of schema from the keywords that belong to it.
#include "registry/formats/json/compiler.h"

namespace muster::registry::formats::json {

Node* Compiler::StringNode(const Place& place) {
  Node* node = Make(Kind::kString);
  auto facets = std::make_unique<StringFacets>();
  facets->min_length = Count(place, "minLength");
  facets->max_length = Count(place, "maxLength");
  facets->pattern = Text(place, "pattern");
  Text(place, "format");  // Checked; no format is compared.
  node->facets = std::move(facets);
  return node;
}

Node* Compiler::NumberNode(const Place& place, bool integer) {
  Node* node = Make(Kind::kNumber);
  auto facets = std::make_unique<NumberFacets>();
  facets->integer = integer;
  facets->minimum = Number(place, "minimum");
  facets->maximum = Number(place, "maximum");
  ExclusiveLimit(place, "exclusiveMinimum", facets->exclusive_minimum,
                 facets->minimum_is_exclusive);
  ExclusiveLimit(place, "exclusiveMaximum", facets->exclusive_maximum,
                 facets->maximum_is_exclusive);
  facets->multiple_of = Number(place, "multipleOf");
  if (facets->multiple_of && (facets->multiple_of->zero() || facets->multiple_of->negative())) {
    const Step step(*this, "multipleOf");
    Refuse("is not above 0");
  }
  node->facets = std::move(facets);
  return node;
}

void Compiler::ExclusiveLimit(const Place& place, std::string_view keyword,
                              std::optional<Decimal>& limit, bool& flag) {
  if (place.document->draft == Draft::k4)
    flag = Flag(place, keyword);
  else
    limit = Number(place, keyword);
}

Node* Compiler::ObjectNode(const Place& place) {
  Node* node = Make(Kind::kObject);
  auto facets = std::make_unique<ObjectFacets>();
  Children(place, "properties", [&](const std::string& name, Node* schema) {
    facets->properties.emplace(name, schema);
  });
  Children(place, "patternProperties", [&](const std::string& pattern, Node* schema) {
    facets->patterns.push_back({pattern, schema});
  });
  if (const Node* rest = Child(place, "additionalProperties")) {
    facets->additional = rest->kind != Kind::kFalse;
    if (rest->kind != Kind::kFalse && rest->kind != Kind::kTrue) facets->additional_schema = rest;
  }
  if (const Value* list = Get(place, "required", Value::Kind::kArray, "a list of names")) {
    const Step step(*this, "required");
    facets->required = Names(*list);
  }
  facets->min_properties = Count(place, "minProperties");
  facets->max_properties = Count(place, "maxProperties");
  if (place.document->draft >= Draft::k6) Child(place, "propertyNames");  // Not compared.
  if (IsModern(place.document->draft)) facets->unevaluated = Child(place, "unevaluatedProperties");
  Dependencies(place, *facets);
  node->facets = std::move(facets);
  return node;
}

void Compiler::Dependencies(const Place& place, ObjectFacets& facets) {
  const bool modern = IsModern(place.document->draft);
  const auto list = [&](const std::string& name, const Value& names) {
    const auto needed = Names(names);
    // A list of nothing asks for nothing.
    if (!needed.empty()) facets.required_with[name] = {needed.begin(), needed.end()};
  };
  const std::string_view keyword = modern ? "dependentRequired" : "dependencies";
  if (const Value* all = Get(place, keyword, Value::Kind::kObject, "an object")) {
    const Step outer(*this, keyword);
    for (const Member& member : all->members) {
      const Step inner(*this, member.key);
      if (member.value.Is(Value::Kind::kArray))
        list(member.key, member.value);
      else if (modern)
        Refuse("is not a list of names");
      else
        facets.schema_with.emplace(member.key, Schema(Inside(place, member.value)));
    }
  }
  if (modern)
    Children(place, "dependentSchemas", [&](const std::string& name, Node* schema) {
      facets.schema_with.emplace(name, schema);
    });
}

Node* Compiler::ArrayNode(const Place& place) {
  Node* node = Make(Kind::kArray);
  auto facets = std::make_unique<ArrayFacets>();
  Items(place, *facets);
  Contains(place, *facets);
  facets->min_items = Count(place, "minItems");
  facets->max_items = Count(place, "maxItems");
  facets->unique = Flag(place, "uniqueItems");
  if (IsModern(place.document->draft)) facets->unevaluated = Child(place, "unevaluatedItems");
  node->facets = std::move(facets);
  return node;
}

// `items` that is a list of schemas went with 2020-12; what follows the list has its own keyword
// before, and is `items` from then on.
void Compiler::Items(const Place& place, ArrayFacets& facets) {
  const Draft draft = place.document->draft;
  const Value* items = place.value->Find("items");
  const bool listed = items && items->Is(Value::Kind::kArray) && draft != Draft::k2020;
  const std::string_view list_keyword = listed ? "items" : "prefixItems";
  if (listed || IsModern(draft)) {
    if (const Value* list = Get(place, list_keyword, Value::Kind::kArray, "a list of schemas")) {
      const Step outer(*this, list_keyword);
      for (std::size_t i = 0; i < list->items.size(); ++i) {
        const Step inner(*this, std::to_string(i));
        facets.items.push_back(Schema(Inside(place, list->items[i])));
      }
    }
  }
  const Node* one = listed ? nullptr : Child(place, "items");
  const bool rest_is_items = IsModern(draft) && !listed;
  const Node* rest = rest_is_items ? one : Child(place, "additionalItems");
  if (rest && rest_is_items && facets.items.empty() && rest->kind != Kind::kFalse) {
    if (rest->kind != Kind::kTrue) facets.all = rest;
  } else if (rest) {
    facets.additional = rest->kind != Kind::kFalse;
    if (rest->kind != Kind::kFalse && rest->kind != Kind::kTrue) facets.additional_schema = rest;
  }
  if (!rest_is_items && one) {
    facets.all = one;
    facets.additional = true;  // Nothing is left for it.
  }
}

// The contained schema itself is not compared, only how often it has to be there.
void Compiler::Contains(const Place& place, ArrayFacets& facets) {
  const bool modern = IsModern(place.document->draft);
  const Node* contained = place.document->draft >= Draft::k6 ? Child(place, "contains") : nullptr;
  auto least = Count(place, "minContains");
  auto most = Count(place, "maxContains");
  if (modern && !contained) return;
  if (modern && !least) least = Decimal::Of("1");
  facets.min_contains = std::move(least);
  facets.max_contains = std::move(most);
}

}  // namespace muster::registry::formats::json
