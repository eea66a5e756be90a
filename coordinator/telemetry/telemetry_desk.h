#pragma once
// Where devices' telemetry arrives, whichever way it came: takes as much as the device's rate
// allows, has it heard, and says up to where it is durable.
#include <map>

#include "base/log.h"
#include "coordinator/telemetry/metrics.h"
#include "coordinator/telemetry/rate.h"
#include "coordinator/telemetry/types.h"

namespace muster::coordinator {

// Used on the control strand.
class TelemetryDesk {
 public:
  TelemetryDesk(const Clock& clock, MetricSink& metrics, Logger& log, TelemetryRates rates = {})
      : clock_(clock), metrics_(metrics), log_(log), rates_(rates) {}

  // Who hears it; null: nobody, and it is counted and acknowledged all the same.
  void SetListener(TelemetryListener* listener) { listener_ = listener; }

  // What the device may let go of. Of each class the records are taken from the first on, until the
  // rate is used up; those beyond are neither acknowledged nor refused, and come again.
  //   errors  INVALID_ARGUMENT (TELEMETRY_INVALID) for a batch that is none; RESOURCE_EXHAUSTED
  //           (TELEMETRY_FULL) when nothing of it was taken; the listener's.
  StatusOr<TelemetryAck> Take(const DeviceId& device, const TelemetryBatch& batch);

 private:
  std::vector<TelemetryRecord> Admit(const DeviceId& device, const TelemetryBatch& batch,
                                     std::map<TelemetryClass, std::uint64_t>& waits);
  Status Hear(const DeviceId& device, const std::string& spool,
              const std::vector<TelemetryRecord>& records);

  const Clock& clock_;
  TelemetryMetrics metrics_;
  Logger& log_;
  const TelemetryRates rates_;
  TelemetryListener* listener_ = nullptr;
  std::map<DeviceId, DeviceRate> of_;
};

}  // namespace muster::coordinator
