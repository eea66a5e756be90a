#pragma once
// Hears devices' telemetry over a broker that is not trusted: believes what a device's identity key
// signed, and answers under the log's key once what was heard is durable. The broker, and whoever
// publishes there, can hold messages back, repeat them and flood; nothing else.
#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <functional>
#include <memory>
#include <set>

#include "base/crypto.h"
#include "base/executor.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/mqtt.h"
#include "base/status.h"

namespace muster::coordinator {

// Safe from any thread; it ends before its ports do, and their threads after it.
class MqttTelemetryDesk {
 public:
  static constexpr std::size_t kMostAtOnce = 64;  // Envelopes being handled; one of each device.

  struct Ports {  // All outlive the desk.
    Mqtt& mqtt;
    Executor& pool;
    const Crypto& crypto;
    const Signer& log_signer;
    Logger& log;
    MetricSink& metrics;
    // The identity key that a device enrolled with; PERMISSION_DENIED (NOT_ENROLLED). Answers on
    // any thread.
    std::function<void(const DeviceId&, std::function<void(StatusOr<SigningPublic>)>)> key_of;
    // Takes an encoded ReportTelemetryRequest of a device, and gives the encoded reply once what it
    // acknowledges is durable. An error is answered with silence: the device sends it again.
    std::function<void(const DeviceId&, Bytes, std::function<void(StatusOr<Bytes>)>)> report;
  };

  // Subscribes at the broker, now or as soon as it is there.
  static StatusOr<std::unique_ptr<MqttTelemetryDesk>> Start(Ports ports);
  ~MqttTelemetryDesk();

 private:
  class Core;
  explicit MqttTelemetryDesk(std::shared_ptr<Core> core);
  const std::shared_ptr<Core> core_;
  std::shared_ptr<void> subscription_;  // Ends first.
};

}  // namespace muster::coordinator
