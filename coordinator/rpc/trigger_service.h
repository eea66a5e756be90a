#pragma once
// What operators call about triggers.
#include "coordinator/runner/coordinator.h"
#include "muster/v1/trigger.grpc.pb.h"
#include "rpc/border.h"

namespace muster::coordinator {

class TriggerService final : public v1::TriggerService::CallbackService {
 public:
  TriggerService(Coordinator& coordinator, rpc::Border& border, Clock& clock)
      : coordinator_(coordinator), border_(border), clock_(clock) {}

  grpc::ServerUnaryReactor* ApplyTrigger(grpc::CallbackServerContext*,
                                         const v1::ApplyTriggerRequest*,
                                         v1::ApplyTriggerReply*) override;
  grpc::ServerUnaryReactor* GetTrigger(grpc::CallbackServerContext*, const v1::GetTriggerRequest*,
                                       v1::TriggerView*) override;
  grpc::ServerUnaryReactor* ListTriggers(grpc::CallbackServerContext*,
                                         const v1::ListTriggersRequest*,
                                         v1::ListTriggersReply*) override;
  grpc::ServerWriteReactor<v1::TriggerView>* WatchTrigger(grpc::CallbackServerContext*,
                                                          const v1::GetTriggerRequest*) override;
  grpc::ServerUnaryReactor* AnswerTrigger(grpc::CallbackServerContext*,
                                          const v1::AnswerTriggerRequest*,
                                          v1::TriggerView*) override;

 private:
  Coordinator& coordinator_;
  rpc::Border& border_;
  Clock& clock_;
};

}  // namespace muster::coordinator
