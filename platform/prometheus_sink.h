#pragma once
// Metrics kept by prometheus-cpp and shown in its text format. Serves nothing: /metrics does
// (ops_http.h).
#include <memory>
#include <string>

#include "base/metrics.h"

namespace muster::platform {

// A malformed name, the same name for two types, or bounds that do not ascend are bugs in the
// wiring and end the process with a message. Safe from any thread.
class PrometheusSink final : public MetricSink {
 public:
  PrometheusSink();
  ~PrometheusSink() override;

  Counter& MakeCounter(std::string_view name, std::string_view help, const Labels& labels) override;
  Gauge& MakeGauge(std::string_view name, std::string_view help, const Labels& labels) override;
  Histogram& MakeHistogram(std::string_view name, std::string_view help,
                           const std::vector<double>& bounds, const Labels& labels) override;

  // All metrics in Prometheus' text format 0.0.4. Cost: linear in the series.
  std::string Expose() const;

 private:
  struct Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace muster::platform
