#pragma once
// What operators call about monitors.
#include "coordinator/runner/coordinator.h"
#include "muster/v1/monitor.grpc.pb.h"
#include "rpc/border.h"

namespace muster::coordinator {

class MonitorService final : public v1::MonitorService::CallbackService {
 public:
  MonitorService(Coordinator& coordinator, rpc::Border& border)
      : coordinator_(coordinator), border_(border) {}

  grpc::ServerUnaryReactor* ApplyMonitor(grpc::CallbackServerContext*,
                                         const v1::ApplyMonitorRequest*,
                                         v1::ApplyMonitorReply*) override;
  grpc::ServerUnaryReactor* GetMonitor(grpc::CallbackServerContext*, const v1::GetMonitorRequest*,
                                       v1::MonitorView*) override;
  grpc::ServerUnaryReactor* ListMonitors(grpc::CallbackServerContext*,
                                         const v1::ListMonitorsRequest*,
                                         v1::ListMonitorsReply*) override;
  grpc::ServerUnaryReactor* GiveFeedback(grpc::CallbackServerContext*,
                                         const v1::GiveFeedbackRequest*, v1::MonitorView*) override;

 private:
  Coordinator& coordinator_;
  rpc::Border& border_;
};

}  // namespace muster::coordinator
