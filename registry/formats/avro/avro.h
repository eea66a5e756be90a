#pragma once
// Avro schemas, specification 1.11, for the registry's port: parsed, spelled in one way, and
// compared by the rules that Confluent's registry has from Avro for Java. Never reads data.
//
//   text()        as Java's Schema.toString: without space, attributes in a fixed order; aliases,
//                 docs, defaults and unknown attributes stay. Types of references are named only.
//   normalised()  as Confluent's normalize=true: the same with aliases and unknown attributes
//                 sorted and names as short as they may be. Doc and defaults belong to it.
//   Compare()     whether the update reads what was written with this schema. Incompatible
//                 differences have Java's codes and places (NAME_MISMATCH, FIXED_SIZE_MISMATCH,
//                 MISSING_ENUM_SYMBOLS, READER_FIELD_MISSING_DEFAULT_VALUE, TYPE_MISMATCH,
//                 MISSING_UNION_BRANCH); READER_FIELD_AMBIGUOUS, an exception there, is ours.
//                 Compatible ones are for people: FIELD_ADDED, FIELD_REMOVED (its place is in the
//                 original), FIELD_RENAMED, FIELD_DEFAULT_CHANGED, ENUM_SYMBOLS_ADDED,
//                 ENUM_SYMBOLS_REMOVED, TYPE_PROMOTED, TYPE_RENAMED, UNION_BRANCH_ADDED,
//                 LOGICAL_TYPE_CHANGED. What two named types differ in is told once, where they
//                 first meet.
//
// Where Java and the specification part, a new schema is held to the stricter: names are ASCII, a
// name is defined before its use and once, a default of an enum is one of its symbols, and that of
// a fixed as long as it. A union takes a default of any branch, as Java does since 1.11.
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "registry/schema.h"

namespace muster::registry::formats {

// At most, each checked while parsing.
inline constexpr std::size_t kMostNameBytes = 1'024;  // Of a name, and of a namespace.
inline constexpr std::size_t kMostTypes = 10'000;     // Named types, those of references too.
inline constexpr std::size_t kMostFields = 10'000;    // Of a record.
inline constexpr std::size_t kMostSymbols = 10'000;   // Of an enum.
inline constexpr std::size_t kMostBranches = 1'000;   // Of a union.
inline constexpr std::size_t kMostAliases = 100;      // Of a type or a field.
inline constexpr std::size_t kMostReferenceBytes = 8 * SchemaParser::kMostBytes;  // Together.
inline constexpr std::size_t kMostDifferences = 10'000;  // Told; of more, the first.

// INVALID_ARGUMENT (SCHEMA_INVALID) with the place, "/fields/1/type", as SchemaParser::Parse. A
// text that stands twice among the references counts once. O(bytes) beside the check of defaults,
// which has a bound of its own.
StatusOr<std::shared_ptr<const Schema>> ParseAvro(std::string_view text,
                                                  std::span<const ReferencedSchema> references);

}  // namespace muster::registry::formats
