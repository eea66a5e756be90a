#include "registry/subject_content.h"

#include <algorithm>

namespace muster::registry {
namespace {
constexpr std::size_t kLongestReferenceName = 1024;  // Bytes.
constexpr std::size_t kMostMetadata = 1000;          // Of each kind.

template <typename... Args>
Status Invalid(fmt::format_string<Args...> f, Args&&... args) {
  return WithReason(InvalidArgument(f, std::forward<Args>(args)...), Reason::kSCHEMA_INVALID);
}

StatusOr<Digest> DigestOf(const Json& json, const Hasher& hasher) {
  MUSTER_ASSIGN(const std::string text, CanonicalJson(json));
  return hasher.Sha256(AsBytes(text));
}

StatusOr<SchemaReference> ReferenceFrom(const Json& json, const std::string& path) {
  if (!json.is_object()) return Invalid("{}: is not an object", path);
  JsonReader r(json);
  SchemaReference out{r.Text("name"), SubjectName(r.Text("subject")),
                      VersionNumber(r.Unsigned("version"))};
  if (!r.status().ok()) return Invalid("{}: {}", path, MessageOf(r.status()));
  if (out.name.empty() || out.name.size() > kLongestReferenceName)
    return Invalid("{}.name: {} bytes are not 1 to {}", path, out.name.size(),
                   kLongestReferenceName);
  const Status subject = CheckSubject(out.subject);
  if (!subject.ok()) return Invalid("{}.{}", path, MessageOf(subject));
  if (out.version.value() == 0 || out.version.value() > kMostNumber)
    return Invalid("{}.version: {} is not 1 to {}", path, out.version.value(), kMostNumber);
  return out;
}

// The member `key` when it is there and not null; null otherwise. An error when it is of another
// kind.
StatusOr<const Json*> Member(const Json& json, const char* key, bool (Json::*is)() const noexcept,
                             std::string_view kind) {
  const auto it = json.find(key);
  if (it == json.end() || it->is_null()) return nullptr;
  if (!((*it).*is)()) return Invalid("metadata.{}: is not {}", key, kind);
  if (it->size() > kMostMetadata)
    return Invalid("metadata.{}: {} are more than {}", key, it->size(), kMostMetadata);
  return &*it;
}

StatusOr<std::set<std::string>> TextsFrom(const Json& json, std::string_view path) {
  if (!json.is_array()) return Invalid("{}: is not a list", path);
  std::set<std::string> out;
  for (const Json& item : json) {
    if (!item.is_string()) return Invalid("{}: holds something that is not text", path);
    out.insert(item.get<std::string>());
  }
  return out;
}
}  // namespace

StatusOr<ContentDigests> DigestsOf(const SchemaContent& content, std::string_view normalised,
                                   const Hasher& hasher) {
  ContentDigests out;
  Json json{{"type", NameOf(content.type)},
            {"text", content.text},
            {"references", ToJson(content.references)}};
  MUSTER_ASSIGN(out.schema, DigestOf(json, hasher));
  if (content.metadata) json["metadata"] = ToJson(*content.metadata);
  if (!content.rules.empty()) json["rules"] = content.rules;
  MUSTER_ASSIGN(out.content, DigestOf(json, hasher));
  std::vector<SchemaReference> ordered = content.references;
  std::ranges::sort(ordered);
  MUSTER_ASSIGN(out.normalised, DigestOf({{"type", NameOf(content.type)},
                                          {"text", normalised},
                                          {"references", ToJson(ordered)}},
                                         hasher));
  return out;
}

Json ToJson(const std::vector<SchemaReference>& references) {
  Json out = Json::array();
  for (const SchemaReference& r : references)
    out.push_back(
        {{"name", r.name}, {"subject", r.subject.value()}, {"version", r.version.value()}});
  return out;
}

Json ToJson(const SchemaMetadata& metadata) {
  Json out = Json::object();
  if (!metadata.tags.empty()) out["tags"] = metadata.tags;
  if (!metadata.properties.empty()) out["properties"] = metadata.properties;
  if (!metadata.sensitive.empty()) out["sensitive"] = metadata.sensitive;
  return out;
}

StatusOr<std::vector<SchemaReference>> ReferencesFrom(const Json& json) {
  if (!json.is_array()) return Invalid("references: is not a list");
  if (json.size() > kMostReferences)
    return Invalid("references: {} are more than {}", json.size(), kMostReferences);
  std::vector<SchemaReference> out;
  std::set<std::string> names;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const std::string path = fmt::format("references[{}]", i);
    MUSTER_ASSIGN(SchemaReference reference, ReferenceFrom(json[i], path));
    if (!names.insert(reference.name).second)
      return Invalid("{}.name: '{}' stands twice", path, reference.name.substr(0, 80));
    out.push_back(std::move(reference));
  }
  return out;
}

StatusOr<SchemaMetadata> MetadataFrom(const Json& json) {
  if (!json.is_object()) return Invalid("metadata: is not an object");
  SchemaMetadata out;
  MUSTER_ASSIGN(const Json* tags, Member(json, "tags", &Json::is_object, "an object"));
  MUSTER_ASSIGN(const Json* properties, Member(json, "properties", &Json::is_object, "an object"));
  MUSTER_ASSIGN(const Json* sensitive, Member(json, "sensitive", &Json::is_array, "a list"));
  if (tags != nullptr)
    for (const auto& item : tags->items()) {
      MUSTER_ASSIGN(out.tags[item.key()], TextsFrom(item.value(), "metadata.tags"));
    }
  if (properties != nullptr)
    for (const auto& item : properties->items()) {
      if (!item.value().is_string()) return Invalid("metadata.properties: holds what is not text");
      out.properties[item.key()] = item.value().get<std::string>();
    }
  if (sensitive != nullptr) {
    MUSTER_ASSIGN(out.sensitive, TextsFrom(*sensitive, "metadata.sensitive"));
  }
  return out;
}

}  // namespace muster::registry
