#include "coordinator/rpc/trigger_service.h"

#include "coordinator/rpc/convert_trigger.h"
#include "rpc/unary.h"
#include "rpc/watch.h"

namespace muster::coordinator {
namespace {
constexpr Duration kWatchPace{100};

Done<TriggerSnapshot> AnswerView(const rpc::Later<v1::TriggerView>& later) {
  return [later](StatusOr<TriggerSnapshot> snapshot) {
    if (!snapshot.ok()) return later(snapshot.status());
    later(ToProto(*snapshot));
  };
}

// Follows one trigger for one watcher, which ends it: a view for each change, at most ten a second.
class TriggerWatch : public std::enable_shared_from_this<TriggerWatch> {
 public:
  TriggerWatch(Coordinator& coordinator, Executor& executor, Clock& clock, TriggerName name,
               rpc::Watcher<v1::TriggerView> out)
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
      token_ = coordinator_.WatchTrigger(name_, [weak = weak_from_this()] {
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
    coordinator_.GetTrigger(name_, [self = shared_from_this()](StatusOr<TriggerSnapshot> snapshot) {
      if (snapshot.ok()) return self->out_.Show(ToProto(*snapshot));
      self->out_.End(snapshot.status());
      self->End();
    });
  }
  void End() {
    std::shared_ptr<void> token;
    std::shared_ptr<TriggerWatch> self;
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
  const TriggerName name_;
  rpc::Watcher<v1::TriggerView> out_;
  absl::Mutex mu_;
  std::shared_ptr<TriggerWatch> self_ ABSL_GUARDED_BY(mu_);  // Until the end.
  std::shared_ptr<void> token_ ABSL_GUARDED_BY(mu_);
  bool scheduled_ ABSL_GUARDED_BY(mu_) = false;
  bool ended_ ABSL_GUARDED_BY(mu_) = false;
};
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
        std::make_shared<TriggerWatch>(coordinator_, border_.executor(), clock_,
                                       TriggerName(r.name()), std::move(watcher))
            ->Begin();
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
