// Objects. Whether a property may come or go is a question of the content model: open when every
// other property may be anything, partially open when it has to match something, else closed.
#include <algorithm>

#include "registry/formats/json/rules.h"

namespace muster::registry::formats::json {
namespace {
constexpr std::string_view kUntried = "a pattern that cannot be tried here";
constexpr LimitChanges kMaxProperties = {
    Change::kMAX_PROPERTIES_ADDED, Change::kMAX_PROPERTIES_REMOVED,
    Change::kMAX_PROPERTIES_INCREASED, Change::kMAX_PROPERTIES_DECREASED};
constexpr LimitChanges kMinProperties = {
    Change::kMIN_PROPERTIES_ADDED, Change::kMIN_PROPERTIES_REMOVED,
    Change::kMIN_PROPERTIES_INCREASED, Change::kMIN_PROPERTIES_DECREASED};
constexpr RestChanges kAdditional = {
    Change::kADDITIONAL_PROPERTIES_ADDED, Change::kADDITIONAL_PROPERTIES_REMOVED,
    Change::kADDITIONAL_PROPERTIES_EXTENDED, Change::kADDITIONAL_PROPERTIES_NARROWED};
constexpr RestChanges kUnevaluated = {
    Change::kUNEVALUATED_PROPERTIES_ADDED, Change::kUNEVALUATED_PROPERTIES_REMOVED,
    Change::kUNEVALUATED_PROPERTIES_EXTENDED, Change::kUNEVALUATED_PROPERTIES_NARROWED};

bool Open(const ObjectFacets& object) {
  return object.patterns.empty() && object.additional && !object.additional_schema &&
         (!object.unevaluated || object.unevaluated->AllowsAnything());
}

// What a property that is not named has to match.
struct Cover {
  const Node* schema = nullptr;
  bool unknown = false;
};
Cover CoverOf(const ObjectFacets& object, std::string_view name, Findings& out) {
  for (const PatternProperty& property : object.patterns) {
    const std::optional<bool> matches = out.Matches(property.pattern, name);
    if (!matches) return {nullptr, true};
    if (*matches) return {property.schema, false};
  }
  if (object.additional_schema) return {object.additional_schema, false};
  const Node* rest = object.additional ? object.unevaluated : nullptr;
  const bool matches_something = rest && rest->kind != Kind::kFalse && !rest->AllowsAnything();
  return {matches_something ? rest : nullptr, false};
}

bool HasDefault(const Node& schema) {
  return schema.annotations && schema.annotations->fallback.has_value();
}

void CompareRequired(const ObjectFacets& original, const ObjectFacets& update, Findings& out) {
  for (const auto& [name, was] : original.properties) {
    const auto is = update.properties.find(name);
    if (is == update.properties.end()) continue;
    const bool before = original.required.contains(name);
    const bool after = update.required.contains(name);
    if (before && !after) out.Report(Change::kREQUIRED_ATTRIBUTE_REMOVED, {"required", name});
    if (!before && after)
      out.Report(HasDefault(*is->second) ? Change::kREQUIRED_ATTRIBUTE_WITH_DEFAULT_ADDED
                                         : Change::kREQUIRED_ATTRIBUTE_ADDED,
                 {"required", name});
  }
}

// Only the update's content model counts: it says whether the property may still be there.
void PropertyRemoved(const ObjectFacets& update, const Node& was, At at, Findings& out) {
  if (Open(update)) {
    out.Report(Change::kPROPERTY_REMOVED_FROM_OPEN_CONTENT_MODEL, at);
    return;
  }
  const Cover cover = CoverOf(update, at.name, out);
  if (cover.unknown) {
    out.Report(Change::kPROPERTY_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL, at, {},
               kUntried);
  } else if (cover.schema) {
    out.Include(was, *cover.schema, at);
    out.Report(out.Accepts(was, *cover.schema)
                   ? Change::kPROPERTY_REMOVED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL
                   : Change::kPROPERTY_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL,
               at);
  } else {
    out.Report(was.kind == Kind::kFalse
                   ? Change::kPROPERTY_WITH_FALSE_REMOVED_FROM_CLOSED_CONTENT_MODEL
                   : Change::kPROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL,
               at);
  }
}

Change AddedToOpen(const Node& is, bool required) {
  const bool has_default = HasDefault(is);
  if (is.AllowsAnything() && (!required || has_default))
    return Change::kPROPERTY_WITH_EMPTY_SCHEMA_ADDED_TO_OPEN_CONTENT_MODEL;
  if (!required) return Change::kOPTIONAL_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL;
  return has_default ? Change::kREQUIRED_PROPERTY_WITH_DEFAULT_ADDED_TO_OPEN_CONTENT_MODEL
                     : Change::kREQUIRED_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL;
}

Change AddedToUnopen(const Node& is, bool required) {
  if (!required) return Change::kOPTIONAL_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL;
  return HasDefault(is) ? Change::kREQUIRED_PROPERTY_WITH_DEFAULT_ADDED_TO_UNOPEN_CONTENT_MODEL
                        : Change::kREQUIRED_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL;
}

// Only the original's content model counts: it says what data may hold there already.
void PropertyAdded(const ObjectFacets& original, const Node& is, bool required, At at,
                   Findings& out) {
  if (Open(original)) {
    out.Report(AddedToOpen(is, required), at);
    return;
  }
  const Cover cover = CoverOf(original, at.name, out);
  if (cover.schema) {
    out.Include(*cover.schema, is, at);
    out.Report(out.Accepts(*cover.schema, is)
                   ? Change::kPROPERTY_ADDED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL
                   : Change::kPROPERTY_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL,
               at);
  } else if (cover.unknown) {
    out.Report(Change::kPROPERTY_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL, at, kUntried);
  }
  out.Report(AddedToUnopen(is, required), at);
}

void CompareProperties(const ObjectFacets& original, const ObjectFacets& update, Findings& out) {
  auto was = original.properties.begin();
  auto is = update.properties.begin();
  while ((was != original.properties.end() || is != update.properties.end()) && out.Spend(0)) {
    const bool only_was = is == update.properties.end() ||
                          (was != original.properties.end() && was->first < is->first);
    const bool only_is = !only_was && (was == original.properties.end() || is->first < was->first);
    if (only_was) {
      PropertyRemoved(update, *was->second, {"properties", was->first}, out);
    } else if (only_is) {
      PropertyAdded(original, *is->second, update.required.contains(is->first),
                    {"properties", is->first}, out);
    } else {
      out.Include(*was->second, *is->second, {"properties", is->first});
    }
    if (!only_is) ++was;
    if (!only_was) ++is;
  }
}

// What one property requires of others, before and after. Null for nothing.
void CompareNeeds(const std::set<std::string>* was, const std::set<std::string>* is, At at,
                  Findings& out) {
  if (!is) {
    out.Report(Change::kDEPENDENCY_ARRAY_REMOVED, at);
  } else if (!was) {
    out.Report(Change::kDEPENDENCY_ARRAY_ADDED, at);
  } else if (*was != *is) {
    Change change = Change::kDEPENDENCY_ARRAY_CHANGED;
    if (std::includes(is->begin(), is->end(), was->begin(), was->end()))
      change = Change::kDEPENDENCY_ARRAY_EXTENDED;
    else if (std::includes(was->begin(), was->end(), is->begin(), is->end()))
      change = Change::kDEPENDENCY_ARRAY_NARROWED;
    out.Report(change, at);
  }
}

template <typename Map>
std::set<std::string_view> KeysOf(const Map& a, const Map& b) {
  std::set<std::string_view> keys;
  for (const Map* map : {&a, &b})
    for (const auto& item : *map) keys.insert(item.first);
  return keys;
}

void CompareDependencies(const ObjectFacets& original, const ObjectFacets& update, Findings& out) {
  const auto find = [](const auto& map, std::string_view key) {
    const auto it = map.find(std::string(key));
    return it == map.end() ? nullptr : &it->second;
  };
  for (const std::string_view key : KeysOf(original.required_with, update.required_with))
    CompareNeeds(find(original.required_with, key), find(update.required_with, key),
                 {"dependencies", key}, out);
  for (const std::string_view key : KeysOf(original.schema_with, update.schema_with)) {
    const Node* const* was = find(original.schema_with, key);
    const Node* const* is = find(update.schema_with, key);
    const At at = {"dependencies", key};
    if (!is)
      out.Report(Change::kDEPENDENCY_SCHEMA_REMOVED, at);
    else if (!was)
      out.Report(Change::kDEPENDENCY_SCHEMA_ADDED, at);
    else
      out.Include(**was, **is, at);
  }
}
}  // namespace

void CompareObjects(const ObjectFacets& original, const ObjectFacets& update, Findings& out) {
  CompareRequired(original, update, out);
  CompareProperties(original, update, out);
  CompareDependencies(original, update, out);
  CompareRest({original.additional, original.additional_schema},
              {update.additional, update.additional_schema}, kAdditional, {"additionalProperties"},
              out);
  CompareUnevaluated(original.unevaluated, update.unevaluated, kUnevaluated,
                     {"unevaluatedProperties"}, out);
  CompareLimit(original.max_properties, update.max_properties, kMaxProperties, {"maxProperties"},
               out);
  CompareLimit(original.min_properties, update.min_properties, kMinProperties, {"minProperties"},
               out);
}

}  // namespace muster::registry::formats::json
