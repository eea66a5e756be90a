#pragma once
// What operators call about aliases, their gates and what the gates ask for. Translates; decides
// nothing.
#include <muster/v1/promotion.grpc.pb.h>

#include "registry/registry.h"
#include "rpc/border.h"

namespace muster::registry {

// Safe from any thread; what it borrows outlives it.
class PromotionService final : public v1::PromotionService::CallbackService {
 public:
  PromotionService(Registry& registry, rpc::Border& border)
      : registry_(registry), border_(border) {}

  grpc::ServerUnaryReactor* Promote(grpc::CallbackServerContext*, const v1::PromoteRequest*,
                                    v1::PromoteReply*) override;
  grpc::ServerUnaryReactor* Rollback(grpc::CallbackServerContext*, const v1::RollbackRequest*,
                                     v1::PromoteReply*) override;
  grpc::ServerUnaryReactor* GetAliasHistory(grpc::CallbackServerContext*,
                                            const v1::GetAliasHistoryRequest*,
                                            v1::AliasHistory*) override;
  grpc::ServerUnaryReactor* ApproveVersion(grpc::CallbackServerContext*,
                                           const v1::ApproveVersionRequest*,
                                           v1::ModelVersion*) override;
  grpc::ServerUnaryReactor* CertifyVersion(grpc::CallbackServerContext*,
                                           const v1::CertifyVersionRequest*,
                                           v1::ModelVersion*) override;

 private:
  Registry& registry_;
  rpc::Border& border_;
};

}  // namespace muster::registry
