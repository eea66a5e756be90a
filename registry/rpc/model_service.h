#pragma once
// What operators call about models and their versions. Translates; decides nothing.
#include <muster/v1/model.grpc.pb.h>

#include "registry/registry.h"
#include "rpc/border.h"

namespace muster::registry {

// Safe from any thread; what it borrows outlives it.
class ModelService final : public v1::ModelService::CallbackService {
 public:
  ModelService(Registry& registry, rpc::Border& border) : registry_(registry), border_(border) {}

  grpc::ServerUnaryReactor* ApplyModel(grpc::CallbackServerContext*, const v1::ApplyModelRequest*,
                                       v1::ApplyModelReply*) override;
  grpc::ServerUnaryReactor* GetModel(grpc::CallbackServerContext*, const v1::GetModelRequest*,
                                     v1::ModelView*) override;
  grpc::ServerUnaryReactor* ListModels(grpc::CallbackServerContext*, const v1::ListModelsRequest*,
                                       v1::ListModelsReply*) override;
  grpc::ServerUnaryReactor* CreateVersion(grpc::CallbackServerContext*,
                                          const v1::CreateVersionRequest*,
                                          v1::ModelVersion*) override;
  grpc::ServerUnaryReactor* GetVersion(grpc::CallbackServerContext*, const v1::GetVersionRequest*,
                                       v1::ModelVersion*) override;
  grpc::ServerUnaryReactor* SetAlias(grpc::CallbackServerContext*, const v1::SetAliasRequest*,
                                     v1::ModelVersion*) override;
  grpc::ServerUnaryReactor* MeasureVersion(grpc::CallbackServerContext*,
                                           const v1::MeasureVersionRequest*,
                                           v1::ModelVersion*) override;
  grpc::ServerUnaryReactor* TagVersion(grpc::CallbackServerContext*, const v1::TagVersionRequest*,
                                       v1::ModelVersion*) override;
  grpc::ServerUnaryReactor* SearchVersions(grpc::CallbackServerContext*,
                                           const v1::SearchVersionsRequest*,
                                           v1::SearchVersionsReply*) override;

 private:
  Registry& registry_;
  rpc::Border& border_;
};

}  // namespace muster::registry
