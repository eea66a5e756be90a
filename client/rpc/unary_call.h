#pragma once
// One asynchronous unary call with a deadline, counted in a CallSet.
#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>

#include <functional>
#include <memory>
#include <utility>

#include "base/clock.h"
#include "base/status.h"
#include "client/rpc/call_set.h"
#include "rpc/channel.h"
#include "rpc/status.h"

namespace muster::client {

template <typename Reply>
using ReplyCallback = std::function<void(StatusOr<Reply>)>;

// Calls `done` once on one of gRPC's threads, or never when the set was cancelled.
//   stub    of which `method` is the callback form; must outlive the call's start only.
template <typename Async, typename Request, typename Reply>
void StartUnary(Async* stub,
                void (Async::*method)(grpc::ClientContext*, const Request*, Reply*,
                                      std::function<void(grpc::Status)>),
                const std::shared_ptr<CallSet>& calls, Request request, Duration timeout,
                ReplyCallback<Reply> done) {
  struct State {
    grpc::ClientContext context;
    Request request;
    Reply reply;
  };
  const auto state = std::make_shared<State>();
  state->request = std::move(request);
  rpc::SetTimeout(state->context, timeout);
  if (!calls->Enter(&state->context)) return;
  (stub->*method)(&state->context, &state->request, &state->reply,
                  [state, calls, done = std::move(done)](const grpc::Status& status) {
                    if (!calls->cancelled()) {
                      if (status.ok())
                        done(std::move(state->reply));
                      else
                        done(rpc::FromGrpc(status));
                    }
                    calls->Leave(&state->context);
                  });
}

}  // namespace muster::client
