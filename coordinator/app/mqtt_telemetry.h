#pragma once
// Telemetry over MQTT, wired: a broker, the desk that hears it, and the coordinator that takes it.
#include <memory>

#include "base/crypto.h"
#include "base/mqtt.h"
#include "coordinator/mqtt/telemetry_desk.h"
#include "coordinator/runner/coordinator.h"
#include "platform/mosquitto_client.h"

namespace muster::coordinator {

class MqttTelemetry {
 public:
  struct World {  // All outlive it; the pool stops between Stop and its end.
    Coordinator& coordinator;
    Executor& pool;
    const Crypto& crypto;
    const Signer& log_signer;
    const Clock& clock;
    Logger& log;
    MetricSink& metrics;
  };
  // An empty client id is drawn from the seed, which draws the pauses between tries as well. Errors
  // of MosquittoClient::Start; a broker that is not there is none.
  static StatusOr<std::unique_ptr<MqttTelemetry>> Start(MqttOptions options, std::uint64_t seed,
                                                        const World& world);
  // Hears nothing any more.
  void Stop() { desk_.reset(); }

 private:
  explicit MqttTelemetry(std::unique_ptr<platform::MosquittoClient> client)
      : client_(std::move(client)) {}
  const std::unique_ptr<platform::MosquittoClient> client_;
  std::unique_ptr<MqttTelemetryDesk> desk_;
};

}  // namespace muster::coordinator
