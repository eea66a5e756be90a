#pragma once
// JSON Schema, drafts 4, 6, 7, 2019-09 and 2020-12, by `$schema`; 7 when there is none. Verdicts,
// codes and paths of differences are those of Confluent Schema Registry's STRICT policy. Never
// fetches what a `$ref` names: it is in the text or among the references.
#include <memory>
#include <span>
#include <string_view>

#include "registry/schema.h"

namespace muster::registry::formats {

// `references` by the URI or the relative name that `$ref` has for them. text() is without
// insignificant space, its keys in their order; normalised() has them sorted. INVALID_ARGUMENT
// (SCHEMA_INVALID) with the JSON pointer of what is wrong, in the message and as the field: text
// that is too long, deep or no JSON, a key twice, a keyword whose value is not of its kind, a
// `$ref` that is not known or leads in a circle. O(bytes * nesting).
StatusOr<std::shared_ptr<const Schema>> ParseJsonSchema(
    std::string_view text, std::span<const ReferencedSchema> references);

}  // namespace muster::registry::formats
