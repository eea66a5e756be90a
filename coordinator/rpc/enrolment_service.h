#pragma once
// The one service that answers a caller without a certificate.
#include "coordinator/runner/coordinator.h"
#include "muster/v1/edge.grpc.pb.h"
#include "rpc/border.h"

namespace muster::coordinator {

class EnrolmentService final : public v1::EnrolmentService::CallbackService {
 public:
  //   log_key  the log's verifier, which a device pins when it joins.
  EnrolmentService(Coordinator& coordinator, std::string log_key, rpc::Border& border)
      : coordinator_(coordinator), log_key_(std::move(log_key)), border_(border) {}
  grpc::ServerUnaryReactor* Enrol(grpc::CallbackServerContext*, const v1::EnrolRequest*,
                                  v1::EnrolReply*) override;

 private:
  Coordinator& coordinator_;
  const std::string log_key_;
  rpc::Border& border_;
};

}  // namespace muster::coordinator
