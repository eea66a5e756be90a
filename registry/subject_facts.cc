// Facts of subjects as journal rows and back.
#include "base/fact.h"
#include "registry/subject.h"

namespace muster::registry {
namespace {

Json NumbersOf(const std::vector<VersionNumber>& versions) {
  Json out = Json::array();
  for (const VersionNumber version : versions) out.push_back(version.value());
  return out;
}

Json BodyOf(const SubjectVersionRegistered& f) {
  return {{"version", f.version.version.value()},
          {"id", f.version.id.value()},
          {"digest", f.version.content.ToString()}};
}
Json BodyOf(const SubjectVersionsDeleted& f) { return {{"versions", NumbersOf(f.versions)}}; }
Json BodyOf(const SubjectVersionsErased& f) { return {{"versions", NumbersOf(f.versions)}}; }
Json BodyOf(const SubjectConfigured& f) { return ToJson(f.config); }
Json BodyOf(const SubjectModeSet& f) {
  return f.mode ? Json{{"mode", NameOf(*f.mode)}} : Json::object();
}

FactHeader HeaderFor(const SubjectVersionRegistered& f) {
  return {"SubjectVersionRegistered", f.version.created_by, f.version.created_at};
}
FactHeader HeaderFor(const SubjectVersionsDeleted& f) {
  return {"SubjectVersionsDeleted", f.by, f.at};
}
FactHeader HeaderFor(const SubjectVersionsErased& f) {
  return {"SubjectVersionsErased", f.by, f.at};
}
FactHeader HeaderFor(const SubjectConfigured& f) { return {"SubjectConfigured", f.by, f.at}; }
FactHeader HeaderFor(const SubjectModeSet& f) { return {"SubjectModeSet", f.by, f.at}; }

Status CheckNumber(std::uint64_t number, std::string_view what) {
  if (number == 0 || number > kMostNumber) return InvalidArgument("{} is out of range", what);
  return Ok();
}

StatusOr<SubjectFact> ReadVersion(const FactHeader& header, const Json& json) {
  JsonReader r(json);
  SubjectVersion v;
  v.version = VersionNumber(r.Unsigned("version"));
  v.id = SchemaId(r.Unsigned("id"));
  const std::string digest = r.Text("digest");
  MUSTER_TRY(r.status());
  MUSTER_TRY(CheckNumber(v.version.value(), "version"));
  MUSTER_TRY(CheckNumber(v.id.value(), "id"));
  MUSTER_ASSIGN(v.content, Digest::Parse(digest));
  v.created_at = header.at;
  v.created_by = header.by;
  return SubjectVersionRegistered{std::move(v)};
}

StatusOr<std::vector<VersionNumber>> ReadNumbers(const Json& json) {
  JsonReader r(json);
  const Json& versions = r.At("versions");
  MUSTER_TRY(r.status());
  if (!versions.is_array()) return InvalidArgument("field 'versions' is not a list");
  std::vector<VersionNumber> out;
  for (const Json& version : versions) {
    if (!version.is_number_unsigned()) return InvalidArgument("a version is no number");
    out.emplace_back(version.get<std::uint64_t>());
  }
  return out;
}

StatusOr<SubjectFact> ReadMode(const FactHeader& header, const Json& json) {
  JsonReader r(json);
  SubjectModeSet out{{}, header.at, header.by};
  if (!r.Has("mode")) return out;
  out.mode = ParseSubjectMode(r.Text("mode"));
  MUSTER_TRY(r.status());
  if (!out.mode) return InvalidArgument("unknown mode");
  return out;
}

StatusOr<SubjectFact> Decode(std::string_view row) {
  MUSTER_ASSIGN(const Json json, ParseJson(row));
  MUSTER_ASSIGN(const FactHeader header, HeaderOf(json));
  if (header.type == "SubjectVersionRegistered") return ReadVersion(header, json);
  if (header.type == "SubjectVersionsDeleted") {
    MUSTER_ASSIGN(auto versions, ReadNumbers(json));
    return SubjectVersionsDeleted{std::move(versions), header.at, header.by};
  }
  if (header.type == "SubjectVersionsErased") {
    MUSTER_ASSIGN(auto versions, ReadNumbers(json));
    return SubjectVersionsErased{std::move(versions), header.at, header.by};
  }
  if (header.type == "SubjectConfigured") {
    MUSTER_ASSIGN(auto config, ConfigFrom(json));
    return SubjectConfigured{std::move(config), header.at, header.by};
  }
  if (header.type == "SubjectModeSet") return ReadMode(header, json);
  return InvalidArgument("unknown fact '{}'", header.type);
}
}  // namespace

Json ToJson(const SubjectConfig& config) {
  Json out = Json::object();
  if (config.level) out["compatibility"] = NameOf(*config.level);
  if (config.normalise) out["normalize"] = *config.normalise;
  if (config.group) out["compatibility_group"] = *config.group;
  return out;
}

StatusOr<SubjectConfig> ConfigFrom(const Json& json) {
  JsonReader r(json);
  SubjectConfig out;
  if (r.Has("compatibility")) {
    out.level = ParseCompatibilityLevel(r.Text("compatibility"));
    if (!out.level) return InvalidArgument("unknown compatibility");
  }
  if (r.Has("normalize")) out.normalise = r.Bool("normalize");
  if (r.Has("compatibility_group")) out.group = r.Text("compatibility_group");
  MUSTER_TRY(r.status());
  return out;
}

StatusOr<std::string> EncodeFact(const SubjectFact& fact) {
  return std::visit([](const auto& f) { return muster::EncodeFact(HeaderFor(f), BodyOf(f)); },
                    fact);
}

StatusOr<SubjectFact> DecodeSubjectFact(std::string_view row) {
  auto fact = Decode(row);
  if (!fact.ok()) return DataLoss("a row of a subject is unreadable: {}", MessageOf(fact.status()));
  return fact;
}

}  // namespace muster::registry
