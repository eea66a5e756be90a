#pragma once
// The one service that answers a caller without a certificate.
#include "coordinator/runner/coordinator.h"
#include "muster/v1/edge.grpc.pb.h"
#include "rpc/border.h"

namespace muster::coordinator {

class EnrolmentService final : public v1::EnrolmentService::CallbackService {
 public:
  EnrolmentService(Coordinator& coordinator, rpc::Border& border)
      : coordinator_(coordinator), border_(border) {}
  grpc::ServerUnaryReactor* Enrol(grpc::CallbackServerContext*, const v1::EnrolRequest*,
                                  v1::EnrolReply*) override;

 private:
  Coordinator& coordinator_;
  rpc::Border& border_;
};

}  // namespace muster::coordinator
