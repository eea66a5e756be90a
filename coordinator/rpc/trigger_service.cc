#include "coordinator/rpc/trigger_service.h"

#include "coordinator/rpc/convert_trigger.h"
#include "coordinator/rpc/follow.h"
#include "rpc/unary.h"
#include "rpc/watch.h"

namespace muster::coordinator {
namespace {
Done<TriggerSnapshot> AnswerView(const rpc::Later<v1::TriggerView>& later) {
  return [later](StatusOr<TriggerSnapshot> snapshot) {
    if (!snapshot.ok()) return later(snapshot.status());
    later(ToProto(*snapshot));
  };
}

// What one trigger looks like, as long as it is watched.
Followed<v1::TriggerView> Of(Coordinator& coordinator, const TriggerName& name) {
  using Look = Followed<v1::TriggerView>::Look;
  return {[&coordinator, name](std::function<void()> changed) {
            return coordinator.WatchTrigger(name, std::move(changed));
          },
          [&coordinator, name](const std::function<void(StatusOr<Look>)>& done) {
            coordinator.GetTrigger(name, [done](const StatusOr<TriggerSnapshot>& snapshot) {
              if (!snapshot.ok()) return done(snapshot.status());
              done(Look{ToProto(*snapshot), false});
            });
          }};
}
}  // namespace

grpc::ServerUnaryReactor* TriggerService::ApplyTrigger(grpc::CallbackServerContext* context,
                                                       const v1::ApplyTriggerRequest* request,
                                                       v1::ApplyTriggerReply* reply) {
  return rpc::CallerLater(border_, rpc::Who::kOperator, context, request, reply,
                          [this](const Caller& caller, const v1::ApplyTriggerRequest& r,
                                 const rpc::Later<v1::ApplyTriggerReply>& later) {
                            StatusOr<TriggerSpec> spec = FromProto(r.trigger());
                            if (!spec.ok()) return later(spec.status());
                            coordinator_.ApplyTrigger(
                                *std::move(spec), r.dry_run(),
                                {{r.pending_models().begin(), r.pending_models().end()},
                                 {r.pending_monitors().begin(), r.pending_monitors().end()}},
                                caller, [later](StatusOr<Coordinator::AppliedTrigger> applied) {
                                  if (!applied.ok()) return later(applied.status());
                                  v1::ApplyTriggerReply out;
                                  *out.mutable_trigger() = ToProto(applied->trigger);
                                  out.set_created(applied->created);
                                  out.set_changed(applied->changed);
                                  later(std::move(out));
                                });
                          });
}

grpc::ServerUnaryReactor* TriggerService::GetTrigger(grpc::CallbackServerContext* context,
                                                     const v1::GetTriggerRequest* request,
                                                     v1::TriggerView* reply) {
  return rpc::CallerLater(border_, rpc::Who::kOperator, context, request, reply,
                          [this](const Caller&, const v1::GetTriggerRequest& r,
                                 const rpc::Later<v1::TriggerView>& later) {
                            coordinator_.GetTrigger(TriggerName(r.name()), AnswerView(later));
                          });
}

grpc::ServerUnaryReactor* TriggerService::ListTriggers(grpc::CallbackServerContext* context,
                                                       const v1::ListTriggersRequest* request,
                                                       v1::ListTriggersReply* reply) {
  return rpc::CallerLater(
      border_, rpc::Who::kOperator, context, request, reply,
      [this](const Caller&, const v1::ListTriggersRequest&,
             const rpc::Later<v1::ListTriggersReply>& later) {
        coordinator_.ListTriggers([later](StatusOr<std::vector<TriggerSnapshot>> triggers) {
          if (!triggers.ok()) return later(triggers.status());
          v1::ListTriggersReply out;
          for (const TriggerSnapshot& t : *triggers) *out.add_triggers() = ToProto(t);
          later(std::move(out));
        });
      });
}

grpc::ServerWriteReactor<v1::TriggerView>* TriggerService::WatchTrigger(
    grpc::CallbackServerContext* context, const v1::GetTriggerRequest* request) {
  return rpc::Watch<v1::TriggerView>(
      border_, rpc::Who::kOperator, context, request,
      [this](const Caller&, const v1::GetTriggerRequest& r, rpc::Watcher<v1::TriggerView> watcher) {
        Follow<v1::TriggerView>::Begin(border_.executor(), clock_,
                                       Of(coordinator_, TriggerName(r.name())), std::move(watcher));
      });
}

grpc::ServerUnaryReactor* TriggerService::AnswerTrigger(grpc::CallbackServerContext* context,
                                                        const v1::AnswerTriggerRequest* request,
                                                        v1::TriggerView* reply) {
  return rpc::CallerLater(border_, rpc::Who::kOperator, context, request, reply,
                          [this](const Caller& caller, const v1::AnswerTriggerRequest& r,
                                 const rpc::Later<v1::TriggerView>& later) {
                            coordinator_.AnswerTrigger(TriggerName(r.name()), FromProto(r), caller,
                                                       AnswerView(later));
                          });
}

}  // namespace muster::coordinator
