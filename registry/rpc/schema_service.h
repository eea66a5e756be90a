#pragma once
// What operators call about schemas: the registry that Confluent's clients see over HTTP
// (registry/http), with callers that TLS has verified. Translates; decides nothing.
#include <muster/v1/schema.grpc.pb.h>

#include "registry/schemas.h"
#include "rpc/border.h"

namespace muster::registry {

// Safe from any thread; what it borrows outlives it.
class SchemaService final : public v1::SchemaService::CallbackService {
 public:
  SchemaService(Schemas& schemas, rpc::Border& border) : schemas_(schemas), border_(border) {}

  grpc::ServerUnaryReactor* ListSchemas(grpc::CallbackServerContext*, const v1::ListSchemasRequest*,
                                        v1::ListSchemasReply*) override;
  grpc::ServerUnaryReactor* GetSchema(grpc::CallbackServerContext*, const v1::GetSchemaRequest*,
                                      v1::SchemaVersion*) override;
  grpc::ServerUnaryReactor* RegisterSchema(grpc::CallbackServerContext*,
                                           const v1::RegisterSchemaRequest*,
                                           v1::RegisterSchemaReply*) override;
  grpc::ServerUnaryReactor* CheckSchema(grpc::CallbackServerContext*, const v1::CheckSchemaRequest*,
                                        v1::CheckSchemaReply*) override;
  grpc::ServerUnaryReactor* DiffSchemas(grpc::CallbackServerContext*, const v1::DiffSchemasRequest*,
                                        v1::DiffSchemasReply*) override;
  grpc::ServerUnaryReactor* DeleteSchemas(grpc::CallbackServerContext*,
                                          const v1::DeleteSchemasRequest*,
                                          v1::DeleteSchemasReply*) override;
  grpc::ServerUnaryReactor* GetSchemaSettings(grpc::CallbackServerContext*,
                                              const v1::GetSchemaSettingsRequest*,
                                              v1::SchemaSettings*) override;
  grpc::ServerUnaryReactor* ConfigureSchemas(grpc::CallbackServerContext*,
                                             const v1::ConfigureSchemasRequest*,
                                             v1::SchemaSettings*) override;
  grpc::ServerUnaryReactor* SetSchemaMode(grpc::CallbackServerContext*,
                                          const v1::SetSchemaModeRequest*,
                                          v1::SchemaSettings*) override;

 private:
  StatusOr<v1::ListSchemasReply> List(const v1::ListSchemasRequest& request) const;
  StatusOr<RegisteredSchema> Find(const v1::GetSchemaRequest& request) const;
  StatusOr<v1::CheckSchemaReply> Check(const v1::CheckSchemaRequest& request) const;
  // What holds for the subject; of an empty one, for all.
  StatusOr<v1::SchemaSettings> SettingsOf(const SubjectName& subject) const;

  Schemas& schemas_;
  rpc::Border& border_;
};

}  // namespace muster::registry
