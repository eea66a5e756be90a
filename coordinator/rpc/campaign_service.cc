#include "coordinator/rpc/campaign_service.h"

#include "coordinator/rpc/convert.h"
#include "rpc/unary.h"
#include "rpc/watch.h"

namespace muster::coordinator {
namespace {
constexpr Duration kWatchPace{100};

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

// Follows one campaign for one watcher: a view for each change, at most ten a second.
class CampaignWatch : public std::enable_shared_from_this<CampaignWatch> {
 public:
  CampaignWatch(Coordinator& coordinator, Executor& executor, Clock& clock, CampaignName name,
                rpc::Watcher<v1::CampaignView> out)
      : coordinator_(coordinator),
        executor_(executor),
        clock_(clock),
        name_(std::move(name)),
        out_(std::move(out)) {}

  void Begin() {
    out_.OnCancel([weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->End();
    });
    {
      absl::MutexLock lock(&mu_);
      self_ = shared_from_this();
      token_ = coordinator_.Watch(name_, [weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->Changed();
      });
    }
    Look();
  }

 private:
  void Changed() {
    {
      absl::MutexLock lock(&mu_);
      if (ended_ || std::exchange(scheduled_, true)) return;
    }
    executor_.PostAt(clock_.Now() + kWatchPace, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->Look();
    });
  }
  void Look() {
    {
      absl::MutexLock lock(&mu_);
      if (ended_) return;
      scheduled_ = false;
    }
    coordinator_.Get(name_, [self = shared_from_this()](StatusOr<CampaignSnapshot> snapshot) {
      if (!snapshot.ok()) {
        self->out_.End(snapshot.status());
        return self->End();
      }
      self->out_.Show(ToProto(*snapshot));
      if (!IsOver(snapshot->state)) return;
      self->out_.End(Ok());
      self->End();
    });
  }
  void End() {
    std::shared_ptr<void> token;
    std::shared_ptr<CampaignWatch> self;
    absl::MutexLock lock(&mu_);
    ended_ = true;
    token.swap(token_);
    self.swap(self_);
    // Dropped after the lock: `self` may be the last owner of this mutex.
    executor_.Post([token, self] {});
  }

  Coordinator& coordinator_;
  Executor& executor_;
  Clock& clock_;
  const CampaignName name_;
  rpc::Watcher<v1::CampaignView> out_;
  absl::Mutex mu_;
  std::shared_ptr<CampaignWatch> self_ ABSL_GUARDED_BY(mu_);  // Until the end.
  std::shared_ptr<void> token_ ABSL_GUARDED_BY(mu_);
  bool scheduled_ ABSL_GUARDED_BY(mu_) = false;
  bool ended_ ABSL_GUARDED_BY(mu_) = false;
};
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
                                        std::make_shared<CampaignWatch>(
                                            coordinator_, border_.executor(), clock_,
                                            CampaignName(r.name()), std::move(watcher))
                                            ->Begin();
                                      });
}

}  // namespace muster::coordinator
