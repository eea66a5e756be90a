#include "registry/rpc/convert_schema.h"

#include <algorithm>

namespace muster::registry {
namespace {

std::string Text(std::string_view name) { return std::string(name); }

StatusOr<std::vector<SchemaReference>> ReferencesOf(const v1::Schema& in) {
  Json json = Json::array();
  for (const v1::SchemaReference& r : in.references())
    json.push_back({{"name", r.name()}, {"subject", r.subject()}, {"version", r.version()}});
  return ReferencesFrom(json);
}

StatusOr<SchemaMetadata> MetadataOf(const v1::SchemaMetadata& in) {
  Json json{{"tags", Json::object()},
            {"properties", Json::object()},
            {"sensitive", std::vector(in.sensitive().begin(), in.sensitive().end())}};
  for (const auto& [path, tags] : in.tags())
    json["tags"][path] = std::vector(tags.names().begin(), tags.names().end());
  for (const auto& [name, value] : in.properties()) json["properties"][name] = value;
  return MetadataFrom(json);
}

v1::SchemaMetadata ToProto(const SchemaMetadata& in) {
  v1::SchemaMetadata out;
  for (const auto& [path, names] : in.tags)
    for (const std::string& name : names) (*out.mutable_tags())[path].add_names(name);
  for (const auto& [name, value] : in.properties) (*out.mutable_properties())[name] = value;
  for (const std::string& name : in.sensitive) out.add_sensitive(name);
  return out;
}

v1::Schema::Type TypeOf(SchemaType type) {
  v1::Schema::Type out = v1::Schema::TYPE_UNSPECIFIED;
  v1::Schema::Type_Parse(Text(NameOf(type)), &out);
  return out;
}

v1::SchemaDifference ToProto(const Difference& in, VersionNumber version, bool backward) {
  v1::SchemaDifference out;
  out.set_version(version.value());
  out.set_backward(backward);
  out.set_compatible(in.compatible);
  out.set_code(in.code);
  out.set_path(in.path);
  out.set_detail(in.detail);
  return out;
}

bool Breaks(const std::vector<Difference>& differences) {
  return !std::ranges::all_of(differences, &Difference::compatible);
}
}  // namespace

StatusOr<SchemaDraft> FromProto(const v1::Schema& in) {
  SchemaDraft out;
  const auto type = ParseSchemaType(v1::Schema::Type_Name(in.type()));
  if (!type) return InvalidField("schema.type", "is missing: AVRO, JSON or PROTOBUF");
  out.type = *type;
  out.text = in.text();
  MUSTER_ASSIGN(out.references, ReferencesOf(in));
  if (in.has_metadata()) {
    MUSTER_ASSIGN(out.metadata, MetadataOf(in.metadata()));
  }
  if (in.has_rule_set()) out.rules = in.rule_set();
  return out;
}

StatusOr<RegisterRequest> FromProto(const v1::RegisterSchemaRequest& in) {
  RegisterRequest out;
  out.subject = SubjectName(in.subject());
  MUSTER_ASSIGN(out.schema, FromProto(in.schema()));
  out.normalise = in.normalise();
  out.id = SchemaId(in.schema_id());
  out.version = VersionNumber(in.version());
  for (const auto& [path, number] :
       {std::pair("version", in.version()), std::pair("schema_id", in.schema_id())})
    if (number > kMostNumber) return InvalidField(path, "{} is more than {}", number, kMostNumber);
  return out;
}

StatusOr<CompatibilityQuestion> FromProto(const v1::CheckSchemaRequest& in) {
  CompatibilityQuestion out;
  out.subject = SubjectName(in.subject());
  MUSTER_ASSIGN(out.schema, FromProto(in.schema()));
  if (in.has_version()) out.version = VersionNumber(in.version());
  MUSTER_ASSIGN(out.level, FromProto(in.level()));
  return out;
}

StatusOr<DiffQuestion> FromProto(const v1::DiffSchemasRequest& in) {
  DiffQuestion out{SubjectName(in.subject()),
                   VersionNumber(in.version()),
                   SubjectName(in.to_subject()),
                   VersionNumber(in.to_version()),
                   {}};
  if (in.has_to()) {
    MUSTER_ASSIGN(out.to, FromProto(in.to()));
  }
  return out;
}

StatusOr<std::optional<CompatibilityLevel>> FromProto(v1::SchemaSettings::Level in) {
  if (in == v1::SchemaSettings::LEVEL_UNSPECIFIED) return std::nullopt;
  const auto level = ParseCompatibilityLevel(v1::SchemaSettings::Level_Name(in));
  if (!level) return InvalidField("level", "{} is not known", static_cast<int>(in));
  return level;
}

StatusOr<std::optional<SubjectMode>> FromProto(v1::SchemaSettings::Mode in) {
  if (in == v1::SchemaSettings::MODE_UNSPECIFIED) return std::nullopt;
  const auto mode = ParseSubjectMode(v1::SchemaSettings::Mode_Name(in));
  if (!mode) return InvalidField("mode", "{} is not known", static_cast<int>(in));
  return mode;
}

StatusOr<ConfigChange> FromProto(const v1::ConfigureSchemasRequest& in) {
  ConfigChange out;
  MUSTER_ASSIGN(const auto level, FromProto(in.level()));
  if (level || in.reset()) out.level = level;
  if (in.has_normalise()) out.normalise.emplace(in.normalise());
  if (in.has_group() && !in.group().empty()) out.group.emplace(in.group());
  if (!out.normalise && in.reset()) out.normalise.emplace();
  if (!out.group && (in.has_group() || in.reset())) out.group.emplace();
  return out;
}

v1::SchemaSettings::Level LevelToProto(CompatibilityLevel in) {
  v1::SchemaSettings::Level out = v1::SchemaSettings::LEVEL_UNSPECIFIED;
  v1::SchemaSettings::Level_Parse(Text(NameOf(in)), &out);
  return out;
}

v1::SchemaSettings::Mode ToProto(SubjectMode in) {
  v1::SchemaSettings::Mode out = v1::SchemaSettings::MODE_UNSPECIFIED;
  v1::SchemaSettings::Mode_Parse(Text(NameOf(in)), &out);
  return out;
}

v1::SchemaVersion ToSummary(const RegisteredSchema& in) {
  v1::SchemaVersion out;
  out.set_subject(in.subject.value());
  out.set_version(in.version.value());
  out.set_schema_id(in.schema->id.value());
  out.mutable_schema()->set_type(TypeOf(in.schema->content.type));
  out.set_deleted(in.deleted);
  out.set_created_unix_ms(UnixMillis(in.created_at));
  out.set_created_by(in.created_by);
  return out;
}

v1::SchemaVersion ToProto(const RegisteredSchema& in) {
  v1::SchemaVersion out = ToSummary(in);
  const SchemaContent& content = in.schema->content;
  v1::Schema& schema = *out.mutable_schema();
  schema.set_text(content.text);
  for (const SchemaReference& r : content.references) {
    v1::SchemaReference& reference = *schema.add_references();
    reference.set_name(r.name);
    reference.set_subject(r.subject.value());
    reference.set_version(r.version.value());
  }
  if (content.metadata) *schema.mutable_metadata() = ToProto(*content.metadata);
  if (!content.rules.empty()) schema.set_rule_set(content.rules);
  return out;
}

v1::SchemaDifference ToProto(const Incompatibility& in) {
  return ToProto(in.difference, in.version, in.backward);
}

v1::DiffSchemasReply ToProto(const SchemaDiff& in) {
  v1::DiffSchemasReply out;
  out.set_version(in.version.value());
  out.set_to_version(in.to_version.value());
  out.set_backward(!Breaks(in.backward));
  out.set_forward(!Breaks(in.forward));
  for (const bool compatible : {false, true})
    for (const bool backward : {true, false})
      for (const Difference& d : backward ? in.backward : in.forward) {
        if (d.compatible != compatible) continue;
        if (out.differences_size() < kMostDifferences)
          *out.add_differences() = ToProto(d, in.version, backward);
        else
          out.set_left_out(out.left_out() + 1);
      }
  return out;
}

}  // namespace muster::registry
