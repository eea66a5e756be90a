#pragma once
// Unary calls: handlers run on the executor, never on gRPC's reactor threads, and every call is
// finished exactly once, whatever the handler does. Handlers translate; they decide nothing.
#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "rpc/border.h"
#include "rpc/status.h"

namespace muster::rpc {

// What `body` returns; an exception out of it (bad_alloc, a library's) becomes INTERNAL.
template <typename Body>
auto Guarded(Body&& body) -> decltype(body()) {
  try {
    return body();
  } catch (const std::exception& e) {
    return Internal("uncaught exception: {}", e.what());
  } catch (...) {
    return Internal("uncaught exception");
  }
}

// "CheckIn" from muster.v1.CheckInRequest: what logs and denials call a method.
template <typename Request>
std::string MethodName() {
  std::string name = Request::descriptor()->name();
  if (const auto end = name.rfind("Request"); end != std::string::npos) name.erase(end);
  return name;
}

// One unary call. Owns itself until gRPC is done with it; users hold it through Later.
template <typename Reply>
class UnaryCall final : public grpc::ServerUnaryReactor {
 public:
  static std::shared_ptr<UnaryCall> Start(Border& border, Reply* reply) {
    std::shared_ptr<UnaryCall> call(new UnaryCall(border, reply));
    call->self_ = call;
    return call;
  }

  // The first call counts. `reply_` is gRPC's until then, so only that one may touch it.
  void Complete(StatusOr<Reply> result) {
    std::function<void()> dropped_hook;  // Destroyed outside the lock: it may own anything.
    {
      absl::MutexLock lock(&mu_);
      if (std::exchange(completed_, true)) return;
      dropped_hook = std::exchange(hook_, nullptr);
    }
    const Status status = result.status();
    if (status.ok()) *reply_ = *std::move(result);
    Finish(ToGrpc(status, border_.logger()));
  }

  void SetCancelHook(std::function<void()> hook) {
    {
      absl::MutexLock lock(&mu_);
      if (completed_) return;
      if (!cancelled_) {
        hook_.swap(hook);
        return;
      }
    }
    border_.executor().Post(std::move(hook));
  }

 private:
  UnaryCall(Border& border, Reply* reply) : border_(border), reply_(reply) {}

  void OnCancel() override {
    std::function<void()> hook;
    {
      absl::MutexLock lock(&mu_);
      cancelled_ = true;
      hook = std::exchange(hook_, nullptr);
    }
    if (hook) border_.executor().Post(std::move(hook));
  }
  void OnDone() override { const auto self = std::move(self_); }

  Border& border_;
  Reply* const reply_;
  std::shared_ptr<UnaryCall> self_;
  absl::Mutex mu_;
  bool completed_ ABSL_GUARDED_BY(mu_) = false;
  bool cancelled_ ABSL_GUARDED_BY(mu_) = false;
  std::function<void()> hook_ ABSL_GUARDED_BY(mu_);
};

// The right to answer one call, later, once, from any thread: a copyable
// std::function<void(StatusOr<Reply>)>. Further answers are ignored; when the last copy goes
// without one (the executor stopped and dropped the work), the caller gets UNAVAILABLE
// (SHUTTING_DOWN) and may try again.
template <typename Reply>
class Later {
 public:
  explicit Later(std::shared_ptr<UnaryCall<Reply>> call)
      : ticket_(std::make_shared<Ticket>(std::move(call))) {}

  void operator()(StatusOr<Reply> result) const { ticket_->call->Complete(std::move(result)); }

  // Runs `hook` on the executor, once, if the caller goes away or its deadline passes before the
  // answer (at once when it has already). The call must still be answered: CANCELLED will do. One
  // hook a call; it is dropped with the answer.
  void OnCancel(std::function<void()> hook) const { ticket_->call->SetCancelHook(std::move(hook)); }

 private:
  struct Ticket {
    explicit Ticket(std::shared_ptr<UnaryCall<Reply>> c) : call(std::move(c)) {}
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;
    ~Ticket() {
      call->Complete(WithReason(Unavailable("the call was dropped; the server is stopping"),
                                Reason::kSHUTTING_DOWN));
    }
    const std::shared_ptr<UnaryCall<Reply>> call;
  };
  std::shared_ptr<Ticket> ticket_;
};

// Runs `body(later)` on the executor unless its queue is full or the caller is gone.
template <typename Reply, typename Body>
grpc::ServerUnaryReactor* PostUnary(Border& border, grpc::CallbackServerContext* context,
                                    Reply* reply, Body body) {
  auto call = UnaryCall<Reply>::Start(border, reply);
  grpc::ServerUnaryReactor* const reactor = call.get();
  Later<Reply> later(std::move(call));
  std::shared_ptr<void> place = border.TryEnter();
  if (place == nullptr) {
    later(WithRetryAfter(
        WithReason(ResourceExhausted("too many calls are waiting"), Reason::kOVERLOADED),
        std::chrono::seconds(1)));
    return reactor;
  }
  border.executor().Post([context, later, place, body = std::move(body)]() mutable {
    place.reset();
    if (context->IsCancelled()) return later(Cancelled("the caller is gone"));
    const Status failed = Guarded([&]() -> Status {
      body(later);
      return Ok();
    });
    if (!failed.ok()) later(failed);
  });
  return reactor;
}

// Answers with what `handler(const Request&) -> StatusOr<Reply>` returns. For methods that anyone
// may call.
template <typename Request, typename Reply, typename Handler>
grpc::ServerUnaryReactor* Unary(Border& border, grpc::CallbackServerContext* context,
                                const Request* request, Reply* reply, Handler handler) {
  return PostUnary(border, context, reply,
                   [request, handler = std::move(handler)](const Later<Reply>& later) mutable {
                     later(handler(*request));
                   });
}

// The same for `handler(const Caller&, const Request&) -> StatusOr<Reply>`, once the border has
// admitted the caller; else the border's refusal.
template <typename Request, typename Reply, typename Handler>
grpc::ServerUnaryReactor* CallerUnary(Border& border, Who who, grpc::CallbackServerContext* context,
                                      const Request* request, Reply* reply, Handler handler) {
  return PostUnary(border, context, reply,
                   [&border, who, context, request,
                    handler = std::move(handler)](const Later<Reply>& later) mutable {
                     const auto caller = border.Admit(*context, who, MethodName<Request>());
                     if (!caller.ok()) return later(caller.status());
                     later(handler(*caller, *request));
                   });
}
template <typename Request, typename Reply, typename Handler>
grpc::ServerUnaryReactor* OperatorUnary(Border& border, grpc::CallbackServerContext* context,
                                        const Request* request, Reply* reply, Handler handler) {
  return CallerUnary(border, Who::kOperator, context, request, reply, std::move(handler));
}
template <typename Request, typename Reply, typename Handler>
grpc::ServerUnaryReactor* DeviceUnary(Border& border, grpc::CallbackServerContext* context,
                                      const Request* request, Reply* reply, Handler handler) {
  return CallerUnary(border, Who::kDevice, context, request, reply, std::move(handler));
}

// Long polls: `starter(const Caller&, const Request&, Later<Reply>)` keeps the Later (or passes it
// on as a std::function) and returns; the answer comes when it comes. The request and the context
// must not be used once the Later was answered or handed to another thread: copy before.
template <typename Request, typename Reply, typename Starter>
grpc::ServerUnaryReactor* CallerLater(Border& border, Who who, grpc::CallbackServerContext* context,
                                      const Request* request, Reply* reply, Starter starter) {
  return PostUnary(border, context, reply,
                   [&border, who, context, request,
                    starter = std::move(starter)](const Later<Reply>& later) mutable {
                     const auto caller = border.Admit(*context, who, MethodName<Request>());
                     if (!caller.ok()) return later(caller.status());
                     // gRPC frees the request with the answer, which may come while the starter
                     // still runs; so the starter reads a copy.
                     starter(*caller, Request(*request), later);
                   });
}
template <typename Request, typename Reply, typename Starter>
grpc::ServerUnaryReactor* DeviceLater(Border& border, grpc::CallbackServerContext* context,
                                      const Request* request, Reply* reply, Starter starter) {
  return CallerLater(border, Who::kDevice, context, request, reply, std::move(starter));
}

}  // namespace muster::rpc
