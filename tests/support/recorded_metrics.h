#pragma once
// Metrics that a test reads: each by its name and the values of its labels, "name/value/value" in
// the order of the labels' names.
#include <map>
#include <memory>
#include <string>

#include "base/metrics.h"

namespace muster::testing {

class RecordedMetrics final : public MetricSink {
 public:
  // 0 of one that nobody has touched. Of a histogram: how many were observed.
  double Value(const std::string& key) const {
    const auto known = values_.find(key);
    return known == values_.end() ? 0 : known->second->value;
  }

  Counter& MakeCounter(std::string_view name, std::string_view, const Labels& labels) override {
    return At(name, labels);
  }
  Gauge& MakeGauge(std::string_view name, std::string_view, const Labels& labels) override {
    return At(name, labels);
  }
  Histogram& MakeHistogram(std::string_view name, std::string_view, const std::vector<double>&,
                           const Labels& labels) override {
    return At(name, labels);
  }

 private:
  struct Metric final : Counter, Gauge, Histogram {
    void Add(double n) override { value += n; }
    void Set(double to) override { value = to; }
    void Observe(double) override { ++value; }
    double value = 0;
  };
  Metric& At(std::string_view name, const Labels& labels) {
    std::string key(name);
    for (const auto& [label, value] : labels) key += "/" + value;
    auto& metric = values_[key];
    if (!metric) metric = std::make_unique<Metric>();
    return *metric;
  }

  std::map<std::string, std::unique_ptr<Metric>> values_;
};  // Used from one thread at a time.

}  // namespace muster::testing
