#include "rpc/server.h"

#include <grpc/support/time.h>
#include <grpcpp/resource_quota.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>

#include <utility>

#include "base/bytes.h"

namespace muster::rpc {
namespace {

constexpr int kPingIntervalMs = 10'000;  // Clients ping every 30 s (rpc/channel.cc).
constexpr int kKeepaliveMs = 60'000;
constexpr int kKeepaliveTimeoutMs = 20'000;

std::shared_ptr<grpc::ServerCredentials> Credentials(const ServerTls& tls) {
  grpc::SslServerCredentialsOptions options(GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY);
  options.pem_root_certs = tls.client_ca_pem;
  options.pem_key_cert_pairs.push_back(
      {std::string(AsText(tls.key_pem.Reveal())), tls.certificate_pem});
  auto credentials = grpc::SslServerCredentials(options);
  std::string& key = options.pem_key_cert_pairs.front().private_key;
  explicit_bzero(key.data(), key.size());
  return credentials;
}

void Bound(grpc::ServerBuilder& builder, const ServerLimits& limits) {
  grpc::ResourceQuota quota("muster");
  quota.Resize(limits.memory_bytes);
  builder.SetResourceQuota(quota);
  builder.SetMaxReceiveMessageSize(limits.max_message_bytes);
  // A compressed message is small on the wire and can be anything in memory.
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_DEFLATE, false);
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_GZIP, false);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, limits.max_streams_per_connection);
  // Left alone, gRPC grows each connection's window with its estimate of bandwidth times delay: on
  // a busy server that estimate is large, and fifty waiting uploads fill 200 MB of buffers. A
  // message that is being read widens the window to its own size all the same.
  builder.AddChannelArgument(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, limits.window_bytes);
  // Each connection keeps what it reads into; left alone, that grows to megabytes.
  builder.AddChannelArgument(GRPC_ARG_TCP_MAX_READ_CHUNK_SIZE, limits.read_bytes);
  // Pings in the middle of a long poll are welcome; floods of them are not.
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                             kPingIntervalMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  // Else a second server binds the same port and takes half of the calls.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
}

}  // namespace

StatusOr<std::unique_ptr<Server>> Server::Start(const Endpoint& listen, const ServerTls& tls,
                                                std::span<grpc::Service* const> services,
                                                const ServerLimits& limits) {
  grpc::ServerBuilder builder;
  Bound(builder, limits);
  int port = 0;
  builder.AddListeningPort(listen.Text(), Credentials(tls), &port);
  for (grpc::Service* service : services) builder.RegisterService(service);
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr || port == 0) {
    return Unavailable(
        "cannot listen on {}: the address is taken or not ours, or the certificate "
        "and key do not fit",
        listen.Text());
  }
  return std::unique_ptr<Server>(
      new Server(std::move(server), {listen.host, static_cast<std::uint16_t>(port)}));
}

Server::~Server() { Stop(Duration(0)); }

void Server::Stop(Duration grace) {
  server_->Shutdown(gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                                 gpr_time_from_millis(grace.count(), GPR_TIMESPAN)));
  server_->Wait();
}

}  // namespace muster::rpc
