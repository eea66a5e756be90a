// /subjects and /compatibility.
#include <array>

#include "registry/http/resources.h"

namespace muster::registry {
namespace {
constexpr std::size_t kMostNames = 20'000;  // Of one answer, as of versions.

// Thousands of names, several times faster than by way of Json. They are UTF-8 without control
// characters (CheckSubject), so no more than two characters need an escape.
std::string NamesText(const std::vector<SubjectName>& names) {
  std::string out = "[";
  for (const SubjectName& name : names) {
    out += out.size() == 1 ? "\"" : ",\"";
    for (const char c : name.value()) {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
    out += '"';
  }
  return out += ']';
}

StatusOr<std::string> ListSubjects(Call& call) {
  MUSTER_ASSIGN(const Page page, PageOf(call.query, kMostNames));
  return NamesText(
      call.schemas.ListSubjects(SubjectPrefixOf(call.query), ShownBy(call.query), page));
}

StatusOr<std::string> Lookup(Call& call) {
  MUSTER_ASSIGN(const SchemaBody body, SchemaFrom(call.body));
  const bool deleted = call.query.Flag("deleted") || call.query.Flag("lookupDeletedSchema");
  MUSTER_ASSIGN(
      const RegisteredSchema found,
      call.schemas.Lookup(call.subject(), body.schema, {call.query.Flag("normalize"), deleted}));
  return Text(ToJson(found));
}

StatusOr<std::string> DeleteSubject(Call& call) {
  MUSTER_ASSIGN(const auto versions,
                call.schemas.DeleteSubject(call.subject(), call.query.Flag("permanent"), *call.by));
  return Text(NumbersJson(versions));
}

StatusOr<std::string> ListVersions(Call& call) {
  MUSTER_ASSIGN(auto versions, call.schemas.ListVersions(call.subject(), ShownBy(call.query)));
  MUSTER_ASSIGN(versions, Paged(call.query, std::move(versions), kMostNames));
  return Text(NumbersJson(versions));
}

StatusOr<std::string> Register(Call& call) {
  MUSTER_ASSIGN(SchemaBody body, SchemaFrom(call.body));
  MUSTER_ASSIGN(const RegisteredSchema made,
                call.schemas.Register({call.subject(), std::move(body.schema),
                                       call.query.Flag("normalize"), body.id, body.version},
                                      *call.by));
  return Text({{"id", made.schema->id.value()}});
}

StatusOr<RegisteredSchema> VersionFor(Call& call) {
  MUSTER_TRY(CheckFormat(call.query));
  MUSTER_ASSIGN(const VersionNumber version, ParseVersion(call.captured.at(1)));
  return call.schemas.GetVersion(call.subject(), version, call.query.Flag("deleted"));
}

StatusOr<std::string> GetVersion(Call& call) {
  MUSTER_ASSIGN(const RegisteredSchema found, VersionFor(call));
  return Text(ToJson(found));
}

StatusOr<std::string> GetVersionText(Call& call) {
  MUSTER_ASSIGN(const RegisteredSchema found, VersionFor(call));
  return found.schema->content.text;
}

StatusOr<std::string> DeleteVersion(Call& call) {
  MUSTER_ASSIGN(const VersionNumber version, ParseVersion(call.captured.at(1)));
  MUSTER_ASSIGN(
      const VersionNumber gone,
      call.schemas.DeleteVersion(call.subject(), version, call.query.Flag("permanent"), *call.by));
  return Text(gone.value());
}

StatusOr<std::string> ReferencedBy(Call& call) {
  MUSTER_ASSIGN(const VersionNumber version, ParseVersion(call.captured.at(1)));
  MUSTER_ASSIGN(auto ids, call.schemas.ReferencedBy(call.subject(), version));
  MUSTER_ASSIGN(ids, Paged(call.query, std::move(ids), kMostNames));
  return Text(NumbersJson(ids));
}

// ?key=a&value=1&key=b&value=2
StatusOr<std::string> FindByMetadata(Call& call) {
  const auto keys = call.query.All("key");
  const auto values = call.query.All("value");
  if (keys.size() != values.size()) return InvalidArgument("query: not a value for each key");
  std::map<std::string, std::string> properties;
  for (std::size_t i = 0; i < keys.size(); ++i) properties[keys[i]] = values[i];
  MUSTER_ASSIGN(
      const RegisteredSchema found,
      call.schemas.FindByProperties(call.subject(), properties, call.query.Flag("deleted")));
  return Text(ToJson(found));
}

// The answer is one about the schema even when it is none, if reasons are asked for.
StatusOr<std::string> Compatibility(Call& call, std::optional<VersionNumber> version) {
  MUSTER_ASSIGN(SchemaBody body, SchemaFrom(call.body));
  const bool verbose = call.query.Flag("verbose");
  const auto found = call.schemas.CheckCompatibility(
      {call.subject(), std::move(body.schema), call.query.Flag("normalize"), version});
  Json messages = Json::array();
  if (!found.ok()) {
    if (!verbose || ReasonOf(found.status()) != Reason::kSCHEMA_INVALID) return found.status();
    messages.push_back(fmt::format("Invalid schema: {}", MessageOf(found.status())));
  } else {
    for (const Incompatibility& i : *found) messages.push_back(Sentence(i));
  }
  Json out{{"is_compatible", messages.empty()}};
  if (verbose) out["messages"] = std::move(messages);
  return Text(out);
}

StatusOr<std::string> CompatibleWithAll(Call& call) { return Compatibility(call, std::nullopt); }

StatusOr<std::string> CompatibleWithOne(Call& call) {
  MUSTER_ASSIGN(const VersionNumber version, ParseVersion(call.captured.at(1)));
  return Compatibility(call, version);
}

constexpr std::array<Route, 12> kRoutes = {{
    {"GET", "/subjects", ListSubjects},
    {"POST", "/subjects/{}", Lookup, Effect::kReads, true},
    {"DELETE", "/subjects/{}", DeleteSubject, Effect::kChanges},
    {"GET", "/subjects/{}/versions", ListVersions},
    {"POST", "/subjects/{}/versions", Register, Effect::kChanges, true},
    {"GET", "/subjects/{}/versions/{}", GetVersion},
    {"DELETE", "/subjects/{}/versions/{}", DeleteVersion, Effect::kChanges},
    {"GET", "/subjects/{}/versions/{}/schema", GetVersionText},
    {"GET", "/subjects/{}/versions/{}/referencedby", ReferencedBy},
    {"GET", "/subjects/{}/metadata", FindByMetadata},
    {"POST", "/compatibility/subjects/{}/versions", CompatibleWithAll, Effect::kReads, true},
    {"POST", "/compatibility/subjects/{}/versions/{}", CompatibleWithOne, Effect::kReads, true},
}};
}  // namespace

std::span<const Route> SubjectRoutes() { return kRoutes; }

}  // namespace muster::registry
