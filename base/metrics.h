#pragma once
// Metrics as labelled members of structs, made by a sink that is passed in. Units are in the names
// (`_seconds`, `_bytes`, `_total`); device ids are never labels. docs/METRICS.md lists them all.
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace muster {

class Counter {
 public:
  virtual ~Counter() = default;
  virtual void Add(double n = 1) = 0;
};
class Gauge {
 public:
  virtual ~Gauge() = default;
  virtual void Set(double value) = 0;
};
class Histogram {
 public:
  virtual ~Histogram() = default;
  virtual void Observe(double value) = 0;
};

using Labels = std::map<std::string, std::string>;

// Makes metrics; what it returns lives as long as the sink. The same name and labels give the
// same metric. Safe from any thread.
class MetricSink {
 public:
  virtual ~MetricSink() = default;
  virtual Counter& MakeCounter(std::string_view name, std::string_view help,
                               const Labels& labels = {}) = 0;
  virtual Gauge& MakeGauge(std::string_view name, std::string_view help,
                           const Labels& labels = {}) = 0;
  virtual Histogram& MakeHistogram(std::string_view name, std::string_view help,
                                   const std::vector<double>& bounds,
                                   const Labels& labels = {}) = 0;
};

}  // namespace muster
