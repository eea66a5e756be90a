#pragma once
// Telemetry over a broker that is not trusted: a signed envelope goes out, and only what the
// coordinator's log key signed in answer to just that envelope is an acknowledgement. A PUBACK is
// none: a broker that is killed loses what it acknowledged.
#include <functional>
#include <memory>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/executor.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/mqtt.h"
#include "client/telemetry/transport.h"

namespace muster::client {

// muster.v1 messages of telemetry; client/rpc has them.
struct TelemetryCodec {
  std::function<Bytes(const TelemetryBatch&)> encode;      // A ReportTelemetryRequest.
  std::function<StatusOr<TelemetryAck>(ByteView)> decode;  // A ReportTelemetryReply.
};

struct MqttTelemetryWorld {  // All outlive the transport.
  Mqtt& mqtt;
  const Crypto& crypto;
  const Clock& clock;
  Executor& executor;
  Logger& log;
};

// Safe from any thread.
class MqttTelemetryTransport final : public TelemetryTransport {
 public:
  struct Config {
    DeviceId device;
    std::shared_ptr<const Signer> identity;  // The device's identity key.
    SigningPublic log_key;                   // As enrolment pinned it.
    TelemetryCodec codec;
    Duration limit = std::chrono::seconds(20);  // For an answer.
  };
  // Errors of Subscribe.
  static StatusOr<std::unique_ptr<MqttTelemetryTransport>> Make(Config config,
                                                                const MqttTelemetryWorld& world);
  ~MqttTelemetryTransport() override;

  // Of a batch that is too large for one message, the first records that fit are sent: the answer
  // is about them. UNAVAILABLE (BROKER_UNREACHABLE), DEADLINE_EXCEEDED when no acknowledgement came
  // in time, FAILED_PRECONDITION while another batch is under way, INVALID_ARGUMENT
  // (TELEMETRY_INVALID) for a record that fits in no message, RESOURCE_EXHAUSTED (OVERLOADED).
  void Send(const TelemetryBatch& batch, Callback done) override;

 private:
  class Core;
  explicit MqttTelemetryTransport(std::shared_ptr<Core> core);
  const std::shared_ptr<Core> core_;
  std::shared_ptr<void> subscription_;  // Ends before the core.
};

}  // namespace muster::client
