#pragma once
// What can differ between two JSON Schemas: Confluent's codes, whether its STRICT policy takes one
// for compatible (a reader of the update still reads what the original allowed), and what it means.
// Source: Difference.Type and SchemaDiff of its json-schema-provider (names and verdicts only).
#include <string>
#include <string_view>

namespace muster::registry::formats::json {

// clang-format off
#define MUSTER_JSON_CHANGES(X) \
  X(ID_CHANGED, true, "The id changed") \
  X(TITLE_CHANGED, true, "The title changed") \
  X(DESCRIPTION_CHANGED, true, "The description changed") \
  X(DEFAULT_CHANGED, true, "The default changed") \
  X(SCHEMA_ADDED, false, "A schema stands where there was none") \
  X(SCHEMA_REMOVED, true, "A schema is gone") \
  X(TYPE_EXTENDED, true, "Integers became any numbers") \
  X(TYPE_NARROWED, false, "Numbers became integers only") \
  X(TYPE_CHANGED, false, "The type changed") \
  X(MAX_LENGTH_ADDED, false, "The length of texts got an upper limit") \
  X(MAX_LENGTH_REMOVED, true, "The length of texts lost its upper limit") \
  X(MAX_LENGTH_INCREASED, true, "Longer texts are allowed") \
  X(MAX_LENGTH_DECREASED, false, "Long texts are no longer allowed") \
  X(MIN_LENGTH_ADDED, false, "The length of texts got a lower limit") \
  X(MIN_LENGTH_REMOVED, true, "The length of texts lost its lower limit") \
  X(MIN_LENGTH_INCREASED, false, "Short texts are no longer allowed") \
  X(MIN_LENGTH_DECREASED, true, "Shorter texts are allowed") \
  X(PATTERN_ADDED, false, "Texts have to match a pattern now") \
  X(PATTERN_REMOVED, true, "Texts need not match a pattern any more") \
  X(PATTERN_CHANGED, false, "Texts have to match another pattern") \
  X(MAXIMUM_ADDED, false, "Numbers got an upper limit") \
  X(MAXIMUM_REMOVED, true, "Numbers lost their upper limit") \
  X(MAXIMUM_INCREASED, true, "Larger numbers are allowed") \
  X(MAXIMUM_DECREASED, false, "Large numbers are no longer allowed") \
  X(MINIMUM_ADDED, false, "Numbers got a lower limit") \
  X(MINIMUM_REMOVED, true, "Numbers lost their lower limit") \
  X(MINIMUM_INCREASED, false, "Small numbers are no longer allowed") \
  X(MINIMUM_DECREASED, true, "Smaller numbers are allowed") \
  X(EXCLUSIVE_MAXIMUM_ADDED, false, "Numbers got an upper limit that they stay below") \
  X(EXCLUSIVE_MAXIMUM_REMOVED, true, "Numbers lost the upper limit that they stayed below") \
  X(EXCLUSIVE_MAXIMUM_INCREASED, true, "Larger numbers are allowed") \
  X(EXCLUSIVE_MAXIMUM_DECREASED, false, "Large numbers are no longer allowed") \
  X(EXCLUSIVE_MINIMUM_ADDED, false, "Numbers got a lower limit that they stay above") \
  X(EXCLUSIVE_MINIMUM_REMOVED, true, "Numbers lost the lower limit that they stayed above") \
  X(EXCLUSIVE_MINIMUM_INCREASED, false, "Small numbers are no longer allowed") \
  X(EXCLUSIVE_MINIMUM_DECREASED, true, "Smaller numbers are allowed") \
  X(MULTIPLE_OF_ADDED, false, "Numbers have to be multiples now") \
  X(MULTIPLE_OF_REMOVED, true, "Numbers need not be multiples any more") \
  X(MULTIPLE_OF_EXPANDED, false, "Numbers have to be multiples of more") \
  X(MULTIPLE_OF_REDUCED, true, "Numbers may be multiples of less") \
  X(MULTIPLE_OF_CHANGED, false, "Numbers have to be multiples of something else") \
  X(REQUIRED_ATTRIBUTE_ADDED, false, "The property became required, and has no default") \
  X(REQUIRED_ATTRIBUTE_WITH_DEFAULT_ADDED, true, "The property became required, with a default") \
  X(REQUIRED_ATTRIBUTE_REMOVED, true, "The property is no longer required") \
  X(MAX_PROPERTIES_ADDED, false, "The number of properties got an upper limit") \
  X(MAX_PROPERTIES_REMOVED, true, "The number of properties lost its upper limit") \
  X(MAX_PROPERTIES_INCREASED, true, "More properties are allowed") \
  X(MAX_PROPERTIES_DECREASED, false, "So many properties are no longer allowed") \
  X(MIN_PROPERTIES_ADDED, false, "The number of properties got a lower limit") \
  X(MIN_PROPERTIES_REMOVED, true, "The number of properties lost its lower limit") \
  X(MIN_PROPERTIES_INCREASED, false, "So few properties are no longer allowed") \
  X(MIN_PROPERTIES_DECREASED, true, "Fewer properties are allowed") \
  X(ADDITIONAL_PROPERTIES_ADDED, true, "Properties beyond those named are allowed") \
  X(ADDITIONAL_PROPERTIES_REMOVED, false, "Properties beyond those named are no longer allowed") \
  X(ADDITIONAL_PROPERTIES_EXTENDED, true, "Properties beyond those named may be anything") \
  X(ADDITIONAL_PROPERTIES_NARROWED, false, "Properties beyond those named have to match a schema") \
  X(UNEVALUATED_PROPERTIES_ADDED, true, "Unevaluated properties are allowed") \
  X(UNEVALUATED_PROPERTIES_REMOVED, false, "Unevaluated properties are no longer allowed") \
  X(UNEVALUATED_PROPERTIES_EXTENDED, true, "Unevaluated properties may be anything") \
  X(UNEVALUATED_PROPERTIES_NARROWED, false, "Unevaluated properties have to match a schema") \
  X(DEPENDENCY_ARRAY_ADDED, false, "The property brings along others that are required") \
  X(DEPENDENCY_ARRAY_REMOVED, true, "The property no longer requires others") \
  X(DEPENDENCY_ARRAY_EXTENDED, false, "The property requires more others") \
  X(DEPENDENCY_ARRAY_NARROWED, true, "The property requires fewer others") \
  X(DEPENDENCY_ARRAY_CHANGED, false, "The property requires different others") \
  X(DEPENDENCY_SCHEMA_ADDED, false, "The property brings along a schema to match") \
  X(DEPENDENCY_SCHEMA_REMOVED, true, "The property no longer brings along a schema") \
  X(REQUIRED_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL, false, \
    "A required property was added, and data without it was allowed") \
  X(REQUIRED_PROPERTY_WITH_DEFAULT_ADDED_TO_OPEN_CONTENT_MODEL, false, \
    "A property was added whose name data could use for anything before") \
  X(OPTIONAL_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL, false, \
    "A property was added whose name data could use for anything before") \
  X(PROPERTY_WITH_EMPTY_SCHEMA_ADDED_TO_OPEN_CONTENT_MODEL, true, \
    "A property was added that may be anything") \
  X(REQUIRED_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL, false, \
    "A required property without a default was added") \
  X(REQUIRED_PROPERTY_WITH_DEFAULT_ADDED_TO_UNOPEN_CONTENT_MODEL, true, \
    "A required property with a default was added") \
  X(OPTIONAL_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL, true, "An optional property was added") \
  X(PROPERTY_REMOVED_FROM_OPEN_CONTENT_MODEL, true, \
    "A property is no longer named, and may still be there") \
  X(PROPERTY_WITH_FALSE_REMOVED_FROM_CLOSED_CONTENT_MODEL, true, \
    "A property that was never allowed is no longer named") \
  X(PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL, false, "A property is no longer allowed") \
  X(PROPERTY_REMOVED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL, true, \
    "A property is no longer named, and what the others have to match allows it") \
  X(PROPERTY_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL, false, \
    "A property is no longer named, and what the others have to match does not allow it") \
  X(PROPERTY_ADDED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL, true, \
    "A property was added, and allows what the others had to match") \
  X(PROPERTY_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL, false, \
    "A property was added, and does not allow what the others had to match") \
  X(MAX_ITEMS_ADDED, false, "The number of items got an upper limit") \
  X(MAX_ITEMS_REMOVED, true, "The number of items lost its upper limit") \
  X(MAX_ITEMS_INCREASED, true, "More items are allowed") \
  X(MAX_ITEMS_DECREASED, false, "So many items are no longer allowed") \
  X(MIN_ITEMS_ADDED, false, "The number of items got a lower limit") \
  X(MIN_ITEMS_REMOVED, true, "The number of items lost its lower limit") \
  X(MIN_ITEMS_INCREASED, false, "So few items are no longer allowed") \
  X(MIN_ITEMS_DECREASED, true, "Fewer items are allowed") \
  X(MAX_CONTAINS_ADDED, false, "The number of contained items got an upper limit") \
  X(MAX_CONTAINS_REMOVED, true, "The number of contained items lost its upper limit") \
  X(MAX_CONTAINS_INCREASED, true, "More contained items are allowed") \
  X(MAX_CONTAINS_DECREASED, false, "So many contained items are no longer allowed") \
  X(MIN_CONTAINS_ADDED, false, "The number of contained items got a lower limit") \
  X(MIN_CONTAINS_REMOVED, true, "The number of contained items lost its lower limit") \
  X(MIN_CONTAINS_INCREASED, false, "So few contained items are no longer allowed") \
  X(MIN_CONTAINS_DECREASED, true, "Fewer contained items are allowed") \
  X(UNIQUE_ITEMS_ADDED, false, "Items have to be different now") \
  X(UNIQUE_ITEMS_REMOVED, true, "Items need not be different any more") \
  X(ADDITIONAL_ITEMS_ADDED, true, "Items beyond those listed are allowed") \
  X(ADDITIONAL_ITEMS_REMOVED, false, "Items beyond those listed are no longer allowed") \
  X(ADDITIONAL_ITEMS_EXTENDED, true, "Items beyond those listed may be anything") \
  X(ADDITIONAL_ITEMS_NARROWED, false, "Items beyond those listed have to match a schema") \
  X(UNEVALUATED_ITEMS_ADDED, true, "Unevaluated items are allowed") \
  X(UNEVALUATED_ITEMS_REMOVED, false, "Unevaluated items are no longer allowed") \
  X(UNEVALUATED_ITEMS_EXTENDED, true, "Unevaluated items may be anything") \
  X(UNEVALUATED_ITEMS_NARROWED, false, "Unevaluated items have to match a schema") \
  X(ITEM_ADDED_TO_OPEN_CONTENT_MODEL, false, \
    "An item was listed whose place could hold anything before") \
  X(ITEM_WITH_EMPTY_SCHEMA_ADDED_TO_OPEN_CONTENT_MODEL, true, \
    "An item was listed that may be anything") \
  X(ITEM_ADDED_TO_CLOSED_CONTENT_MODEL, true, "An item was listed where there could be none") \
  X(ITEM_REMOVED_FROM_OPEN_CONTENT_MODEL, true, \
    "An item is no longer listed, and may still be there") \
  X(ITEM_WITH_FALSE_REMOVED_FROM_CLOSED_CONTENT_MODEL, true, \
    "An item that was never allowed is no longer listed") \
  X(ITEM_REMOVED_FROM_CLOSED_CONTENT_MODEL, false, "An item is no longer allowed") \
  X(ITEM_REMOVED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL, true, \
    "An item is no longer listed, and what the others have to match allows it") \
  X(ITEM_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL, false, \
    "An item is no longer listed, and what the others have to match does not allow it") \
  X(ITEM_ADDED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL, true, \
    "An item was listed, and allows what the others had to match") \
  X(ITEM_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL, false, \
    "An item was listed, and does not allow what the others had to match") \
  X(ENUM_ARRAY_EXTENDED, true, "More values are allowed") \
  X(ENUM_ARRAY_NARROWED, false, "Values are no longer allowed") \
  X(ENUM_ARRAY_CHANGED, false, "Other values are allowed") \
  X(COMBINED_TYPE_EXTENDED, true, "Alternatives are combined in a way that allows more") \
  X(COMBINED_TYPE_CHANGED, false, "Alternatives are combined in another way") \
  X(PRODUCT_TYPE_EXTENDED, false, "More schemas have to match") \
  X(PRODUCT_TYPE_NARROWED, true, "Fewer schemas have to match") \
  X(SUM_TYPE_EXTENDED, true, "There are more alternatives") \
  X(SUM_TYPE_NARROWED, false, "There are fewer alternatives") \
  X(COMBINED_TYPE_SUBSCHEMAS_CHANGED, false, \
    "Alternatives have no counterpart that allows what they allowed") \
  X(NOT_TYPE_EXTENDED, false, "What is ruled out became more") \
  X(NOT_TYPE_NARROWED, true, "What is ruled out became less")
// clang-format on

enum class Change {
#define MUSTER_JSON_CHANGE_ENUM(name, compatible, meaning) k##name,
  MUSTER_JSON_CHANGES(MUSTER_JSON_CHANGE_ENUM)
#undef MUSTER_JSON_CHANGE_ENUM
};

std::string_view NameOf(Change change);  // "TYPE_CHANGED"
bool IsCompatible(Change change);
// A sentence, with what was and what is where they are given.
std::string Sentence(Change change, std::string_view was, std::string_view is);

}  // namespace muster::registry::formats::json
