#include "registry/rpc/model_service.h"

#include "registry/rpc/convert.h"
#include "rpc/unary.h"

namespace muster::registry {

grpc::ServerUnaryReactor* ModelService::ApplyModel(grpc::CallbackServerContext* context,
                                                   const v1::ApplyModelRequest* request,
                                                   v1::ApplyModelReply* reply) {
  return rpc::OperatorUnary(
      border_, context, request, reply,
      [this](const Caller& caller,
             const v1::ApplyModelRequest& r) -> StatusOr<v1::ApplyModelReply> {
        ApplyModelOptions options;
        options.dry_run = r.dry_run();
        for (const v1::Contract& pending : r.pending_contracts()) {
          MUSTER_ASSIGN(ContractSpec spec, FromProto(pending));
          options.pending_contracts.push_back(std::move(spec));
        }
        MUSTER_ASSIGN(const AppliedModel applied,
                      registry_.ApplyModel(FromProto(r.model()), options, caller));
        v1::ApplyModelReply out;
        *out.mutable_model() = ToProto(applied.spec);
        out.set_created(applied.created);
        out.set_changed(applied.changed);
        return out;
      });
}

grpc::ServerUnaryReactor* ModelService::GetModel(grpc::CallbackServerContext* context,
                                                 const v1::GetModelRequest* request,
                                                 v1::ModelView* reply) {
  return rpc::OperatorUnary(
      border_, context, request, reply,
      [this](const Caller&, const v1::GetModelRequest& r) -> StatusOr<v1::ModelView> {
        MUSTER_ASSIGN(const ModelView found, registry_.GetModel(ModelName(r.name())));
        return ToProto(found);
      });
}

grpc::ServerUnaryReactor* ModelService::ListModels(grpc::CallbackServerContext* context,
                                                   const v1::ListModelsRequest* request,
                                                   v1::ListModelsReply* reply) {
  return rpc::OperatorUnary(
      border_, context, request, reply,
      [this](const Caller&, const v1::ListModelsRequest&) -> StatusOr<v1::ListModelsReply> {
        v1::ListModelsReply out;
        for (const ModelView& model : registry_.ListModels()) *out.add_models() = ToProto(model);
        return out;
      });
}

grpc::ServerUnaryReactor* ModelService::CreateVersion(grpc::CallbackServerContext* context,
                                                      const v1::CreateVersionRequest* request,
                                                      v1::ModelVersion* reply) {
  return rpc::OperatorUnary(
      border_, context, request, reply,
      [this](const Caller& caller,
             const v1::CreateVersionRequest& r) -> StatusOr<v1::ModelVersion> {
        MUSTER_ASSIGN(const CreateRequest asked, FromProto(r));
        MUSTER_ASSIGN(const VersionView created, registry_.CreateVersion(asked, caller));
        return ToProto(created);
      });
}

grpc::ServerUnaryReactor* ModelService::GetVersion(grpc::CallbackServerContext* context,
                                                   const v1::GetVersionRequest* request,
                                                   v1::ModelVersion* reply) {
  return rpc::OperatorUnary(
      border_, context, request, reply,
      [this](const Caller&, const v1::GetVersionRequest& r) -> StatusOr<v1::ModelVersion> {
        const ModelName model(r.model());
        // Neither named is the newest, as is version 0.
        MUSTER_ASSIGN(const VersionView found,
                      r.which_case() == v1::GetVersionRequest::kAlias
                          ? registry_.GetVersion(model, r.alias())
                          : registry_.GetVersion(model, VersionNumber(r.version())));
        return ToProto(found);
      });
}

grpc::ServerUnaryReactor* ModelService::SetAlias(grpc::CallbackServerContext* context,
                                                 const v1::SetAliasRequest* request,
                                                 v1::ModelVersion* reply) {
  return rpc::OperatorUnary(
      border_, context, request, reply,
      [this](const Caller& caller, const v1::SetAliasRequest& r) -> StatusOr<v1::ModelVersion> {
        MUSTER_ASSIGN(const VersionView target,
                      registry_.SetAlias(ModelName(r.model()), r.alias(),
                                         VersionNumber(r.version()), caller));
        return ToProto(target);
      });
}

}  // namespace muster::registry
