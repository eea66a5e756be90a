#include "rpc/channel.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include "base/bytes.h"

namespace muster::rpc {
namespace {

constexpr int kKeepaliveMs = 30'000;
constexpr int kKeepaliveTimeoutMs = 20'000;
constexpr int kMinReconnectMs = 250;
constexpr int kMaxReconnectMs = 10'000;
// Lists of a whole fleet come in one reply.
constexpr int kMaxReplyBytes = 64 << 20;

grpc::ChannelArguments Arguments() {
  grpc::ChannelArguments args;
  // The server answers pings during a long poll (rpc/server.cc permits them), so a dead network is
  // noticed in under a minute.
  args.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  args.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  args.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  args.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kMinReconnectMs);
  args.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, kMaxReconnectMs);
  args.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kMaxReconnectMs);
  // Two identities of one process never share a connection.
  args.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  args.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  // Who retries what is decided above, by reason and with the server's word on when.
  args.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  args.SetMaxReceiveMessageSize(kMaxReplyBytes);
  return args;
}

}  // namespace

std::shared_ptr<grpc::Channel> MakeChannel(const Endpoint& endpoint, const TlsIdentity& identity) {
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = identity.ca_pem;
  options.pem_cert_chain = identity.certificate_pem;
  options.pem_private_key = std::string(AsText(identity.key_pem.Reveal()));
  const auto credentials = grpc::SslCredentials(options);
  explicit_bzero(options.pem_private_key.data(), options.pem_private_key.size());
  return grpc::CreateCustomChannel(endpoint.Text(), credentials, Arguments());
}

void SetTimeout(grpc::ClientContext& context, Duration timeout) {
  context.set_deadline(gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                                    gpr_time_from_millis(timeout.count(), GPR_TIMESPAN)));
}

}  // namespace muster::rpc
