#include "coordinator/app/server.h"

#include <thread>

#include "base/seeded.h"
#include "config/load.h"
#include "config/roles_file.h"
#include "coordinator/app/assemble.h"
#include "coordinator/app/data_dir.h"
#include "coordinator/app/log_keeper.h"
#include "coordinator/app/log_key.h"
#include "coordinator/app/mqtt_telemetry.h"
#include "coordinator/app/openssl_identities.h"
#include "coordinator/rpc/campaign_service.h"
#include "coordinator/rpc/edge_service.h"
#include "coordinator/rpc/enrolment_service.h"
#include "coordinator/rpc/fleet_service.h"
#include "coordinator/rpc/monitor_service.h"
#include "coordinator/rpc/trigger_service.h"
#include "platform/http_router.h"
#include "platform/openssl_crypto.h"
#include "platform/ops_http.h"
#include "platform/private_file.h"
#include "platform/prometheus_sink.h"
#include "platform/remembering_crypto.h"
#include "platform/secure_rng.h"
#include "platform/system_clock.h"
#include "platform/thread_pool.h"
#include "registry/evidence/dsse.h"
#include "registry/formats/parser.h"
#include "registry/http/confluent.h"
#include "registry/http/log_http.h"
#include "registry/rpc/artefact_service.h"
#include "registry/rpc/contract_service.h"
#include "registry/rpc/evidence_service.h"
#include "registry/rpc/log_head.h"
#include "registry/rpc/model_service.h"
#include "registry/rpc/promotion_service.h"
#include "registry/rpc/schema_service.h"

namespace muster::coordinator {
namespace {
constexpr Duration kGrace{3'000};

StatusOr<Bytes> ReadAuthorityKey(const std::string& path) {
  if (path.empty())
    return InvalidArgument(
        "--authority-key is missing: name the enrolment authority's "
        "authority.pub (muster authority writes it, muster up passes it)");
  MUSTER_ASSIGN(std::string text, platform::ReadTextFile(path, 1024));
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  StatusOr<Bytes> key = FromHex(text);
  if (!key.ok() || key->size() != 32)
    return InvalidArgument("{} does not hold 64 hex digits, an Ed25519 public key", path);
  return key;
}

std::uint64_t RandomSeed(SecureRng& rng) {
  std::uint64_t seed = 0;
  rng.Fill(std::as_writable_bytes(std::span(&seed, 1)));
  return seed;
}

// HTTP knows no certificates, so only this machine may change schemas through it.
std::function<StatusOr<Caller>(const platform::HttpRequest&)> SchemaWriters(
    const std::string& host) {
  const bool here = host == "localhost" || host == "::1" || host.starts_with("127.");
  return [here](const platform::HttpRequest&) -> StatusOr<Caller> {
    if (here) return Caller::Operator("http");
    return WithReason(PermissionDenied("schemas are changed only where --http listens on loopback; "
                                       "put a proxy that knows its callers in front"),
                      Reason::kCALLER_NOT_ALLOWED);
  };
}

// Devices load nothing that the log's key did not sign. `signer` outlives the function.
SignArtefacts SignsArtefacts(const Signer& signer, std::string key) {
  return [&signer, key = std::move(key)](
             const RoundKey& round, const Digest& params,
             const std::optional<Digest>& module) -> StatusOr<std::string> {
    namespace evidence = registry::evidence;
    std::vector<evidence::Subject> files{{"params.safetensors", params}};
    if (module) files.push_back({"module.pt", *module});
    MUSTER_ASSIGN(const std::string statement,
                  evidence::AssignmentStatement(round.campaign.value(), round.round.value(),
                                                round.attempt, files));
    return evidence::SignEnvelope(evidence::kInTotoPayload, statement, key, signer);
  };
}

SignServing SignsServing(const Signer& signer, std::string key) {
  return [&signer, key = std::move(key)](
             const ModelName& model, VersionNumber version, const Digest& params,
             const std::optional<Digest>& module) -> StatusOr<std::string> {
    namespace evidence = registry::evidence;
    std::vector<evidence::Subject> files{{"params.safetensors", params}};
    if (module) files.push_back({"module.pt", *module});
    MUSTER_ASSIGN(const std::string statement,
                  evidence::ServingStatement(model.value(), version.value(), files));
    return evidence::SignEnvelope(evidence::kInTotoPayload, statement, key, signer);
  };
}

// Members in order of wiring: destruction takes them apart in reverse.
class MusterServerImpl final : public MusterServer {
 public:
  MusterServerImpl(const ServerOptions& options, Logger& log)
      : options_(options),
        log_(log),
        jitter_(RandomSeed(rng_)),
        pool_(clock_, log,
              {.threads = options.threads ? options.threads
                                          : std::max(2u, std::thread::hardware_concurrency())}) {}
  ~MusterServerImpl() override { Stop(); }

  Status Start();
  const Endpoint& grpc() const override { return server_->address(); }
  const Endpoint& http() const override { return http_address_; }
  void Stop() override;

 private:
  Status OpenLog();
  Status StartHttp();
  Status StartGrpc();
  Status StartMqtt();

  const ServerOptions options_;
  Logger& log_;
  platform::SystemClock clock_;
  platform::OpenSslRng rng_;
  platform::OpenSslCrypto openssl_;
  platform::RememberingCrypto crypto_{openssl_};  // Each session shows the same statements.
  SeededRng jitter_;
  platform::PrometheusSink metrics_;
  DataDir dir_;
  platform::ThreadPool pool_;
  platform::ThreadPool log_thread_{clock_, log_, {.threads = 1}};  // Of log_keeper_.
  LogKey log_key_;
  std::unique_ptr<registry::audit::MerkleLog> merkle_;
  const registry::formats::FormatsParser formats_;
  std::unique_ptr<registry::Schemas> schemas_;
  std::unique_ptr<OpenSslIdentities> identities_;
  Assembled assembled_;
  std::unique_ptr<rpc::Border> border_;
  std::unique_ptr<EnrolmentService> enrolment_;
  std::unique_ptr<EdgeService> edge_;
  std::unique_ptr<CampaignService> campaigns_;
  std::unique_ptr<FleetService> fleet_;
  std::unique_ptr<MonitorService> monitors_;
  std::unique_ptr<TriggerService> triggers_;
  std::unique_ptr<registry::ContractService> contracts_;
  std::unique_ptr<registry::ModelService> models_;
  std::unique_ptr<registry::PromotionService> promotions_;
  std::unique_ptr<registry::SchemaService> schema_calls_;
  std::unique_ptr<registry::ArtefactService> artefacts_;
  std::unique_ptr<registry::EvidenceService> evidence_;
  std::unique_ptr<rpc::Server> server_;
  std::unique_ptr<MqttTelemetry> mqtt_;  // Null: no broker is named.
  std::unique_ptr<LogKeeper> log_keeper_;
  std::unique_ptr<platform::HttpServer> http_;
  Endpoint http_address_;
  std::atomic<bool> ready_ = false;
  bool stopped_ = false;
};

Status MusterServerImpl::Start() {
  MUSTER_ASSIGN(Bytes authority_key, ReadAuthorityKey(options_.authority_key_file));
  MUSTER_ASSIGN(dir_, OpenDataDir(options_.data_dir, options_.trust_domain, clock_, rng_));
  schemas_ = std::make_unique<registry::Schemas>(*dir_.journal, formats_, openssl_, clock_, log_);
  MUSTER_TRY(schemas_->Recover());
  MUSTER_TRY(OpenLog());    // Before anything is recorded over a history that is not ours.
  MUSTER_TRY(StartHttp());  // Health answers while a long journal is replayed.
  identities_ = std::make_unique<OpenSslIdentities>(*dir_.ca);
  CoordinatorOptions options{std::move(authority_key), {}};
  MUSTER_ASSIGN(options.roles, ReadRoles(options_.roles_file));
  options.uploads.memory_bytes = options_.upload_memory_bytes;
  options.secure_words = options_.secure_words;
  MUSTER_ASSIGN(assembled_,
                Assemble(options, {clock_, pool_, jitter_, rng_, *dir_.journal, *dir_.blobs,
                                   *dir_.files, *dir_.directory, *identities_, crypto_, log_,
                                   metrics_, SignsArtefacts(*log_key_.signer, log_key_.verifier),
                                   SignsServing(*log_key_.signer, log_key_.verifier)}));
  log_keeper_ = std::make_unique<LogKeeper>(
      LogKeeper::Ports{*dir_.journal, *merkle_, clock_, log_thread_, log_});
  assembled_.coordinator->Start();
  MUSTER_TRY(StartGrpc());
  MUSTER_TRY(StartMqtt());
  MUSTER_TRY(WriteOperatorContext(dir_, server_->address().Text()));
  ready_ = true;
  log_.Info("serving", {{"grpc", server_->address().Text()}, {"http", http_address_.Text()}});
  return Ok();
}

Status MusterServerImpl::OpenLog() {
  MUSTER_ASSIGN(log_key_,
                OpenOrCreateLogKey(options_.data_dir + "/log", options_.trust_domain, rng_));
  auto merkle = registry::audit::MerkleLog::Open(
      {*dir_.journal, *dir_.files, openssl_, *log_key_.signer, log_key_.origin});
  if (!merkle.ok()) return Prefixed(merkle.status(), options_.data_dir);
  merkle_ = *std::move(merkle);
  return Ok();
}

Status MusterServerImpl::StartHttp() {
  platform::HttpHandler ops = platform::MakeOpsHandler(
      {.metrics = [this] { return metrics_.Expose(); },
       .ready = [this]() -> Status {
         return ready_ ? log_keeper_->status() : Unavailable("starting or stopping");
       }});
  platform::HttpHandler handler = registry::WithConfluent(
      platform::Route({{"/log", registry::MakeLogHandler(*merkle_, log_key_.verifier, "/log")}},
                      std::move(ops)),
      *schemas_, {.caller = SchemaWriters(options_.http.host)}, log_);
  MUSTER_ASSIGN(http_, platform::HttpServer::Start(options_.http.host, options_.http.port,
                                                   std::move(handler), {}, log_));
  http_address_ = {options_.http.host, http_->port()};
  return Ok();
}

Status MusterServerImpl::StartGrpc() {
  Coordinator& coordinator = *assembled_.coordinator;
  registry::Registry& registry = *assembled_.registry;
  border_ = std::make_unique<rpc::Border>(
      pool_, log_,
      rpc::BorderOptions{.identify = rpc::ByCertificate(options_.trust_domain),
                         .denied = [&coordinator](const rpc::Denial& d) {
                           coordinator.Denied(
                               d.who, d.method,
                               ReasonOf(d.status).value_or(Reason::kCALLER_NOT_ALLOWED));
                         }});
  const rpc::TransferLimits limits{.clock = clock_};
  enrolment_ = std::make_unique<EnrolmentService>(coordinator, log_key_.verifier, *border_);
  edge_ = std::make_unique<EdgeService>(
      coordinator, *dir_.blobs,
      [this](const v1::GetLogHeadRequest& request) {
        return registry::ReadLogHead(openssl_, *merkle_, log_key_.verifier, request);
      },
      *border_, limits);
  campaigns_ = std::make_unique<CampaignService>(coordinator, *border_, clock_);
  fleet_ = std::make_unique<FleetService>(coordinator, *border_, options_.trust_domain,
                                          dir_.ca->certificate_pem());
  monitors_ = std::make_unique<MonitorService>(coordinator, *border_);
  triggers_ = std::make_unique<TriggerService>(coordinator, *border_, clock_);
  contracts_ = std::make_unique<registry::ContractService>(registry, *border_);
  models_ = std::make_unique<registry::ModelService>(registry, *border_);
  promotions_ = std::make_unique<registry::PromotionService>(registry, *border_);
  schema_calls_ = std::make_unique<registry::SchemaService>(*schemas_, *border_);
  artefacts_ = std::make_unique<registry::ArtefactService>(*dir_.blobs, *border_, log_, limits);
  evidence_ = std::make_unique<registry::EvidenceService>(
      registry::evidence::CollectPorts{*dir_.journal, *merkle_, *log_key_.signer, openssl_,
                                       log_key_.verifier},
      *dir_.blobs, *border_, clock_);
  MUSTER_ASSIGN(const rpc::ServerTls tls, ServerTlsOf(dir_, options_.listen.host));
  const std::array<grpc::Service*, 12> services{
      enrolment_.get(),  edge_.get(),         campaigns_.get(), fleet_.get(),
      monitors_.get(),   triggers_.get(),     contracts_.get(), models_.get(),
      promotions_.get(), schema_calls_.get(), artefacts_.get(), evidence_.get()};
  MUSTER_ASSIGN(server_, rpc::Server::Start(options_.listen, tls, services));
  return Ok();
}

Status MusterServerImpl::StartMqtt() {
  if (!options_.mqtt) return Ok();
  MUSTER_ASSIGN(mqtt_, MqttTelemetry::Start(*options_.mqtt, RandomSeed(rng_),
                                            {*assembled_.coordinator, pool_, crypto_,
                                             *log_key_.signer, clock_, log_, metrics_}));
  return Ok();
}

void MusterServerImpl::Stop() {
  if (std::exchange(stopped_, true)) return;
  ready_ = false;
  if (assembled_.coordinator) assembled_.coordinator->Stop([] {});  // Long polls go home first.
  if (mqtt_) mqtt_->Stop();
  if (server_) server_->Stop(kGrace);
  if (http_) http_->Stop();
  pool_.Stop(kGrace);
  log_thread_.Stop(kGrace);
  log_keeper_.reset();
}
}  // namespace

StatusOr<registry::Roles> ReadRoles(const std::string& path) {
  if (path.empty()) return registry::Roles();
  constexpr std::size_t kLongest = 1 << 20;
  const auto text = platform::ReadTextFile(path, kLongest);
  if (!text.ok()) return Prefixed(text.status(), "--roles " + path);
  MUSTER_ASSIGN(const config::RolesFile file, config::ParseRoles(*text, path));
  auto roles = registry::Roles::Make(file.holders);
  if (!roles.ok()) return config::Located(roles.status(), file.source);
  return roles;
}

StatusOr<std::unique_ptr<MusterServer>> StartServer(const ServerOptions& options, Logger& log) {
  auto server = std::make_unique<MusterServerImpl>(options, log);
  MUSTER_TRY(server->Start());
  return std::unique_ptr<MusterServer>(std::move(server));
}

}  // namespace muster::coordinator
