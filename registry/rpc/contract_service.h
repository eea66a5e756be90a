#pragma once
// What operators call about contracts. Translates; decides nothing.
#include <muster/v1/contract.grpc.pb.h>

#include "registry/registry.h"
#include "rpc/border.h"

namespace muster::registry {

// Safe from any thread; what it borrows outlives it.
class ContractService final : public v1::ContractService::CallbackService {
 public:
  ContractService(Registry& registry, rpc::Border& border) : registry_(registry), border_(border) {}

  grpc::ServerUnaryReactor* ApplyContract(grpc::CallbackServerContext*,
                                          const v1::ApplyContractRequest*,
                                          v1::ApplyContractReply*) override;
  grpc::ServerUnaryReactor* GetContract(grpc::CallbackServerContext*, const v1::GetContractRequest*,
                                        v1::ContractVersion*) override;
  grpc::ServerUnaryReactor* ListContracts(grpc::CallbackServerContext*,
                                          const v1::ListContractsRequest*,
                                          v1::ListContractsReply*) override;
  grpc::ServerUnaryReactor* DiffContract(grpc::CallbackServerContext*,
                                         const v1::DiffContractRequest*,
                                         v1::ContractDiff*) override;
  grpc::ServerUnaryReactor* CheckContract(grpc::CallbackServerContext*,
                                          const v1::CheckContractRequest*,
                                          v1::ContractCheck*) override;

 private:
  Registry& registry_;
  rpc::Border& border_;
};

}  // namespace muster::registry
