#include "registry/rpc/schema_service.h"

#include <algorithm>

#include "registry/rpc/convert_schema.h"
#include "rpc/unary.h"

namespace muster::registry {
namespace {
constexpr std::uint32_t kUsualPage = 100;
constexpr std::uint32_t kLargestPage = 1000;

Shown ShownBy(bool deleted) { return deleted ? Shown::kAll : Shown::kLive; }
}  // namespace

// --- Questions ---

StatusOr<v1::ListSchemasReply> SchemaService::List(const v1::ListSchemasRequest& request) const {
  const std::size_t most =
      std::min(request.page_size() == 0 ? kUsualPage : request.page_size(), kLargestPage);
  const Shown shown = ShownBy(request.deleted());
  std::vector<RegisteredSchema> found;
  if (request.subject().empty()) {
    found = schemas_.ListSchemas({request.prefix(), shown, true, {request.offset(), most + 1}});
  } else {
    const SubjectName subject(request.subject());
    MUSTER_ASSIGN(const auto numbers, schemas_.ListVersions(subject, shown));
    for (std::size_t i = request.offset(); i < numbers.size() && found.size() <= most; ++i) {
      const auto version = schemas_.GetVersion(subject, numbers[i], true);
      if (version.ok()) found.push_back(*version);  // Or erased just now.
    }
  }
  v1::ListSchemasReply out;
  for (std::size_t i = 0; i < std::min(most, found.size()); ++i)
    *out.add_schemas() = ToSummary(found[i]);
  if (found.size() > most) out.set_next_offset(request.offset() + most);
  return out;
}

grpc::ServerUnaryReactor* SchemaService::ListSchemas(grpc::CallbackServerContext* context,
                                                     const v1::ListSchemasRequest* request,
                                                     v1::ListSchemasReply* reply) {
  return rpc::OperatorUnary(
      border_, context, request, reply,
      [this](const Caller&, const v1::ListSchemasRequest& r) { return List(r); });
}

StatusOr<RegisteredSchema> SchemaService::Find(const v1::GetSchemaRequest& request) const {
  if (request.schema_id() == 0)
    return schemas_.GetVersion(SubjectName(request.subject()), VersionNumber(request.version()),
                               request.deleted());
  if (!request.subject().empty() || request.version() != 0)
    return InvalidField("schema_id", "stands instead of a subject and a version");
  const SchemaId id(request.schema_id());
  MUSTER_ASSIGN(const auto versions, schemas_.VersionsOf(id, ShownBy(request.deleted())));
  if (!versions.empty()) return versions.front();
  return WithReason(NotFound("schema {} is deleted; ask for deleted ones to see it", id.value()),
                    Reason::kSCHEMA_NOT_FOUND);
}

grpc::ServerUnaryReactor* SchemaService::GetSchema(grpc::CallbackServerContext* context,
                                                   const v1::GetSchemaRequest* request,
                                                   v1::SchemaVersion* reply) {
  return rpc::OperatorUnary(
      border_, context, request, reply,
      [this](const Caller&, const v1::GetSchemaRequest& r) -> StatusOr<v1::SchemaVersion> {
        MUSTER_ASSIGN(const RegisteredSchema found, Find(r));
        return ToProto(found);
      });
}

StatusOr<v1::CheckSchemaReply> SchemaService::Check(const v1::CheckSchemaRequest& request) const {
  MUSTER_ASSIGN(const CompatibilityQuestion question, FromProto(request));
  MUSTER_ASSIGN(const auto found, schemas_.CheckCompatibility(question));
  MUSTER_ASSIGN(const SubjectConfig config, schemas_.GetConfig(question.subject, true));
  v1::CheckSchemaReply out;
  out.set_level(LevelToProto(question.level.value_or(config.level.value_or(kDefaultLevel))));
  out.set_compatible(found.empty());
  for (const Incompatibility& i : found) *out.add_differences() = ToProto(i);
  const auto same = schemas_.Lookup(question.subject, question.schema, {});
  if (same.ok()) out.set_existing(same->version.value());
  return out;
}

grpc::ServerUnaryReactor* SchemaService::CheckSchema(grpc::CallbackServerContext* context,
                                                     const v1::CheckSchemaRequest* request,
                                                     v1::CheckSchemaReply* reply) {
  return rpc::OperatorUnary(
      border_, context, request, reply,
      [this](const Caller&, const v1::CheckSchemaRequest& r) { return Check(r); });
}

grpc::ServerUnaryReactor* SchemaService::DiffSchemas(grpc::CallbackServerContext* context,
                                                     const v1::DiffSchemasRequest* request,
                                                     v1::DiffSchemasReply* reply) {
  return rpc::OperatorUnary(
      border_, context, request, reply,
      [this](const Caller&, const v1::DiffSchemasRequest& r) -> StatusOr<v1::DiffSchemasReply> {
        MUSTER_ASSIGN(const DiffQuestion question, FromProto(r));
        MUSTER_ASSIGN(const SchemaDiff diff, schemas_.Diff(question));
        return ToProto(diff);
      });
}

StatusOr<v1::SchemaSettings> SchemaService::SettingsOf(const SubjectName& subject) const {
  v1::SchemaSettings out;
  SubjectConfig config = schemas_.registry_config();
  SubjectMode mode = schemas_.registry_mode();
  if (!subject.value().empty()) {
    out.set_subject(subject.value());
    MUSTER_ASSIGN(config, schemas_.GetConfig(subject, true));
    MUSTER_ASSIGN(mode, schemas_.GetMode(subject, true));
    const SubjectConfig own = schemas_.GetConfig(subject, false).value_or(SubjectConfig());
    if (own.level) out.add_own("level");
    if (own.normalise) out.add_own("normalise");
    if (own.group) out.add_own("group");
    if (schemas_.GetMode(subject, false).ok()) out.add_own("mode");
  }
  out.set_level(LevelToProto(config.level.value_or(kDefaultLevel)));
  out.set_normalise(config.normalise.value_or(false));
  out.set_group(config.group.value_or(""));
  out.set_mode(ToProto(mode));
  return out;
}

grpc::ServerUnaryReactor* SchemaService::GetSchemaSettings(
    grpc::CallbackServerContext* context, const v1::GetSchemaSettingsRequest* request,
    v1::SchemaSettings* reply) {
  return rpc::OperatorUnary(border_, context, request, reply,
                            [this](const Caller&, const v1::GetSchemaSettingsRequest& r) {
                              return SettingsOf(SubjectName(r.subject()));
                            });
}

// --- Changes ---

grpc::ServerUnaryReactor* SchemaService::RegisterSchema(grpc::CallbackServerContext* context,
                                                        const v1::RegisterSchemaRequest* request,
                                                        v1::RegisterSchemaReply* reply) {
  return rpc::OperatorUnary(
      border_, context, request, reply,
      [this](const Caller& caller,
             const v1::RegisterSchemaRequest& r) -> StatusOr<v1::RegisterSchemaReply> {
        MUSTER_ASSIGN(const RegisterRequest asked, FromProto(r));
        MUSTER_ASSIGN(const RegisteredSchema made, schemas_.Register(asked, caller));
        v1::RegisterSchemaReply out;
        *out.mutable_version() = ToProto(made);
        out.set_created(made.created);
        return out;
      });
}

grpc::ServerUnaryReactor* SchemaService::DeleteSchemas(grpc::CallbackServerContext* context,
                                                       const v1::DeleteSchemasRequest* request,
                                                       v1::DeleteSchemasReply* reply) {
  return rpc::OperatorUnary(
      border_, context, request, reply,
      [this](const Caller& caller,
             const v1::DeleteSchemasRequest& r) -> StatusOr<v1::DeleteSchemasReply> {
        const SubjectName subject(r.subject());
        std::vector<VersionNumber> gone;
        if (r.has_version()) {
          MUSTER_ASSIGN(
              gone.emplace_back(),
              schemas_.DeleteVersion(subject, VersionNumber(r.version()), r.permanent(), caller));
        } else {
          MUSTER_ASSIGN(gone, schemas_.DeleteSubject(subject, r.permanent(), caller));
        }
        v1::DeleteSchemasReply out;
        for (const VersionNumber version : gone) out.add_versions(version.value());
        return out;
      });
}

grpc::ServerUnaryReactor* SchemaService::ConfigureSchemas(
    grpc::CallbackServerContext* context, const v1::ConfigureSchemasRequest* request,
    v1::SchemaSettings* reply) {
  return rpc::OperatorUnary(
      border_, context, request, reply,
      [this](const Caller& caller,
             const v1::ConfigureSchemasRequest& r) -> StatusOr<v1::SchemaSettings> {
        MUSTER_ASSIGN(const ConfigChange change, FromProto(r));
        const SubjectName subject(r.subject());
        MUSTER_TRY((r.subject().empty() ? schemas_.ConfigureRegistry(change, caller)
                                        : schemas_.Configure(subject, change, caller))
                       .status());
        return SettingsOf(subject);
      });
}

grpc::ServerUnaryReactor* SchemaService::SetSchemaMode(grpc::CallbackServerContext* context,
                                                       const v1::SetSchemaModeRequest* request,
                                                       v1::SchemaSettings* reply) {
  return rpc::OperatorUnary(
      border_, context, request, reply,
      [this](const Caller& caller,
             const v1::SetSchemaModeRequest& r) -> StatusOr<v1::SchemaSettings> {
        MUSTER_ASSIGN(const auto mode, FromProto(r.mode()));
        const SubjectName subject(r.subject());
        MUSTER_TRY(r.subject().empty() ? schemas_.SetRegistryMode(mode, r.force(), caller)
                                       : schemas_.SetMode(subject, mode, r.force(), caller));
        return SettingsOf(subject);
      });
}

}  // namespace muster::registry
