#pragma once
// Server streams of views ("watch"): the newest view is what a slow reader gets, older ones are
// passed over, so a watcher never costs more than two views of memory.
#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "rpc/border.h"
#include "rpc/turns.h"
#include "rpc/unary.h"

namespace muster::rpc {

// One stream. Owns itself until gRPC is done with it.
template <typename View>
class WatchCall final : public grpc::ServerWriteReactor<View>,
                        public std::enable_shared_from_this<WatchCall<View>> {
 public:
  static std::shared_ptr<WatchCall> Start(Border& border) {
    std::shared_ptr<WatchCall> call(new WatchCall(border));
    call->self_ = call;
    return call;
  }

  void Show(View view) {
    Post([v = std::move(view)](WatchCall& call) mutable {
      if (call.status_) return;
      call.next_ = std::move(v);
      call.Pump();
    });
  }
  void End(Status status) {
    Post([s = std::move(status)](WatchCall& call) {
      if (call.status_) return;
      call.status_ = s;
      call.Pump();
    });
  }
  void SetCancelHook(std::function<void()> hook) {
    Post([h = std::move(hook)](WatchCall& call) {
      if (call.cancelled_) return h();
      if (!call.finished_) call.hook_ = h;
    });
  }

 private:
  explicit WatchCall(Border& border) : border_(border), turns_(border.executor()) {}

  // Holds the call: pieces may run after OnDone, and find it finished.
  template <typename Piece>
  void Post(Piece piece) {
    turns_.Post(
        [call = this->shared_from_this(), piece = std::move(piece)]() mutable { piece(*call); });
  }

  void OnWriteDone(bool ok) override {
    Post([ok](WatchCall& call) {
      call.writing_ = false;
      if (!ok && !call.status_) call.status_ = Cancelled("the watcher is gone");
      call.Pump();
    });
  }
  void OnCancel() override {
    Post([](WatchCall& call) {
      call.cancelled_ = true;
      if (const auto hook = std::exchange(call.hook_, nullptr)) hook();
      if (!call.status_) call.status_ = Cancelled("the watcher is gone");
      call.Pump();
    });
  }
  void OnDone() override { const auto self = std::move(self_); }

  void Pump() {
    if (writing_ || finished_) return;
    if (next_ && !cancelled_) {  // The last view goes out before the end.
      current_ = *std::exchange(next_, std::nullopt);
      writing_ = true;
      this->StartWrite(&current_);
    } else if (status_) {
      finished_ = true;
      hook_ = nullptr;
      this->Finish(ToGrpc(*status_, border_.logger()));
    }
  }

  Border& border_;
  Turns turns_;
  std::shared_ptr<WatchCall> self_;
  // Touched only in turns_.
  View current_;
  std::optional<View> next_;
  std::optional<Status> status_;  // Set: the stream is to end with it.
  std::function<void()> hook_;
  bool writing_ = false;
  bool finished_ = false;
  bool cancelled_ = false;
};

// The pushing end of one stream. Copyable; safe from any thread; after the end every method does
// nothing. Dropping the last copy ends the stream with UNAVAILABLE (SHUTTING_DOWN).
template <typename View>
class Watcher {
 public:
  explicit Watcher(std::shared_ptr<WatchCall<View>> call)
      : ticket_(std::make_shared<Ticket>(std::move(call))) {}

  // Sends `view` once the reader has taken the one before; a newer one replaces it until then.
  void Show(View view) const { ticket_->call->Show(std::move(view)); }
  // Ends the stream after the last view shown.
  void End(Status status) const { ticket_->call->End(std::move(status)); }
  // Runs `hook` on the executor, once, when the reader goes away (at once when it has already).
  void OnCancel(std::function<void()> hook) const { ticket_->call->SetCancelHook(std::move(hook)); }

 private:
  struct Ticket {
    explicit Ticket(std::shared_ptr<WatchCall<View>> c) : call(std::move(c)) {}
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;
    ~Ticket() {
      call->End(WithReason(Unavailable("the stream was dropped; the server is stopping"),
                           Reason::kSHUTTING_DOWN));
    }
    const std::shared_ptr<WatchCall<View>> call;
  };
  std::shared_ptr<Ticket> ticket_;
};

// Streams what `starter(const Caller&, const Request&, Watcher<View>)` shows, once the border has
// admitted the caller. The starter runs on the executor, keeps the Watcher and returns.
template <typename View, typename Request, typename Starter>
grpc::ServerWriteReactor<View>* Watch(Border& border, Who who, grpc::CallbackServerContext* context,
                                      const Request* request, Starter starter) {
  auto call = WatchCall<View>::Start(border);
  grpc::ServerWriteReactor<View>* const reactor = call.get();
  Watcher<View> watcher(std::move(call));
  const auto caller = border.Admit(*context, who, "Watch" + MethodName<Request>());
  if (!caller.ok()) {
    watcher.End(caller.status());
    return reactor;
  }
  border.executor().Post([caller = *caller, request = Request(*request), watcher,
                          starter = std::move(starter)]() mutable {
    const Status failed = Guarded([&]() -> Status {
      starter(caller, request, watcher);
      return Ok();
    });
    if (!failed.ok()) watcher.End(failed);
  });
  return reactor;
}

}  // namespace muster::rpc
