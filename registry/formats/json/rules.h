#pragma once
// What differs between two schemas, as Confluent's SchemaDiff and its parts have it. Not compared,
// there and here: conditions, `propertyNames`, `contains`, `format`, the schemas of
// `patternProperties`, whether a schema without `type` allows other types, and whether properties
// are required that no side describes.
#include "registry/formats/json/findings.h"

namespace muster::registry::formats::json {

// Neither is a reference. Reports in Confluent's order, properties by name. Cost: the keywords of
// both; for combinations the product of their alternatives.
void ComparePair(const Node& original, const Node& update, Findings& out);

// The parts, for schemas of one kind.
void CompareStrings(const StringFacets& original, const StringFacets& update, Findings& out);
void CompareNumbers(const NumberFacets& original, const NumberFacets& update, Findings& out);
void CompareObjects(const ObjectFacets& original, const ObjectFacets& update, Findings& out);
void CompareArrays(const ArrayFacets& original, const ArrayFacets& update, Findings& out);
void CompareCombinations(const Combination& original, const Combination& update, Findings& out);

// The four things that can happen to a limit or another keyword.
struct LimitChanges {
  Change added;
  Change removed;
  Change increased;
  Change decreased;
};
void CompareLimit(const std::optional<Decimal>& original, const std::optional<Decimal>& update,
                  const LimitChanges& changes, At at, Findings& out);

// The same for a schema of what is left: absent, false, or something to match.
struct RestChanges {
  Change added;
  Change removed;
  Change extended;
  Change narrowed;
};
// Of `additionalProperties` and `additionalItems`; the schemas may be null.
struct Rest {
  bool allowed;
  const Node* schema;
};
void CompareRest(Rest original, Rest update, const RestChanges& changes, At at, Findings& out);
// Of `unevaluatedProperties` and `unevaluatedItems`; null when absent.
void CompareUnevaluated(const Node* original, const Node* update, const RestChanges& changes, At at,
                        Findings& out);

}  // namespace muster::registry::formats::json
