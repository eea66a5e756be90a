#include "client/app/agent.h"

#include <algorithm>
#include <array>
#include <ctime>

#include <absl/synchronization/notification.h>

#include "client/app/make_sink.h"
#include "client/app/trainer_pool.h"
#include "client/exec/exec_trainer.h"
#include "client/exec/worker_predictor.h"
#include "client/exec/worker_trainer.h"
#include "client/mqtt/sink.h"
#include "client/mqtt/telemetry_transport.h"
#include "client/pipeline/csv_source.h"
#include "client/rpc/convert.h"
#include "client/rpc/telemetry_convert.h"
#include "client/serving/csv_tail.h"
#include "client/session/local_worker.h"
#include "client/session/renamed_source.h"
#include "client/telemetry/feedback_json.h"
#include "platform/private_file.h"
#include "registry/audit/note.h"
#include "rpc/channel.h"

namespace muster::client {
namespace fs = std::filesystem;
namespace {
// Beside the tasks: the strand, what moves bulk data, and what reads and writes telemetry.
constexpr std::size_t kTransfers = 2;
constexpr std::size_t kThreads = 3 + kTransfers;
constexpr std::size_t kServing = 2;  // More, where a node serves.
constexpr Duration kStop = std::chrono::seconds(10);

TimeOfDay LocalTime(Timestamp now) {
  const std::time_t seconds =
      std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  std::tm local{};
  if (::localtime_r(&seconds, &local) == nullptr) return TimeOfDay(0);
  return std::chrono::hours(local.tm_hour) + std::chrono::minutes(local.tm_min);
}

std::uint64_t DrawSeed(SecureRng& rng) {
  std::uint64_t seed = 0;
  rng.Fill(std::as_writable_bytes(std::span(&seed, 1)));
  return seed;
}

bool AnyServes(const AgentSettings& settings) {
  return std::ranges::any_of(settings.nodes,
                             [](const NodeSettings& node) { return node.serve.has_value(); });
}

std::chrono::nanoseconds Stopwatch() { return std::chrono::steady_clock::now().time_since_epoch(); }

// muster-torch beside this program, else from PATH.
std::string FindTorchWorker() {
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  const fs::path beside = self.parent_path() / "muster-torch";
  return !error && fs::exists(beside, error) ? beside.string() : "muster-torch";
}
}  // namespace

StatusOr<std::unique_ptr<Agent>> Agent::Make(AgentSettings settings, Logger& log) {
  const std::string dir = settings.state_dir.string();
  MUSTER_ASSIGN(auto lock, platform::DirLock::Acquire(dir));
  MUSTER_ASSIGN(auto files, platform::DirFiles::Open(dir));
  MUSTER_ASSIGN(auto blobs, platform::FileBlobs::Open(dir + "/blobs"));
  std::unique_ptr<Agent> agent(
      new Agent(std::move(settings), log, std::move(lock), std::move(files), std::move(blobs)));
  agent->PruneLedgers();
  MUSTER_TRY(agent->ReadJoinFile());
  MUSTER_TRY(agent->OpenTelemetry());
  MUSTER_TRY(agent->ConnectMqtt());
  MUSTER_TRY(agent->MakeNodes());
  MUSTER_TRY(agent->HearFeedback());
  return agent;
}

Agent::Agent(AgentSettings settings, Logger& log, std::unique_ptr<platform::DirLock> lock,
             std::unique_ptr<platform::DirFiles> files, std::unique_ptr<platform::FileBlobs> blobs)
    : settings_(std::move(settings)),
      log_(log),
      lock_(std::move(lock)),
      files_(std::move(files)),
      blobs_(std::move(blobs)),
      rng_(DrawSeed(secure_rng_)),
      pool_(
          clock_, log_,
          {.threads = kThreads + settings_.parallel_tasks + (AnyServes(settings_) ? kServing : 0)}),
      strand_(pool_),
      tasks_(pool_, settings_.parallel_tasks),
      transfers_(pool_, kTransfers),
      serving_(pool_, kServing),
      budget_(*files_, clock_, settings_.policy.bytes_a_day()),
      quarantine_(*files_, clock_),
      artefacts_(*blobs_, *files_, budget_, strand_, log_) {}

Agent::~Agent() { Stop(); }

// A ledger that is too long is no reason to stay away; a damaged one refuses by itself.
void Agent::PruneLedgers() {
  const StatusOr<std::size_t> removed = client::PruneLedgers(*files_, crypto_, {}, clock_.Now());
  if (!removed.ok())
    log_.Warn("ledgers_not_pruned", {{"error", MessageOf(removed.status())}});
  else if (*removed > 0)
    log_.Info("ledgers_pruned", {{"entries", *removed}});
}

// A token that is gone is no error by itself: nodes that have enrolled need it no more.
Status Agent::ReadJoinFile() {
  if (settings_.join_file.empty()) return Ok();
  const std::string path = settings_.join_file.string();
  const StatusOr<Secret> text = platform::ReadPrivateFile(path);
  if (absl::IsNotFound(text.status())) return Ok();
  if (!text.ok()) return text.status();
  StatusOr<JoinToken> token = ParseJoinToken(AsText(text->Reveal()));
  if (!token.ok()) return Prefixed(token.status(), path);
  enrolment_link_ = std::make_shared<GrpcEnrolmentLink>(*std::move(token));
  return Ok();
}

// It need not be there yet.
Status Agent::ConnectMqtt() {
  if (!settings_.mqtt) return Ok();
  MqttOptions options = *settings_.mqtt;
  if (options.client_id.empty()) {
    std::array<std::byte, 8> drawn{};
    secure_rng_.Fill(drawn);
    options.client_id = "muster-edge-" + ToHex(drawn);
  }
  MUSTER_ASSIGN(mqtt_,
                platform::MosquittoClient::Start(std::move(options), DrawSeed(secure_rng_), log_));
  return Ok();
}

Status Agent::MakeNodes() {
  MUSTER_TRY(platform::MakePrivateDirectory((settings_.state_dir / "nodes").string()));
  for (const NodeSettings& settings : settings_.nodes) {
    Node node;
    node.settings = settings;
    const fs::path dir = settings_.state_dir / "nodes" / settings.name.value();
    MUSTER_ASSIGN(node.keys, FileDeviceKeys::Open(dir.string(), secure_rng_));
    node.trainer = TrainerFor(settings);
    if (settings.mqtt) {
      MUSTER_ASSIGN(node.mqtt, MqttSource::Start(settings.name.value(), *settings.mqtt,
                                                 settings.csv, *mqtt_, clock_, log_));
    }
    if (settings.serve) {
      MUSTER_ASSIGN(node.serving, ServingFor(settings));
      telemetry_->desk().SetServes(
          settings.name, [model = settings.serve->model,
                          serving = std::weak_ptr<const NodeServing>(node.serving)] {
            const auto alive = serving.lock();
            const std::optional<ServingState> state = alive ? alive->State() : std::nullopt;
            if (!state) return FeedbackDesk::Serves{model, {}};  // It is not known yet.
            if (state->version == VersionNumber(0)) return FeedbackDesk::Serves();
            return FeedbackDesk::Serves{state->model, state->version};
          });
    }
    nodes_.push_back(std::move(node));
  }
  return Ok();
}

Status Agent::OpenTelemetry() {
  MUSTER_ASSIGN(telemetry_,
                AgentTelemetry::Make(settings_, {clock_, pool_, *files_, secure_rng_, log_}));
  if (!settings_.telemetry.local_http) return Ok();
  MUSTER_ASSIGN(local_api_, LocalApi::Start(*settings_.telemetry.local_http, settings_.state_dir,
                                            telemetry_->desk(), secure_rng_, log_));
  return Ok();
}

Status Agent::HearFeedback() {
  if (!settings_.telemetry.mqtt_feedback) return Ok();
  std::vector<DeviceName> names;
  for (const NodeSettings& node : settings_.nodes) names.push_back(node.name);
  const auto submit = [this](const DeviceName& node,
                             std::string_view text) -> StatusOr<std::string> {
    MUSTER_ASSIGN(FeedbackRequest request, ParseFeedback(text));
    if (!request.node.value().empty() && request.node != node)
      return WithReason(InvalidArgument("node: is not the topic's"), Reason::kPAYLOAD_INVALID);
    MUSTER_ASSIGN(const FeedbackDesk::Answer answer,
                  telemetry_->desk().Submit(node, std::move(request.feedback)));
    return answer.id;
  };
  MUSTER_ASSIGN(mqtt_feedback_, MqttFeedback::Start(names, *mqtt_, submit, log_));
  return Ok();
}

// Over MQTT an answer is believed under the key that enrolment gave; without one it stays on disk.
StatusOr<std::shared_ptr<TelemetryTransport>> Agent::TransportFor(const Node& node,
                                                                  const Credentials& credentials) {
  if (!settings_.telemetry.mqtt) return std::shared_ptr<TelemetryTransport>(node.telemetry);
  if (credentials.log_key.empty())
    return FailedPrecondition("enrolment gave no key of the coordinator's log; enrol it anew");
  MUSTER_ASSIGN(const auto key, registry::audit::NoteKey::Parse(credentials.log_key, crypto_));
  MUSTER_ASSIGN(
      std::shared_ptr<TelemetryTransport> transport,
      MqttTelemetryTransport::Make(
          {.device = credentials.device_id,
           .identity = std::make_shared<const IdentitySigner>(node.keys),
           .log_key = key.public_key(),
           .codec = {.encode =
                         [](const TelemetryBatch& batch) {
                           const std::string text = ToMessage(batch).SerializeAsString();
                           return Bytes(AsBytes(text).begin(), AsBytes(text).end());
                         },
                     .decode = [](ByteView body) -> StatusOr<TelemetryAck> {
                       v1::ReportTelemetryReply reply;
                       if (!reply.ParseFromArray(body.data(), static_cast<int>(body.size())))
                         return InvalidArgument("no reply to telemetry");
                       return TelemetryAckFrom(reply);
                     }}},
          {*mqtt_, crypto_, clock_, pool_, log_}));
  return transport;
}

std::shared_ptr<Trainer> Agent::TrainerFor(const NodeSettings& node) {
  if (!node.exec.empty())
    return std::make_shared<ExecTrainer>(ExecConfig{node.exec, {}, 0}, launcher_);
  if (torch_) return torch_;
  const WorkerConfig config = TorchWorker("muster-torch.log");
  std::vector<std::unique_ptr<Trainer>> workers;
  for (std::size_t i = 0; i < settings_.parallel_tasks; ++i)
    workers.push_back(std::make_unique<WorkerTrainer>(config, launcher_));
  torch_ = std::make_shared<TrainerPool>(std::move(workers));
  return torch_;
}

WorkerConfig Agent::TorchWorker(const char* log) const {
  WorkerConfig config;
  config.command = {settings_.torch_worker.empty() ? FindTorchWorker() : settings_.torch_worker,
                    "worker"};
  config.stderr_path = (settings_.state_dir / log).string();
  return config;
}

StatusOr<std::shared_ptr<NodeServing>> Agent::ServingFor(const NodeSettings& node) {
  if (!predictor_)
    predictor_ =
        std::make_unique<WorkerPredictor>(TorchWorker("muster-torch-serving.log"),
                                          settings_.state_dir / "scratch-serving", launcher_);
  const ServeSettings& serve = *node.serve;
  SinkWorld outside{launcher_, clock_};
  if (mqtt_)
    outside.mqtt = [this](const MqttSinkSettings& sink) {
      return MqttSink::Make(sink.topic, static_cast<int>(sink.qos), *mqtt_, log_);
    };
  std::vector<std::unique_ptr<PredictionSink>> sinks;
  for (const SinkSettings& sink : serve.sinks) {
    MUSTER_ASSIGN(sinks.emplace_back(), MakeSink(sink, outside));
  }
  ServingConfig config{.node = node.name,
                       .model = serve.model,
                       .alias = serve.alias,
                       .from_beginning = serve.from_beginning,
                       .device_watts = serve.device_watts,
                       .summary_every = settings_.summary_every,
                       .own_rules = serve.rules,
                       .blob_path = BlobPath(),
                       .decode = [](ByteView wire) { return ServingOfferFrom(wire); }};
  const ServingWorld world{clock_, Stopwatch, *files_, *predictor_, &telemetry_->SinkOf(node.name),
                           log_};
  auto core = std::make_unique<ServingCore>(std::move(config), world,
                                            std::make_unique<CsvTail>(node.csv, node.columns),
                                            std::move(sinks));
  return NodeServing::Make({.name = node.name, .poll = serve.poll, .hardware = settings_.hardware},
                           std::move(core), clock_, serving_, artefacts_, log_);
}

std::function<fs::path(const Digest&)> Agent::BlobPath() const {
  return [root = settings_.state_dir / "blobs"](const Digest& digest) {
    const std::string hex = digest.Hex();  // As FileBlobs lays them out.
    return root / hex.substr(0, 2) / hex.substr(2);
  };
}

std::shared_ptr<Worker> Agent::WorkerFor(const Node& node) {
  const NodeSettings& settings = node.settings;
  std::unique_ptr<Source> source = std::make_unique<CsvSource>(settings.csv);
  if (!settings.columns.empty())
    source = std::make_unique<RenamedSource>(std::move(source), settings.columns);
  LocalWorkerConfig config;
  config.name = settings.name;
  config.scratch = settings_.state_dir / "scratch" / settings.name.value();
  config.evaluate = settings.evaluate;
  config.time_limit = settings.time_limit;
  config.needs_module = settings.exec.empty();
  config.blob_path = BlobPath();
  config.labels = telemetry_->LabelsOf(settings.name);
  if (node.serving) config.served = node.serving->rows();
  config.stamp = [path = settings.csv] { return FileStamp(path); };
  return std::make_shared<LocalWorker>(std::move(config), *blobs_, crypto_, clock_, quarantine_,
                                       std::move(source), node.trainer, log_);
}

void Agent::Start(Ready ready, std::function<void()> ended) {
  ready_ = std::move(ready);
  ended_ = std::move(ended);
  for (Node& node : nodes_)
    if (node.serving) node.serving->Start();
  for (Node& node : nodes_) strand_.Post([this, &node] { Begin(node); });
}

void Agent::Begin(Node& node) {
  MembershipStore store(*files_, node.settings.name);
  const StatusOr<std::optional<Credentials>> credentials = store.LoadCredentials();
  if (!credentials.ok())  // Enrolling again with the same key gives them again.
    log_.Error("credentials_unreadable",
               {{"node", node.settings.name}, {"error", MessageOf(credentials.status())}});
  if (!credentials.ok() || !*credentials) return Enrol(node);
  Credentials found = **credentials;
  // A join file that is still there knows where the coordinator is now.
  if (enrolment_link_) found.coordinator = enrolment_link_->coordinator();
  Join(node, found);
}

void Agent::Enrol(Node& node) {
  if (!enrolment_link_)
    return Refuse(node, WithReason(FailedPrecondition("not enrolled, and there is no join file{}{}",
                                                      settings_.join_file.empty() ? "" : " ",
                                                      settings_.join_file.string()),
                                   Reason::kNOT_ENROLLED));
  node.enrolment = Enrolment::Make(
      {node.settings.name, node.settings.labels}, {clock_, strand_, rng_, log_},
      MembershipStore(*files_, node.settings.name), node.keys, enrolment_link_,
      {.enrolled = [this, &node](const Credentials& credentials) { Join(node, credentials); },
       .refused = [this, &node](const Status& why) { Refuse(node, why); },
       .retrying = [this, &node](const Status&) { Settle(node); }});
  node.enrolment->Start();
}

void Agent::Join(Node& node, const Credentials& credentials) {
  StatusOr<Secret> key = node.keys->TlsKeyPem();
  if (!key.ok()) return Refuse(node, key.status());
  StatusOr<std::shared_ptr<LogWitness>> witness = WitnessOf(credentials);
  if (!witness.ok()) return Refuse(node, witness.status());
  if (node.serving) node.serving->Believe(*witness);
  const rpc::TlsIdentity identity{credentials.ca_pem, credentials.certificate_pem, *std::move(key)};
  const auto channel = rpc::MakeChannel(credentials.coordinator, identity);
  node.link = std::make_shared<GrpcLink>(channel, transfers_);
  node.telemetry = std::make_shared<GrpcTelemetry>(channel);
  node.session = NodeSession::Make({.name = node.settings.name,
                                    .secure = SecureIdentityOf(node),
                                    .vanish = settings_.vanish,
                                    .produces = node.settings.produces,
                                    .hardware = settings_.hardware,
                                    .witness = *std::move(witness),
                                    .ended = [this, &node](const Status& why) { End(node, why); },
                                    .serving = node.serving},
                                   World(), node.link, WorkerFor(node));
  if (const auto& produces = node.settings.produces)
    log_.Info("node_produces", {{"node", node.settings.name},
                                {"contract", produces->contract},
                                {"version", produces->version}});
  node.session->Start();
  if (const auto transport = TransportFor(node, credentials); transport.ok())
    telemetry_->Connect(node.settings.name, *transport);
  else
    log_.Error("telemetry_stays_here",
               {{"node", node.settings.name}, {"error", MessageOf(transport.status())}});
  Settle(node);
}

// A coordinator is known by its CA, which enrolment pinned: its nodes remember one log.
StatusOr<std::shared_ptr<LogWitness>> Agent::WitnessOf(const Credentials& credentials) {
  constexpr std::size_t kNameDigits = 16;
  const std::string name = crypto_.Sha256(AsBytes(credentials.ca_pem)).Hex().substr(0, kNameDigits);
  std::shared_ptr<LogBook>& book = logs_[name];
  if (!book) {
    MUSTER_ASSIGN(book, LogBook::Open({.name = name,
                                       .folder = settings_.state_dir.string(),
                                       .key = credentials.log_key},
                                      *files_, crypto_));
  }
  return std::shared_ptr<LogWitness>(book);
}

void Agent::End(Node& node, const Status& why) {
  log_.Error("node_stopped", {{"node", node.settings.name}, {"error", MessageOf(why)}});
  node.ended = true;
  telemetry_->Disconnect(node.settings.name);
  const bool over =
      std::ranges::all_of(nodes_, [](const Node& each) { return each.ended || each.refused; });
  if (over && ended_) ended_();
}

// Null, which leaves plain rounds, when the node enrolled before it got a voucher and kept it.
std::shared_ptr<const SecureIdentity> Agent::SecureIdentityOf(const Node& node) {
  const auto stored = MembershipStore(*files_, node.settings.name).LoadAttestation();
  SigningPublic authority;
  Signature signature;
  if (!stored.ok() || !*stored || (*stored)->authority_key.size() != authority.size() ||
      (*stored)->voucher_signature.size() != signature.size()) {
    log_.Info("no_secure_rounds", {{"node", node.settings.name},
                                   {"why", "no voucher of the authority is kept; enrol it anew"}});
    return nullptr;
  }
  std::ranges::copy((*stored)->authority_key, authority.begin());
  std::ranges::copy((*stored)->voucher_signature, signature.begin());
  return std::make_shared<const SecureIdentity>(SecureIdentity{
      crypto_, secure_rng_, std::make_shared<const IdentitySigner>(node.keys),
      PackStatement((*stored)->voucher, signature), PinnedAuthority(authority, crypto_, clock_)});
}

void Agent::Refuse(Node& node, const Status& why) {
  log_.Error("node_stopped", {{"node", node.settings.name}, {"error", MessageOf(why)}});
  node.refused = true;
  Settle(node);
}

void Agent::Settle(Node& node) {
  if (std::exchange(node.settled, true)) return;
  std::size_t alive = 0;
  for (const Node& each : nodes_) {
    if (!each.settled) return;
    if (!each.refused) ++alive;
  }
  ready_(alive);
}

SessionWorld Agent::World() {
  return {.clock = clock_,
          .strand = strand_,
          .tasks = tasks_,
          .rng = rng_,
          .files = *files_,
          .artefacts = artefacts_,
          .budget = budget_,
          .policy = settings_.policy,
          .local_time = LocalTime,
          .log = log_};
}

void Agent::Stop() {
  if (std::exchange(stopped_, true)) return;
  if (local_api_) local_api_->Stop();
  mqtt_feedback_.reset();
  // First nothing new, then the end of what blocks; after that the threads are free to finish.
  absl::Notification stopped;
  strand_.Post([this, &stopped] {
    for (Node& node : nodes_) {
      if (telemetry_) telemetry_->Disconnect(node.settings.name);
      node.enrolment.reset();
      if (node.session) node.session->Stop();
    }
    stopped.Notify();
  });
  stopped.WaitForNotification();
  for (Node& node : nodes_) node.mqtt.reset();
  for (const Node& node : nodes_) node.trainer->Stop();
  if (predictor_) predictor_->Stop();
  for (const Node& node : nodes_)
    if (node.serving) node.serving->Stop();
  if (enrolment_link_) enrolment_link_->Close();
  for (const Node& node : nodes_)
    if (node.link) node.link->Close(), node.telemetry->Close();
  if (!pool_.Stop(kStop)) log_.Warn("work_discarded");
}

}  // namespace muster::client
