#pragma once
// What an id of the schema registry stands for: a schema's text and all that is answered with it.
// Values only; nothing is parsed or judged here.
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/canonical_json.h"
#include "registry/schema.h"
#include "registry/subject_names.h"

namespace muster::registry {

// The text calls `name` what is version `version` of `subject`.
struct SchemaReference {
  std::string name;
  SubjectName subject;
  VersionNumber version;
  friend auto operator<=>(const SchemaReference&, const SchemaReference&) = default;
};

// For people and their tools; the registry reads no meaning in it but for compatibility groups.
struct SchemaMetadata {
  std::map<std::string, std::set<std::string>> tags;  // By path of a field.
  std::map<std::string, std::string> properties;
  std::set<std::string> sensitive;  // Names of properties that should not be shown.
  friend bool operator==(const SchemaMetadata&, const SchemaMetadata&) = default;
};

struct SchemaContent {
  SchemaType type = SchemaType::kAvro;
  std::string text;
  std::vector<SchemaReference> references;
  std::optional<SchemaMetadata> metadata;
  std::string rules;  // JSON text of the rule set, kept as it was given; empty: none.
  friend bool operator==(const SchemaContent&, const SchemaContent&) = default;
};

// What makes two schemas the same.
struct ContentDigests {
  Digest content;     // Of everything: equal content has one id.
  Digest schema;      // Of type, text and references alone.
  Digest normalised;  // The same of the normalised text and references in order.
  friend bool operator==(const ContentDigests&, const ContentDigests&) = default;
};
// `normalised` is the text's one spelling (Schema::normalised). INVALID_ARGUMENT when some text is
// not UTF-8.
StatusOr<ContentDigests> DigestsOf(const SchemaContent& content, std::string_view normalised,
                                   const Hasher& hasher);

// As facts and Confluent's API spell them: [{"name", "subject", "version"}], {"tags", "properties",
// "sensitive"} without the empty ones.
Json ToJson(const std::vector<SchemaReference>& references);
Json ToJson(const SchemaMetadata& metadata);
inline constexpr std::size_t kMostReferences = 256;  // Of one schema, directly.
// The inverse, for foreign bytes: INVALID_ARGUMENT (SCHEMA_INVALID) with the path of what is wrong,
// a name twice, or too many of them.
StatusOr<std::vector<SchemaReference>> ReferencesFrom(const Json& json);
StatusOr<SchemaMetadata> MetadataFrom(const Json& json);

}  // namespace muster::registry
