#pragma once
// Metrics that nobody reads.
#include "base/metrics.h"

namespace muster::testing {

class NullMetrics final : public MetricSink {
 public:
  Counter& MakeCounter(std::string_view, std::string_view, const Labels&) override {
    return counter_;
  }
  Gauge& MakeGauge(std::string_view, std::string_view, const Labels&) override { return gauge_; }
  Histogram& MakeHistogram(std::string_view, std::string_view, const std::vector<double>&,
                           const Labels&) override {
    return histogram_;
  }

 private:
  struct : Counter {
    void Add(double) override {}
  } counter_;
  struct : Gauge {
    void Set(double) override {}
  } gauge_;
  struct : Histogram {
    void Observe(double) override {}
  } histogram_;
};

}  // namespace muster::testing
