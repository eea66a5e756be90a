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
  std::vector<v1::ApplyMonitorRequest> monitors_applied;
  std::vector<v1::ApplyTriggerRequest> triggers_applied;
  v1::GiveFeedbackRequest feedback_given;
  v1::AnswerTriggerRequest answered;

  grpc::Status ApplyMonitor(grpc::ServerContext*, const v1::ApplyMonitorRequest* request,
                            v1::ApplyMonitorReply* reply) override {
    monitors_applied.push_back(*request);
    reply->set_created(true);
    return grpc::Status::OK;
  }
  grpc::Status ApplyTrigger(grpc::ServerContext*, const v1::ApplyTriggerRequest* request,
                            v1::ApplyTriggerReply* reply) override {
    triggers_applied.push_back(*request);
    reply->set_changed(true);
    return grpc::Status::OK;
  }
  grpc::Status ListMonitors(grpc::ServerContext*, const v1::ListMonitorsRequest*,
                            v1::ListMonitorsReply* reply) override {
    *reply = monitors;
    return grpc::Status::OK;
  }
  grpc::Status GiveFeedback(grpc::ServerContext*, const v1::GiveFeedbackRequest* request,
                            v1::MonitorView* reply) override {
    feedback_given = *request;
    *reply = monitors.monitors(0);
    return grpc::Status::OK;
  }
  grpc::Status GetTrigger(grpc::ServerContext*, const v1::GetTriggerRequest* request,
                          v1::TriggerView* reply) override {
    for (const auto& view : triggers.triggers())
      if (view.trigger().name() == request->name()) {
        *reply = view;
        return grpc::Status::OK;
      }
    return {grpc::StatusCode::NOT_FOUND, "there is no such trigger"};
  }
  grpc::Status AnswerTrigger(grpc::ServerContext*, const v1::AnswerTriggerRequest* request,
                             v1::TriggerView* reply) override {
    answered = *request;
    *reply = triggers.triggers(0);
    return grpc::Status::OK;
  }
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
