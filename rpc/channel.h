#pragma once
// Client side of a connection: mutual TLS, keepalive that survives long polls, no compression, no
// proxy, no hidden retries. And the blocking call.
#include <grpc/support/time.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/endpoint.h"
#include "base/secret.h"
#include "rpc/status.h"

namespace muster::rpc {

// Who we are and whom we trust. Without certificate and key the server sees nobody, which only
// enrolment and attestation accept.
struct TlsIdentity {
  std::string ca_pem;  // The server's CA; nobody else's certificate will do.
  std::string certificate_pem;
  Secret key_pem = Secret({});
};

// Never fails: a bad identity or an absent server shows as UNAVAILABLE in the first call. Every
// channel is a connection of its own.
std::shared_ptr<grpc::Channel> MakeChannel(const Endpoint& endpoint, const TlsIdentity& identity);

// Sets a deadline that counts from now, on a clock that does not jump.
void SetTimeout(grpc::ClientContext& context, Duration timeout);

// One blocking unary call: Call(*stub, &v1::EdgeService::Stub::CheckIn, request, timeout).
template <typename Stub, typename Request, typename Reply>
StatusOr<Reply> Call(Stub& stub,
                     grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Reply*),
                     const Request& request, grpc::ClientContext& context) {
  Reply reply;
  const grpc::Status status = (stub.*method)(&context, request, &reply);
  if (!status.ok()) return FromGrpc(status);
  return reply;
}
template <typename Stub, typename Request, typename Reply>
StatusOr<Reply> Call(Stub& stub,
                     grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Reply*),
                     const Request& request, Duration timeout) {
  grpc::ClientContext context;
  SetTimeout(context, timeout);
  return Call(stub, method, request, context);
}

}  // namespace muster::rpc
