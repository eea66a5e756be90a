#include "registry/http/bodies.h"

#include <array>

namespace muster::registry {
namespace {

template <typename... Args>
Status Invalid(fmt::format_string<Args...> f, Args&&... args) {
  return WithReason(InvalidArgument(f, std::forward<Args>(args)...), Reason::kSCHEMA_INVALID);
}

// The member, when it is there and not null.
const Json* Given(const Json& body, const char* key) {
  const auto it = body.find(key);
  return it == body.end() || it->is_null() ? nullptr : &*it;
}

StatusOr<std::uint64_t> NumberFrom(const Json& body, const char* key) {
  const Json* member = Given(body, key);
  if (member == nullptr) return std::uint64_t{0};
  if (!member->is_number_integer()) return InvalidArgument("{}: is no integer", key);
  if (!member->is_number_unsigned()) return std::uint64_t{0};  // Below zero: the registry's choice.
  const auto number = member->get<std::uint64_t>();
  if (number > kMostNumber) return InvalidArgument("{}: is more than {}", key, kMostNumber);
  return number;
}

StatusOr<SchemaType> TypeFrom(const Json& body) {
  const Json* member = Given(body, "schemaType");
  if (member == nullptr) return SchemaType::kAvro;
  if (!member->is_string()) return Invalid("schemaType: is not text");
  const auto type = ParseSchemaType(member->get_ref<const std::string&>());
  if (!type) return Invalid("schemaType: is none of AVRO, JSON and PROTOBUF");
  return *type;
}

// Settings that Confluent's registry has and this one has not, and what of them is the same.
struct Unsupported {
  const char* key;
  const char* same;
};
constexpr std::array<Unsupported, 9> kUnsupported = {{{"alias", ""},
                                                      {"defaultMetadata", ""},
                                                      {"overrideMetadata", ""},
                                                      {"defaultRuleSet", ""},
                                                      {"overrideRuleSet", ""},
                                                      {"compatibilityPolicy", "STRICT"},
                                                      {"validateFields", "false"},
                                                      {"validateNames", "false"},
                                                      {"validateRules", "false"}}};

Status CheckSupported(const Json& body) {
  for (const auto& [key, same] : kUnsupported) {
    const Json* member = Given(body, key);
    if (member == nullptr) continue;
    const std::string said = member->is_string()    ? member->get<std::string>()
                             : member->is_boolean() ? member->dump()
                                                    : std::string("…");
    if (said != same) return InvalidField(key, "is not supported");
  }
  return Ok();
}
}  // namespace

StatusOr<Json> ParseBody(std::string_view body) {
  MUSTER_ASSIGN(Json json, ParseJson(body));
  if (!json.is_object()) return InvalidArgument("the body is no JSON object");
  return json;
}

std::string Text(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

StatusOr<SchemaBody> SchemaFrom(const Json& body) {
  SchemaBody out;
  MUSTER_ASSIGN(out.schema.type, TypeFrom(body));
  const Json* text = Given(body, "schema");
  if (text == nullptr || !text->is_string()) return Invalid("schema: is missing, or not text");
  out.schema.text = text->get<std::string>();
  if (const Json* references = Given(body, "references")) {
    MUSTER_ASSIGN(out.schema.references, ReferencesFrom(*references));
  }
  if (const Json* metadata = Given(body, "metadata")) {
    MUSTER_ASSIGN(out.schema.metadata, MetadataFrom(*metadata));
  }
  if (const Json* rules = Given(body, "ruleSet")) {
    if (!rules->is_object()) return Invalid("ruleSet: is no object");
    out.schema.rules = rules->dump();
  }
  MUSTER_ASSIGN(const std::uint64_t id, NumberFrom(body, "id"));
  MUSTER_ASSIGN(const std::uint64_t version, NumberFrom(body, "version"));
  out.id = SchemaId(id);
  out.version = VersionNumber(version);
  return out;
}

StatusOr<ConfigChange> ConfigChangeFrom(const Json& body) {
  MUSTER_TRY(CheckSupported(body));
  ConfigChange out;
  if (body.contains("compatibility")) {
    out.level.emplace();
    if (const Json* level = Given(body, "compatibility")) {
      if (level->is_string())
        *out.level = ParseCompatibilityLevel(level->get_ref<const std::string&>());
      if (!*out.level)
        return WithReason(
            InvalidArgument("compatibility: is none of NONE, BACKWARD, FORWARD, FULL, "
                            "BACKWARD_TRANSITIVE, FORWARD_TRANSITIVE and FULL_TRANSITIVE"),
            Reason::kCOMPATIBILITY_INVALID);
    }
  }
  if (body.contains("normalize")) {
    out.normalise.emplace();
    if (const Json* normalise = Given(body, "normalize")) {
      if (!normalise->is_boolean()) return InvalidField("normalize", "is not true or false");
      *out.normalise = normalise->get<bool>();
    }
  }
  if (body.contains("compatibilityGroup")) {
    out.group.emplace();
    if (const Json* group = Given(body, "compatibilityGroup")) {
      if (!group->is_string()) return InvalidField("compatibilityGroup", "is not text");
      *out.group = group->get<std::string>();
    }
  }
  return out;
}

StatusOr<std::optional<SubjectMode>> ModeFrom(const Json& body) {
  const Json* mode = Given(body, "mode");
  if (mode == nullptr) return std::nullopt;
  if (mode->is_string())
    if (const auto parsed = ParseSubjectMode(mode->get_ref<const std::string&>())) return parsed;
  return WithReason(
      InvalidArgument("mode: is none of READWRITE, READONLY, READONLY_OVERRIDE and IMPORT"),
      Reason::kMODE_INVALID);
}

Json ToJson(const SchemaContent& content) {
  Json out{{"schema", content.text}};
  if (content.type != SchemaType::kAvro) out["schemaType"] = NameOf(content.type);
  if (!content.references.empty()) out["references"] = ToJson(content.references);
  if (content.metadata) out["metadata"] = ToJson(*content.metadata);
  if (!content.rules.empty()) out["ruleSet"] = Json::parse(content.rules, nullptr, false);
  return out;
}

Json ToJson(const RegisteredSchema& schema) {
  Json out = ToJson(schema.schema->content);
  out["subject"] = schema.subject.value();
  out["version"] = schema.version.value();
  out["id"] = schema.schema->id.value();
  if (schema.deleted) out["deleted"] = true;
  return out;
}

Json ToAnswer(const SubjectConfig& config) {
  Json out = Json::object();
  if (config.level) out["compatibilityLevel"] = NameOf(*config.level);
  if (config.normalise) out["normalize"] = *config.normalise;
  if (config.group) out["compatibilityGroup"] = *config.group;
  return out;
}

}  // namespace muster::registry
