#pragma once
// Sends what lies in a node's spool, batch by batch, one at a time, and lets go of what was
// acknowledged. A batch that got no answer goes again as it was, after a wait with jitter.
#include <memory>
#include <optional>

#include "base/clock.h"
#include "base/executor.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/rng.h"
#include "client/session/backoff.h"
#include "client/session/stepwise.h"
#include "client/telemetry/spool.h"

namespace muster::client {

// Outlives its sessions. Reading and writing the spool blocks `strand` for as long as the disk
// takes: it should not be one that others wait for.
struct TelemetryWorld {
  Clock& clock;
  Executor& strand;
  Rng& rng;  // Jitter.
  Logger& log;
};

// Used on its world's strand.
class TelemetrySession : public Stepwise<TelemetrySession> {
 public:
  static std::shared_ptr<TelemetrySession> Make(DeviceName node, const TelemetryWorld& world,
                                                std::shared_ptr<TelemetrySpool> spool,
                                                std::shared_ptr<TelemetryTransport> transport);
  // Sends what there is, and from then on what comes.
  void Start();
  // Takes no further step; what is on disk stays.
  void Stop();

 private:
  TelemetrySession(DeviceName node, const TelemetryWorld& world,
                   std::shared_ptr<TelemetrySpool> spool,
                   std::shared_ptr<TelemetryTransport> transport);
  void Wake();
  void Look();
  void Send();
  void OnAnswer(const StatusOr<TelemetryAck>& answer);
  void Again(std::string_view event, const Status& why);
  bool Believe(const TelemetryAck& ack);

  const DeviceName node_;
  const TelemetryWorld world_;
  const std::shared_ptr<TelemetrySpool> spool_;
  const std::shared_ptr<TelemetryTransport> transport_;
  Backoff backoff_;
  std::optional<TelemetryBatch> batch_;  // On its way, or to go again.
  bool idle_ = false;                    // There was nothing to send when it looked last.
  bool failing_ = false;
};

}  // namespace muster::client
