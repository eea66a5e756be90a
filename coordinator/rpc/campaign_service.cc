#include "coordinator/rpc/campaign_service.h"

#include "coordinator/rpc/convert.h"
#include "coordinator/rpc/follow.h"
#include "rpc/unary.h"
#include "rpc/watch.h"

namespace muster::coordinator {
namespace {
Done<CampaignSnapshot> AnswerView(const rpc::Later<v1::CampaignView>& later) {
  return [later](StatusOr<CampaignSnapshot> snapshot) {
    if (!snapshot.ok()) return later(snapshot.status());
    later(ToProto(*snapshot));
  };
}

StatusOr<CampaignEvent> EventOf(const v1::ControlCampaignRequest& request) {
  if (request.why().size() > 1024) return InvalidField("why", "more than 1024 characters");
  switch (request.action()) {
    case v1::ControlCampaignRequest::PAUSE: return CampaignEvent(PauseCampaign{request.why()});
    case v1::ControlCampaignRequest::RESUME: return CampaignEvent(ResumeCampaign{});
    case v1::ControlCampaignRequest::CANCEL: return CampaignEvent(CancelCampaign{request.why()});
    default: return InvalidField("action", "name PAUSE, RESUME or CANCEL");
  }
}

// What one campaign looks like, as long as it is watched.
Followed<v1::CampaignView> Of(Coordinator& coordinator, const CampaignName& name) {
  using Look = Followed<v1::CampaignView>::Look;
  return {[&coordinator, name](std::function<void()> changed) {
            return coordinator.Watch(name, std::move(changed));
          },
          [&coordinator, name](const std::function<void(StatusOr<Look>)>& done) {
            coordinator.Get(name, [done](const StatusOr<CampaignSnapshot>& snapshot) {
              if (!snapshot.ok()) return done(snapshot.status());
              done(Look{ToProto(*snapshot), IsOver(snapshot->state)});
            });
          }};
}
}  // namespace

grpc::ServerUnaryReactor* CampaignService::ApplyCampaign(grpc::CallbackServerContext* context,
                                                         const v1::ApplyCampaignRequest* request,
                                                         v1::ApplyCampaignReply* reply) {
  return rpc::CallerLater(border_, rpc::Who::kOperator, context, request, reply,
                          [this](const Caller& caller, const v1::ApplyCampaignRequest& r,
                                 const rpc::Later<v1::ApplyCampaignReply>& later) {
                            StatusOr<CampaignSpec> spec = FromProto(r.campaign());
                            if (!spec.ok()) return later(spec.status());
                            coordinator_.Apply(
                                *std::move(spec), r.dry_run(),
                                {r.pending_models().begin(), r.pending_models().end()}, caller,
                                [later](StatusOr<Coordinator::Applied> applied) {
                                  if (!applied.ok()) return later(applied.status());
                                  v1::ApplyCampaignReply out;
                                  *out.mutable_campaign() = ToProto(applied->campaign);
                                  out.set_created(applied->created);
                                  later(std::move(out));
                                });
                          });
}

grpc::ServerUnaryReactor* CampaignService::GetCampaign(grpc::CallbackServerContext* context,
                                                       const v1::GetCampaignRequest* request,
                                                       v1::CampaignView* reply) {
  return rpc::CallerLater(border_, rpc::Who::kOperator, context, request, reply,
                          [this](const Caller&, const v1::GetCampaignRequest& r,
                                 const rpc::Later<v1::CampaignView>& later) {
                            coordinator_.Get(CampaignName(r.name()), AnswerView(later));
                          });
}

grpc::ServerUnaryReactor* CampaignService::ListCampaigns(grpc::CallbackServerContext* context,
                                                         const v1::ListCampaignsRequest* request,
                                                         v1::ListCampaignsReply* reply) {
  return rpc::CallerLater(
      border_, rpc::Who::kOperator, context, request, reply,
      [this](const Caller&, const v1::ListCampaignsRequest&,
             const rpc::Later<v1::ListCampaignsReply>& later) {
        coordinator_.List([later](StatusOr<std::vector<CampaignSnapshot>> campaigns) {
          if (!campaigns.ok()) return later(campaigns.status());
          v1::ListCampaignsReply out;
          for (const CampaignSnapshot& c : *campaigns) *out.add_campaigns() = ToProto(c);
          later(std::move(out));
        });
      });
}

grpc::ServerUnaryReactor* CampaignService::ControlCampaign(
    grpc::CallbackServerContext* context, const v1::ControlCampaignRequest* request,
    v1::CampaignView* reply) {
  return rpc::CallerLater(border_, rpc::Who::kOperator, context, request, reply,
                          [this](const Caller& caller, const v1::ControlCampaignRequest& r,
                                 const rpc::Later<v1::CampaignView>& later) {
                            StatusOr<CampaignEvent> event = EventOf(r);
                            if (!event.ok()) return later(event.status());
                            coordinator_.Control(CampaignName(r.name()), *std::move(event), caller,
                                                 AnswerView(later));
                          });
}

grpc::ServerWriteReactor<v1::CampaignView>* CampaignService::WatchCampaign(
    grpc::CallbackServerContext* context, const v1::GetCampaignRequest* request) {
  return rpc::Watch<v1::CampaignView>(border_, rpc::Who::kOperator, context, request,
                                      [this](const Caller&, const v1::GetCampaignRequest& r,
                                             rpc::Watcher<v1::CampaignView> watcher) {
                                        Follow<v1::CampaignView>::Begin(
                                            border_.executor(), clock_,
                                            Of(coordinator_, CampaignName(r.name())),
                                            std::move(watcher));
                                      });
}

}  // namespace muster::coordinator
