// /schemas, /contexts and what the registry says of itself.
#include <array>
#include <set>

#include "registry/http/resources.h"

namespace muster::registry {
namespace {
constexpr std::size_t kMostSchemas = 1'000;  // Of one answer: each comes with its text.
constexpr std::string_view kContext = ":.:";

StatusOr<std::string> ListSchemas(Call& call) {
  SchemaFilter filter;
  filter.subject_prefix = SubjectPrefixOf(call.query);
  filter.shown = ShownBy(call.query);
  filter.latest_only = call.query.Flag("latestOnly");
  MUSTER_ASSIGN(filter.page, PageOf(call.query, kMostSchemas));
  Json out = Json::array();
  for (const RegisteredSchema& schema : call.schemas.ListSchemas(filter))
    out.push_back(ToJson(schema));
  return Text(out);
}

StatusOr<std::string> ListTypes(Call&) {
  return Text(
      {NameOf(SchemaType::kJson), NameOf(SchemaType::kProtobuf), NameOf(SchemaType::kAvro)});
}

StatusOr<SchemaHandle> SchemaFor(Call& call) {
  MUSTER_TRY(CheckFormat(call.query));
  MUSTER_ASSIGN(const SchemaId id, ParseId(call.captured.at(0)));
  return call.schemas.GetById(id);
}

StatusOr<std::string> GetSchema(Call& call) {
  MUSTER_ASSIGN(const SchemaHandle schema, SchemaFor(call));
  Json out = ToJson(schema->content);
  if (call.query.Flag("fetchMaxId")) out["maxId"] = call.schemas.newest_id().value();
  return Text(out);
}

StatusOr<std::string> GetSchemaText(Call& call) {
  MUSTER_ASSIGN(const SchemaHandle schema, SchemaFor(call));
  return schema->content.text;
}

// The versions that have the id, of one subject when the query names it.
StatusOr<std::vector<RegisteredSchema>> VersionsFor(Call& call) {
  MUSTER_ASSIGN(const SchemaId id, ParseId(call.captured.at(0)));
  MUSTER_ASSIGN(auto versions, call.schemas.VersionsOf(id, ShownBy(call.query)));
  const std::string subject = call.query.Text("subject");
  if (!subject.empty())
    std::erase_if(versions, [&](const auto& v) { return v.subject.value() != subject; });
  return versions;
}

// A page of a list of anything that becomes JSON.
StatusOr<std::string> PageText(Call& call, std::vector<Json> all) {
  MUSTER_ASSIGN(all, Paged(call.query, std::move(all), kMostSchemas));
  return Text(all);
}

StatusOr<std::string> ListSubjectsOf(Call& call) {
  MUSTER_ASSIGN(const auto versions, VersionsFor(call));
  std::set<std::string> subjects;
  for (const RegisteredSchema& version : versions) subjects.insert(version.subject.value());
  return PageText(call, {subjects.begin(), subjects.end()});
}

StatusOr<std::string> ListVersionsOf(Call& call) {
  MUSTER_ASSIGN(const auto versions, VersionsFor(call));
  std::vector<Json> out;
  for (const RegisteredSchema& version : versions)
    out.push_back({{"subject", version.subject.value()}, {"version", version.version.value()}});
  return PageText(call, std::move(out));
}

StatusOr<std::string> ListContexts(Call& call) { return PageText(call, {kContext}); }

StatusOr<std::string> GetCluster(Call& call) {
  return Text({{"id", ""},
               {"scope",
                {{"path", Json::array()},
                 {"clusters",
                  {{"kafka-cluster", call.cluster}, {"schema-registry-cluster", call.cluster}}}}}});
}

StatusOr<std::string> GetRelease(Call& call) {
  return Text({{"version", call.version}, {"commitId", ""}});
}

StatusOr<std::string> GetRoot(Call&) { return std::string("{}"); }

constexpr std::array<Route, 11> kRoutes = {{
    {"GET", "/", GetRoot},
    {"POST", "/", GetRoot},
    {"GET", "/schemas", ListSchemas},
    {"GET", "/schemas/types", ListTypes},
    {"GET", "/schemas/ids/{}", GetSchema},
    {"GET", "/schemas/ids/{}/schema", GetSchemaText},
    {"GET", "/schemas/ids/{}/subjects", ListSubjectsOf},
    {"GET", "/schemas/ids/{}/versions", ListVersionsOf},
    {"GET", "/contexts", ListContexts},
    {"GET", "/v1/metadata/id", GetCluster},
    {"GET", "/v1/metadata/version", GetRelease},
}};
}  // namespace

std::span<const Route> SchemaRoutes() { return kRoutes; }

}  // namespace muster::registry
