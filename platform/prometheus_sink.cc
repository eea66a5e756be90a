#include "platform/prometheus_sink.h"

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <utility>

namespace muster::platform {
namespace {
struct PrometheusCounter final : Counter {
  explicit PrometheusCounter(prometheus::Counter& c) : counter(c) {}
  void Add(double n) override { counter.Increment(n); }
  prometheus::Counter& counter;
};
struct PrometheusGauge final : Gauge {
  explicit PrometheusGauge(prometheus::Gauge& g) : gauge(g) {}
  void Set(double value) override { gauge.Set(value); }
  prometheus::Gauge& gauge;
};
struct PrometheusHistogram final : Histogram {
  explicit PrometheusHistogram(prometheus::Histogram& h) : histogram(h) {}
  void Observe(double value) override { histogram.Observe(value); }
  prometheus::Histogram& histogram;
};

using Key = std::pair<std::string, Labels>;

[[noreturn]] void Die(std::string_view name, const char* what) {
  std::fprintf(stderr, "muster: metric %.*s: %s\n", static_cast<int>(name.size()), name.data(),
               what);
  std::abort();
}

// The metric under `key`, made with `make` (which gives prometheus' own) on the first call.
template <typename Wrapper, typename Make>
Wrapper& FindOrMake(std::map<Key, std::unique_ptr<Wrapper>>& known, const Key& key,
                    const Make& make) {
  auto& slot = known[key];
  if (slot) return *slot;
  try {
    slot = std::make_unique<Wrapper>(make());
  } catch (const std::exception& e) {
    Die(key.first, e.what());
  }
  return *slot;
}
}  // namespace

struct PrometheusSink::Impl {
  prometheus::Registry registry;
  absl::Mutex mu;
  std::map<Key, std::unique_ptr<PrometheusCounter>> counters ABSL_GUARDED_BY(mu);
  std::map<Key, std::unique_ptr<PrometheusGauge>> gauges ABSL_GUARDED_BY(mu);
  std::map<Key, std::unique_ptr<PrometheusHistogram>> histograms ABSL_GUARDED_BY(mu);
};

PrometheusSink::PrometheusSink() : impl_(std::make_unique<Impl>()) {}
PrometheusSink::~PrometheusSink() = default;

Counter& PrometheusSink::MakeCounter(std::string_view name, std::string_view help,
                                     const Labels& labels) {
  absl::MutexLock lock(&impl_->mu);
  return FindOrMake(impl_->counters, Key(name, labels), [&]() -> prometheus::Counter& {
    return prometheus::BuildCounter()
        .Name(std::string(name))
        .Help(std::string(help))
        .Register(impl_->registry)
        .Add(labels);
  });
}

Gauge& PrometheusSink::MakeGauge(std::string_view name, std::string_view help,
                                 const Labels& labels) {
  absl::MutexLock lock(&impl_->mu);
  return FindOrMake(impl_->gauges, Key(name, labels), [&]() -> prometheus::Gauge& {
    return prometheus::BuildGauge()
        .Name(std::string(name))
        .Help(std::string(help))
        .Register(impl_->registry)
        .Add(labels);
  });
}

Histogram& PrometheusSink::MakeHistogram(std::string_view name, std::string_view help,
                                         const std::vector<double>& bounds, const Labels& labels) {
  if (std::ranges::adjacent_find(bounds, std::greater_equal<>()) != bounds.end())
    Die(name, "bounds do not ascend");
  absl::MutexLock lock(&impl_->mu);
  return FindOrMake(impl_->histograms, Key(name, labels), [&]() -> prometheus::Histogram& {
    return prometheus::BuildHistogram()
        .Name(std::string(name))
        .Help(std::string(help))
        .Register(impl_->registry)
        .Add(labels, bounds);
  });
}

std::string PrometheusSink::Expose() const {
  return prometheus::TextSerializer().Serialize(impl_->registry.Collect());
}

}  // namespace muster::platform
