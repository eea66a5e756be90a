#pragma once
// The enrolment authority as a process: `muster authority`. Holds its own directory, key and CA;
// talks to nobody, and answers devices and its own operators.
#include <memory>
#include <string>

#include "base/endpoint.h"
#include "base/log.h"
#include "base/status.h"

namespace muster::authority {

struct AuthorityOptions {
  std::string dir = "./muster-authority";
  Endpoint listen{"127.0.0.1", 7444};
  // How devices reach this process, when that is not where it listens (0.0.0.0). Port 0: as bound.
  Endpoint advertise;
  // Handed out in join tokens. The CA file is read when a token is made, so the authority may start
  // before the coordinator, which needs authority.pub, has made its CA.
  Endpoint coordinator{"127.0.0.1", 7443};
  std::string coordinator_ca_file;
};

// A running authority. Stops when it is destroyed.
class AuthorityServer {
 public:
  virtual ~AuthorityServer() = default;
  virtual const Endpoint& address() const = 0;
};

// Opens the directory, replays the journal, serves, and writes <dir>/authority.pub and
// <dir>/operator/. As OpenAuthorityDir and rpc::Server::Start fail.
StatusOr<std::unique_ptr<AuthorityServer>> StartAuthority(const AuthorityOptions& options,
                                                          Logger& logger);

// StartAuthority, "ready <address>" on stdout, and service until SIGTERM or SIGINT. Returns the
// exit code: 0 after a clean stop, 1 when it could not start (the reason on stderr). Call it from
// the main thread before any other thread starts: it blocks the signals for all of them.
int RunAuthority(const AuthorityOptions& options, Logger& logger);

}  // namespace muster::authority
