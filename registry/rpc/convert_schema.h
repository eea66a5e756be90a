#pragma once
// Wire to domain and back, for schemas. Names, texts and numbers are judged by the registry; here
// only what the domain cannot express is refused.
#include <muster/v1/schema.pb.h>

#include "registry/schemas.h"

namespace muster::registry {

// INVALID_ARGUMENT (FIELD_INVALID) at "schema.type"; SCHEMA_INVALID where references and metadata
// are none.
StatusOr<SchemaDraft> FromProto(const v1::Schema& in);
StatusOr<RegisterRequest> FromProto(const v1::RegisterSchemaRequest& in);
StatusOr<CompatibilityQuestion> FromProto(const v1::CheckSchemaRequest& in);
StatusOr<DiffQuestion> FromProto(const v1::DiffSchemasRequest& in);
// Unspecified: nullopt. INVALID_ARGUMENT (FIELD_INVALID) at "level" or "mode" for unknown ones.
StatusOr<std::optional<CompatibilityLevel>> FromProto(v1::SchemaSettings::Level in);
StatusOr<std::optional<SubjectMode>> FromProto(v1::SchemaSettings::Mode in);
StatusOr<ConfigChange> FromProto(const v1::ConfigureSchemasRequest& in);

v1::SchemaSettings::Level LevelToProto(CompatibilityLevel in);
v1::SchemaSettings::Mode ToProto(SubjectMode in);
v1::SchemaVersion ToProto(const RegisteredSchema& in);
v1::SchemaVersion ToSummary(const RegisteredSchema& in);  // Without the text and what hangs on it.
v1::SchemaDifference ToProto(const Incompatibility& in);
// At most so many differences, those that break something first.
inline constexpr int kMostDifferences = 1000;
v1::DiffSchemasReply ToProto(const SchemaDiff& in);

}  // namespace muster::registry
