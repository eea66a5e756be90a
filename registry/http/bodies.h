#pragma once
// JSON bodies as Confluent's clients send and read them. Foreign members that mean nothing here are
// passed over, as newer clients send more than older registries know.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "registry/schemas.h"

namespace muster::registry {

// An object. INVALID_ARGUMENT when it is none or malformed (see ParseJson).
StatusOr<Json> ParseBody(std::string_view body);
// Any text of JSON: bytes that are not UTF-8 become U+FFFD.
std::string Text(const Json& json);

// {"schema", "schemaType", "references", "metadata", "ruleSet", "id", "version"}: all but the first
// may be missing or null; ids and versions below 1 are missing. SCHEMA_INVALID.
struct SchemaBody {
  SchemaDraft schema;
  SchemaId id;            // 0: none was given.
  VersionNumber version;  // The same.
};
StatusOr<SchemaBody> SchemaFrom(const Json& body);

// {"compatibility", "normalize", "compatibilityGroup"}; null unsets. COMPATIBILITY_INVALID.
// INVALID_ARGUMENT (FIELD_INVALID) for settings of Confluent's that are not supported here, unless
// they say what holds anyway: aliases, metadata and rules that are put into schemas, lenience.
StatusOr<ConfigChange> ConfigChangeFrom(const Json& body);
// {"mode"}; null or missing: none. MODE_INVALID.
StatusOr<std::optional<SubjectMode>> ModeFrom(const Json& body);

// {"schema"} and, where there is one, "schemaType" (AVRO is not told, as old clients do not know
// it), "references", "metadata", "ruleSet".
Json ToJson(const SchemaContent& content);
// The same with "subject", "version" and "id", and "deleted" of a deleted one.
Json ToJson(const RegisteredSchema& schema);
Json ToAnswer(const SubjectConfig& config);  // {"compatibilityLevel", …}.
template <typename T>
Json NumbersJson(const std::vector<T>& numbers) {
  Json out = Json::array();
  for (const T& number : numbers) out.push_back(number.value());
  return out;
}

}  // namespace muster::registry
