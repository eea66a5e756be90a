#pragma once
// The agent put together: many nodes on a few threads. This is where every port gets its
// implementation; the order of members is the order of wiring, and its reverse that of the end.
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/join_token.h"
#include "base/seeded.h"
#include "base/strand.h"
#include "client/app/agent_telemetry.h"
#include "client/app/device_keys.h"
#include "client/app/local_api.h"
#include "client/app/settings.h"
#include "client/exec/worker_process.h"
#include "client/mqtt/feedback.h"
#include "client/mqtt/source.h"
#include "client/pipeline/quarantine.h"
#include "client/rpc/enrolment.h"
#include "client/rpc/grpc_link.h"
#include "client/rpc/telemetry_transport.h"
#include "client/serving/node_serving.h"
#include "client/session/enrolment.h"
#include "client/session/limited_executor.h"
#include "client/session/session.h"
#include "client/witness/log_book.h"
#include "platform/dir_files.h"
#include "platform/dir_lock.h"
#include "platform/file_blobs.h"
#include "platform/mosquitto_client.h"
#include "platform/openssl_crypto.h"
#include "platform/posix_subprocess.h"
#include "platform/remembering_crypto.h"
#include "platform/secure_rng.h"
#include "platform/system_clock.h"
#include "platform/thread_pool.h"

namespace muster::client {

// Start once, Stop once, both from the thread that made it.
class Agent {
 public:
  // Called once, on one of the agent's threads, when every node is enrolled, refused or retrying;
  // with the number of those that are not refused.
  using Ready = std::function<void(std::size_t nodes)>;

  // Takes the state directory; DATA_DIR_IN_USE when another agent has it.
  static StatusOr<std::unique_ptr<Agent>> Make(AgentSettings settings, Logger& log);
  ~Agent();

  // `ended` is called once, on one of the agent's threads, when no node is left that may go on,
  // because their coordinators' logs were refused.
  void Start(Ready ready, std::function<void()> ended = nullptr);
  // Ends tasks and calls; what is held stays on disk for the next start. Idempotent.
  void Stop();

 private:
  struct Node {
    NodeSettings settings;
    std::shared_ptr<const FileDeviceKeys> keys;
    std::shared_ptr<Trainer> trainer;
    std::shared_ptr<NodeServing> serving;  // Null: it serves no model.
    std::unique_ptr<MqttSource> mqtt;      // Null: its rows are in a file of the site's own.
    bool settled = false;
    bool refused = false;
    bool ended = false;
    std::shared_ptr<Enrolment> enrolment;
    std::shared_ptr<GrpcLink> link;
    std::shared_ptr<GrpcTelemetry> telemetry;
    std::shared_ptr<NodeSession> session;
  };

  Agent(AgentSettings settings, Logger& log, std::unique_ptr<platform::DirLock> lock,
        std::unique_ptr<platform::DirFiles> files, std::unique_ptr<platform::FileBlobs> blobs);
  void PruneLedgers();
  Status ReadJoinFile();
  Status ConnectMqtt();
  Status MakeNodes();
  Status OpenTelemetry();
  Status HearFeedback();
  StatusOr<std::shared_ptr<TelemetryTransport>> TransportFor(const Node& node,
                                                             const Credentials& credentials);
  std::shared_ptr<Trainer> TrainerFor(const NodeSettings& node);
  std::function<std::filesystem::path(const Digest&)> BlobPath() const;
  WorkerConfig TorchWorker(const char* log) const;
  StatusOr<std::shared_ptr<NodeServing>> ServingFor(const NodeSettings& node);
  std::shared_ptr<Worker> WorkerFor(const Node& node);
  void Begin(Node& node);
  void Enrol(Node& node);
  void Join(Node& node, const Credentials& credentials);
  StatusOr<std::shared_ptr<LogWitness>> WitnessOf(const Credentials& credentials);
  void End(Node& node, const Status& why);
  std::shared_ptr<const SecureIdentity> SecureIdentityOf(const Node& node);
  void Refuse(Node& node, const Status& why);
  void Settle(Node& node);
  SessionWorld World();

  const AgentSettings settings_;
  Logger& log_;
  const std::unique_ptr<platform::DirLock> lock_;
  const std::unique_ptr<platform::DirFiles> files_;
  const std::unique_ptr<platform::FileBlobs> blobs_;
  platform::SystemClock clock_;
  platform::OpenSslRng secure_rng_;
  platform::OpenSslCrypto openssl_;
  platform::RememberingCrypto crypto_{openssl_};  // Its nodes are shown the same signatures.
  SeededRng rng_;
  platform::PosixLauncher launcher_;
  platform::ThreadPool pool_;
  Strand strand_;
  LimitedExecutor tasks_;
  LimitedExecutor transfers_;
  LimitedExecutor serving_;  // Where serving may block; no task runs there.
  ByteBudget budget_;
  Quarantine quarantine_;
  ArtefactCache artefacts_;
  std::shared_ptr<GrpcEnrolmentLink> enrolment_link_;  // Null without a join token.
  std::shared_ptr<Trainer> torch_;                     // Shared by the nodes that train with it.
  std::unique_ptr<platform::MosquittoClient> mqtt_;    // Null: no broker is named.
  std::unique_ptr<Predictor> predictor_;  // Shared by the nodes that serve; null: none does.
  std::unique_ptr<AgentTelemetry> telemetry_;
  std::unique_ptr<LocalApi> local_api_;
  std::unique_ptr<MqttFeedback> mqtt_feedback_;  // Null: it is not taken over MQTT.
  std::vector<Node> nodes_;                      // What changes in them belongs to the strand.
  std::map<std::string, std::shared_ptr<LogBook>> logs_;  // By coordinator; the strand's, too.
  Ready ready_;
  std::function<void()> ended_;
  bool stopped_ = false;
};

}  // namespace muster::client
