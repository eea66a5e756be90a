#pragma once
// musterd as an object: everything between the command line and the ports, in order of wiring.
#include <memory>
#include <optional>
#include <string>

#include "base/endpoint.h"
#include "base/log.h"
#include "base/mqtt.h"
#include "base/status.h"
#include "registry/roles.h"

namespace muster::coordinator {

struct ServerOptions {
  std::string data_dir = "./muster-data";
  Endpoint listen{"127.0.0.1", 7443};
  Endpoint http{"127.0.0.1", 7480};
  std::string trust_domain = "muster.local";
  std::string authority_key_file;  // Hex of the enrolment authority's public key.
  std::string roles_file;          // Who holds which role; empty: every operator every one.
  std::size_t threads = 0;         // 0: one for each core.
  std::uint64_t upload_memory_bytes = 8ull << 20;
  double secure_words = 4e11;            // As CoordinatorOptions.
  std::optional<MqttOptions> mqtt = {};  // Where telemetry is heard, too.
};

class MusterServer {
 public:
  virtual ~MusterServer() = default;
  virtual const Endpoint& grpc() const = 0;
  virtual const Endpoint& http() const = 0;
  // Stops accepting, lets calls under way finish, closes the journal.
  virtual void Stop() = 0;
};

// The roles of the file; INVALID_ARGUMENT with file, line and column.
StatusOr<registry::Roles> ReadRoles(const std::string& path);

// Opens the data directory, recovers and serves.
StatusOr<std::unique_ptr<MusterServer>> StartServer(const ServerOptions& options, Logger& log);

}  // namespace muster::coordinator
