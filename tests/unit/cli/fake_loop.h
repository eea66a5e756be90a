#pragma once
// The coordinator of fake_muster.h, with monitors and triggers.
#include <muster/v1/monitor.grpc.pb.h>
#include <muster/v1/trigger.grpc.pb.h>

#include <deque>

#include "fake_muster.h"
#include "rpc/status.h"

namespace muster::cli {

class FakeLoops final : public v1::MonitorService::Service, public v1::TriggerService::Service {
 public:
  v1::ListMonitorsReply monitors;
  v1::ListTriggersReply triggers;
  // Each call of WatchTrigger takes the next: a view to send, then the status to end with.
  std::deque<std::pair<std::optional<v1::TriggerView>, grpc::Status>> watches;

  grpc::Status GetMonitor(grpc::ServerContext*, const v1::GetMonitorRequest* request,
                          v1::MonitorView* reply) override {
    for (const auto& view : monitors.monitors())
      if (view.monitor().name() == request->name()) {
        *reply = view;
        return grpc::Status::OK;
      }
    return {grpc::StatusCode::NOT_FOUND, "there is no such monitor"};
  }
  grpc::Status ListTriggers(grpc::ServerContext*, const v1::ListTriggersRequest*,
                            v1::ListTriggersReply* reply) override {
    *reply = triggers;
    return grpc::Status::OK;
  }
  grpc::Status WatchTrigger(grpc::ServerContext*, const v1::GetTriggerRequest*,
                            grpc::ServerWriter<v1::TriggerView>* writer) override {
    if (watches.empty()) return {grpc::StatusCode::NOT_FOUND, "there is no such trigger"};
    const auto [view, status] = watches.front();
    watches.pop_front();
    if (view) writer->Write(*view);
    return status;
  }
};

// Its server knows all services.
class LoopTest : public MusterTest {
 protected:
  LoopTest() {
    grpc::ServerBuilder builder;
    for (grpc::Service* service : std::initializer_list<grpc::Service*>{
             static_cast<v1::ModelService::Service*>(&services_),
             static_cast<v1::PromotionService::Service*>(&services_),
             static_cast<v1::CampaignService::Service*>(&services_),
             static_cast<v1::MonitorService::Service*>(&loops_),
             static_cast<v1::TriggerService::Service*>(&loops_)})
      builder.RegisterService(service);
    loop_server_ = builder.BuildAndStart();
    world_.connect = [this](const Endpoint&, const rpc::TlsIdentity&) {
      return loop_server_->InProcessChannel({});
    };
  }

  FakeLoops loops_;
  std::unique_ptr<grpc::Server> loop_server_;
};

}  // namespace muster::cli
