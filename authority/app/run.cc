#include "authority/app/run.h"

#include <pthread.h>
#include <signal.h>

#include <array>
#include <cstdio>
#include <utility>

#include "authority/app/authority_dir.h"
#include "authority/rpc/authority_service.h"
#include "platform/private_file.h"
#include "platform/secure_rng.h"
#include "platform/sha256.h"
#include "platform/system_clock.h"
#include "platform/thread_pool.h"

namespace muster::authority {
namespace {

constexpr Duration kGrace = std::chrono::seconds(5);
constexpr std::size_t kMaxCaBytes = 64 * 1024;

// Members stand in the order in which they depend on each other, and go the other way.
class RunningAuthority final : public AuthorityServer {
 public:
  RunningAuthority(const AuthorityOptions& options, Logger& logger)
      : options_(options), logger_(logger), pool_(clock_, logger, {}) {}
  ~RunningAuthority() override {
    if (server_) server_->Stop(kGrace);
    pool_.Stop(kGrace);
  }

  Status Start() {
    MUSTER_ASSIGN(dir_, OpenAuthorityDir(options_.dir, clock_, rng_));
    authority_ = std::make_unique<Authority>(
        World{*dir_.journal, clock_, rng_, hasher_, *dir_.signer, logger_});
    MUSTER_TRY(authority_->Recover());
    border_ = std::make_unique<rpc::Border>(
        pool_, logger_,
        rpc::BorderOptions{.identify = rpc::ByCertificate(kTrustDomain),
                           .denied = [this](const rpc::Denial& d) {
                             authority_->Denied(d.who, d.method, d.status);
                           }});
    service_ =
        std::make_unique<AuthorityService>(*authority_, *border_, [this] { return MakeHandout(); });
    const std::string& host =
        options_.advertise.host.empty() ? options_.listen.host : options_.advertise.host;
    MUSTER_ASSIGN(const rpc::ServerTls tls, ServerTlsOf(dir_, host));
    const std::array<grpc::Service*, 1> services{service_.get()};
    MUSTER_ASSIGN(server_, rpc::Server::Start(options_.listen, tls, services));
    MUSTER_TRY(WriteOperator(dir_, server_->address().Text()));
    logger_.Info("authority_serving", {{"address", server_->address().Text()}});
    return Ok();
  }

  const Endpoint& address() const override { return server_->address(); }

 private:
  StatusOr<Handout> MakeHandout() const {
    auto ca = platform::ReadTextFile(options_.coordinator_ca_file, kMaxCaBytes);
    if (!ca.ok()) {
      return FailedPrecondition(
          "the coordinator's CA, which every join token carries, cannot be read ({}): start the "
          "coordinator first",
          MessageOf(ca.status()));
    }
    const Endpoint& bound = server_->address();
    const Endpoint& told = options_.advertise;
    const Endpoint self{told.host.empty() ? bound.host : told.host,
                        told.port == 0 ? bound.port : told.port};
    return Handout{self.Text(), dir_.ca->certificate_pem(), options_.coordinator.Text(),
                   *std::move(ca)};
  }

  const AuthorityOptions options_;
  Logger& logger_;
  platform::SystemClock clock_;
  platform::OpenSslRng rng_;
  platform::OpenSslHasher hasher_;
  AuthorityDir dir_;
  platform::ThreadPool pool_;
  std::unique_ptr<Authority> authority_;
  std::unique_ptr<rpc::Border> border_;
  std::unique_ptr<AuthorityService> service_;
  std::unique_ptr<rpc::Server> server_;
};

}  // namespace

StatusOr<std::unique_ptr<AuthorityServer>> StartAuthority(const AuthorityOptions& options,
                                                          Logger& logger) {
  auto authority = std::make_unique<RunningAuthority>(options, logger);
  MUSTER_TRY(authority->Start());
  return std::unique_ptr<AuthorityServer>(std::move(authority));
}

int RunAuthority(const AuthorityOptions& options, Logger& logger) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);  // A file-size limit is an error to report, not a death.
  const auto server = StartAuthority(options, logger);
  if (!server.ok()) {
    const auto reason = ReasonOf(server.status());
    std::fprintf(stderr, "muster authority: %s%s\n",
                 std::string(MessageOf(server.status())).c_str(),
                 reason ? fmt::format(" ({})", NameOf(*reason)).c_str() : "");
    return 1;
  }
  std::printf("ready %s\n", (*server)->address().Text().c_str());
  std::fflush(stdout);
  int received = 0;
  sigwait(&signals, &received);
  logger.Info("authority_stopping", {{"signal", received}});
  return 0;
}

}  // namespace muster::authority
