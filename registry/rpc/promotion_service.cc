#include "registry/rpc/promotion_service.h"

#include "registry/rpc/convert.h"
#include "rpc/unary.h"

namespace muster::registry {

grpc::ServerUnaryReactor* PromotionService::Promote(grpc::CallbackServerContext* context,
                                                    const v1::PromoteRequest* request,
                                                    v1::PromoteReply* reply) {
  return rpc::OperatorUnary(
      border_, context, request, reply,
      [this](const Caller& caller, const v1::PromoteRequest& r) -> StatusOr<v1::PromoteReply> {
        MUSTER_ASSIGN(const Promotion done, registry_.Promote(FromProto(r), caller));
        return ToProto(done, r.model());
      });
}

grpc::ServerUnaryReactor* PromotionService::Rollback(grpc::CallbackServerContext* context,
                                                     const v1::RollbackRequest* request,
                                                     v1::PromoteReply* reply) {
  return rpc::OperatorUnary(
      border_, context, request, reply,
      [this](const Caller& caller, const v1::RollbackRequest& r) -> StatusOr<v1::PromoteReply> {
        MUSTER_ASSIGN(const Promotion done, registry_.Rollback(FromProto(r), caller));
        return ToProto(done, r.model());
      });
}

grpc::ServerUnaryReactor* PromotionService::GetAliasHistory(
    grpc::CallbackServerContext* context, const v1::GetAliasHistoryRequest* request,
    v1::AliasHistory* reply) {
  return rpc::OperatorUnary(
      border_, context, request, reply,
      [this](const Caller&, const v1::GetAliasHistoryRequest& r) -> StatusOr<v1::AliasHistory> {
        MUSTER_ASSIGN(const std::vector<MoveView> moves, registry_.GetAliasHistory(FromProto(r)));
        v1::AliasHistory out;
        for (const MoveView& move : moves) *out.add_moves() = ToProto(move);
        return out;
      });
}

grpc::ServerUnaryReactor* PromotionService::ApproveVersion(grpc::CallbackServerContext* context,
                                                           const v1::ApproveVersionRequest* request,
                                                           v1::ModelVersion* reply) {
  return rpc::OperatorUnary(
      border_, context, request, reply,
      [this](const Caller& caller,
             const v1::ApproveVersionRequest& r) -> StatusOr<v1::ModelVersion> {
        MUSTER_ASSIGN(const VersionView approved,
                      registry_.Approve(ModelName(r.model()), VersionNumber(r.version()),
                                        r.comment(), caller));
        return ToProto(approved);
      });
}

grpc::ServerUnaryReactor* PromotionService::CertifyVersion(grpc::CallbackServerContext* context,
                                                           const v1::CertifyVersionRequest* request,
                                                           v1::ModelVersion* reply) {
  return rpc::OperatorUnary(
      border_, context, request, reply,
      [this](const Caller& caller,
             const v1::CertifyVersionRequest& r) -> StatusOr<v1::ModelVersion> {
        MUSTER_ASSIGN(const VersionView certified,
                      registry_.Certify(ModelName(r.model()), VersionNumber(r.version()),
                                        r.hardware(), caller));
        return ToProto(certified);
      });
}

}  // namespace muster::registry
