#pragma once
// A gRPC server over mutual TLS with bounds on everything a client can ask of it. Never plain text.
#include <grpcpp/server.h>

#include <memory>
#include <span>
#include <string>

#include "base/clock.h"
#include "base/endpoint.h"
#include "base/secret.h"
#include "base/status.h"

namespace grpc {
class Service;
}

namespace muster::rpc {

struct ServerTls {
  std::string certificate_pem;  // Leaf first, then its chain.
  Secret key_pem = Secret({});
  // Clients may come without a certificate (enrolment); one of another CA fails the handshake.
  std::string client_ca_pem;
};

struct ServerLimits {
  int max_message_bytes = 1024 * 1024;    // Of one request or chunk.
  int max_streams_per_connection = 256;   // One agent may host many nodes.
  std::size_t memory_bytes = 256u << 20;  // Of gRPC's own buffers.
  // What a client may send ahead of our reading: uploads that wait for their turn hold this much.
  int window_bytes = 64 * 1024;
  int read_bytes = 64 * 1024;  // Of one read from a connection's socket.
};

class Server {
 public:
  // Serves `services`, which must outlive it. Port 0 takes a free port. UNAVAILABLE when the
  // address cannot be bound or the certificate and key are unusable (gRPC does not say which).
  static StatusOr<std::unique_ptr<Server>> Start(const Endpoint& listen, const ServerTls& tls,
                                                 std::span<grpc::Service* const> services,
                                                 const ServerLimits& limits = {});
  ~Server();  // Stop(0).

  // Where it is reached, with the real port.
  const Endpoint& address() const { return address_; }
  // Refuses new calls, waits `grace` for those under way, then cancels them; returns when all have
  // been finished. The executor behind the services must still run. Idempotent.
  void Stop(Duration grace);

 private:
  Server(std::unique_ptr<grpc::Server> server, Endpoint address)
      : server_(std::move(server)), address_(std::move(address)) {}
  std::unique_ptr<grpc::Server> server_;
  const Endpoint address_;
};

}  // namespace muster::rpc
