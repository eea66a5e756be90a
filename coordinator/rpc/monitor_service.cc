#include "coordinator/rpc/monitor_service.h"

#include "coordinator/rpc/convert_monitor.h"
#include "rpc/unary.h"

namespace muster::coordinator {
namespace {

Done<MonitorSnapshot> AnswerView(const rpc::Later<v1::MonitorView>& later) {
  return [later](StatusOr<MonitorSnapshot> snapshot) {
    if (!snapshot.ok()) return later(snapshot.status());
    later(ToProto(*snapshot));
  };
}
}  // namespace

grpc::ServerUnaryReactor* MonitorService::ApplyMonitor(grpc::CallbackServerContext* context,
                                                       const v1::ApplyMonitorRequest* request,
                                                       v1::ApplyMonitorReply* reply) {
  return rpc::CallerLater(border_, rpc::Who::kOperator, context, request, reply,
                          [this](const Caller& caller, const v1::ApplyMonitorRequest& r,
                                 const rpc::Later<v1::ApplyMonitorReply>& later) {
                            StatusOr<MonitorSpec> spec = FromProto(r.monitor());
                            if (!spec.ok()) return later(spec.status());
                            coordinator_.ApplyMonitor(
                                *std::move(spec), r.dry_run(),
                                {r.pending_models().begin(), r.pending_models().end()}, caller,
                                [later](StatusOr<Coordinator::AppliedMonitor> applied) {
                                  if (!applied.ok()) return later(applied.status());
                                  v1::ApplyMonitorReply out;
                                  *out.mutable_monitor() = ToProto(applied->monitor);
                                  out.set_created(applied->created);
                                  out.set_changed(applied->changed);
                                  later(std::move(out));
                                });
                          });
}

grpc::ServerUnaryReactor* MonitorService::GetMonitor(grpc::CallbackServerContext* context,
                                                     const v1::GetMonitorRequest* request,
                                                     v1::MonitorView* reply) {
  return rpc::CallerLater(border_, rpc::Who::kOperator, context, request, reply,
                          [this](const Caller&, const v1::GetMonitorRequest& r,
                                 const rpc::Later<v1::MonitorView>& later) {
                            coordinator_.GetMonitor(MonitorName(r.name()), AnswerView(later));
                          });
}

grpc::ServerUnaryReactor* MonitorService::ListMonitors(grpc::CallbackServerContext* context,
                                                       const v1::ListMonitorsRequest* request,
                                                       v1::ListMonitorsReply* reply) {
  return rpc::CallerLater(
      border_, rpc::Who::kOperator, context, request, reply,
      [this](const Caller&, const v1::ListMonitorsRequest&,
             const rpc::Later<v1::ListMonitorsReply>& later) {
        coordinator_.ListMonitors([later](StatusOr<std::vector<MonitorSnapshot>> monitors) {
          if (!monitors.ok()) return later(monitors.status());
          v1::ListMonitorsReply out;
          for (const MonitorSnapshot& m : *monitors) *out.add_monitors() = ToProto(m);
          later(std::move(out));
        });
      });
}

grpc::ServerUnaryReactor* MonitorService::GiveFeedback(grpc::CallbackServerContext* context,
                                                       const v1::GiveFeedbackRequest* request,
                                                       v1::MonitorView* reply) {
  return rpc::CallerLater(border_, rpc::Who::kOperator, context, request, reply,
                          [this](const Caller& caller, const v1::GiveFeedbackRequest& r,
                                 const rpc::Later<v1::MonitorView>& later) {
                            StatusOr<coordinator::GiveFeedback> feedback = FromProto(r);
                            if (!feedback.ok()) return later(feedback.status());
                            coordinator_.HearFeedback(MonitorName(r.monitor()),
                                                      *std::move(feedback), caller,
                                                      AnswerView(later));
                          });
}

}  // namespace muster::coordinator
