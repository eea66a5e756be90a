#include "registry/rpc/contract_service.h"

#include "registry/rpc/convert.h"
#include "rpc/unary.h"

namespace muster::registry {

grpc::ServerUnaryReactor* ContractService::ApplyContract(grpc::CallbackServerContext* context,
                                                         const v1::ApplyContractRequest* request,
                                                         v1::ApplyContractReply* reply) {
  return rpc::OperatorUnary(
      border_, context, request, reply,
      [this](const Caller& caller,
             const v1::ApplyContractRequest& r) -> StatusOr<v1::ApplyContractReply> {
        MUSTER_ASSIGN(const ContractSpec spec, FromProto(r.contract()));
        MUSTER_ASSIGN(const AppliedContract applied,
                      registry_.ApplyContract(spec, r.dry_run(), caller));
        v1::ApplyContractReply out;
        *out.mutable_version() = ToProto(applied.version);
        out.set_created(applied.created);
        return out;
      });
}

grpc::ServerUnaryReactor* ContractService::GetContract(grpc::CallbackServerContext* context,
                                                       const v1::GetContractRequest* request,
                                                       v1::ContractVersion* reply) {
  return rpc::OperatorUnary(
      border_, context, request, reply,
      [this](const Caller&, const v1::GetContractRequest& r) -> StatusOr<v1::ContractVersion> {
        MUSTER_ASSIGN(const ContractVersion found,
                      registry_.GetContract(ContractName(r.name()), VersionNumber(r.version())));
        return ToProto(found);
      });
}

grpc::ServerUnaryReactor* ContractService::ListContracts(grpc::CallbackServerContext* context,
                                                         const v1::ListContractsRequest* request,
                                                         v1::ListContractsReply* reply) {
  return rpc::OperatorUnary(
      border_, context, request, reply,
      [this](const Caller&, const v1::ListContractsRequest&) -> StatusOr<v1::ListContractsReply> {
        v1::ListContractsReply out;
        for (const ContractVersion& version : registry_.ListContracts())
          *out.add_contracts() = ToProto(version);
        return out;
      });
}

grpc::ServerUnaryReactor* ContractService::DiffContract(grpc::CallbackServerContext* context,
                                                        const v1::DiffContractRequest* request,
                                                        v1::ContractDiff* reply) {
  return rpc::OperatorUnary(
      border_, context, request, reply,
      [this](const Caller&, const v1::DiffContractRequest& r) -> StatusOr<v1::ContractDiff> {
        MUSTER_ASSIGN(const ContractComparison found,
                      registry_.DiffContract(ContractName(r.name()), VersionNumber(r.from()),
                                             VersionNumber(r.to())));
        return ToProto(found, r.name());
      });
}

grpc::ServerUnaryReactor* ContractService::CheckContract(grpc::CallbackServerContext* context,
                                                         const v1::CheckContractRequest* request,
                                                         v1::ContractCheck* reply) {
  return rpc::OperatorUnary(
      border_, context, request, reply,
      [this](const Caller&, const v1::CheckContractRequest& r) -> StatusOr<v1::ContractCheck> {
        MUSTER_ASSIGN(const ContractSpec spec, FromProto(r.contract()));
        MUSTER_ASSIGN(const ContractJudgement found, registry_.CheckContract(spec));
        return ToProto(found, r.contract().name());
      });
}

}  // namespace muster::registry
