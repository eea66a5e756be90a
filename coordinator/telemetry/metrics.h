#pragma once
// What telemetry counts; docs/METRICS.md describes each.
#include "base/metrics.h"
#include "base/reason.h"
#include "coordinator/telemetry/types.h"

namespace muster::coordinator {

class TelemetryMetrics {
 public:
  explicit TelemetryMetrics(MetricSink& sink) : sink_(sink) {}

  Counter& Records(TelemetryClass cls) {
    return sink_.MakeCounter("muster_telemetry_records_total",
                             "Records of devices that were acknowledged.",
                             {{"class", std::string(NameOf(cls))}});
  }
  Counter& Refused(std::string_view reason) {
    return sink_.MakeCounter("muster_telemetry_refused_total",
                             "Records of devices, and calls with records, that were refused.",
                             {{"reason", std::string(reason)}});
  }

 private:
  MetricSink& sink_;
};

}  // namespace muster::coordinator
