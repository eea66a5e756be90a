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
        MUSTER_ASSIGN(const ModelSpec spec, FromProto(r.model()));
        MUSTER_ASSIGN(const AppliedModel applied, registry_.ApplyModel(spec, options, caller));
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
        MUSTER_ASSIGN(const VersionView target, registry_.SetAlias(FromProto(r), caller));
        return ToProto(target);
      });
}

grpc::ServerUnaryReactor* ModelService::MeasureVersion(grpc::CallbackServerContext* context,
                                                       const v1::MeasureVersionRequest* request,
                                                       v1::ModelVersion* reply) {
  return rpc::OperatorUnary(
      border_, context, request, reply,
      [this](const Caller& caller,
             const v1::MeasureVersionRequest& r) -> StatusOr<v1::ModelVersion> {
        MUSTER_ASSIGN(const VersionView measured,
                      registry_.Measure(ModelName(r.model()), VersionNumber(r.version()),
                                        FromProto(r.report()), caller));
        return ToProto(measured);
      });
}

grpc::ServerUnaryReactor* ModelService::TagVersion(grpc::CallbackServerContext* context,
                                                   const v1::TagVersionRequest* request,
                                                   v1::ModelVersion* reply) {
  return rpc::OperatorUnary(
      border_, context, request, reply,
      [this](const Caller& caller, const v1::TagVersionRequest& r) -> StatusOr<v1::ModelVersion> {
        MUSTER_ASSIGN(const VersionView tagged,
                      registry_.Tag(ModelName(r.model()), VersionNumber(r.version()),
                                    {r.set().begin(), r.set().end()},
                                    {r.remove().begin(), r.remove().end()}, caller));
        return ToProto(tagged);
      });
}

grpc::ServerUnaryReactor* ModelService::SearchVersions(grpc::CallbackServerContext* context,
                                                       const v1::SearchVersionsRequest* request,
                                                       v1::SearchVersionsReply* reply) {
  return rpc::OperatorUnary(
      border_, context, request, reply,
      [this](const Caller&,
             const v1::SearchVersionsRequest& r) -> StatusOr<v1::SearchVersionsReply> {
        MUSTER_ASSIGN(const SearchPage page, registry_.Search({r.filter(), ModelName(r.model()),
                                                               r.page_size(), r.page_token()}));
        v1::SearchVersionsReply out;
        for (const VersionView& version : page.versions) *out.add_versions() = ToProto(version);
        out.set_next_page_token(page.next_page_token);
        return out;
      });
}

}  // namespace muster::registry
