#pragma once
// What a version served since its last summary: counts, times, energy. No value of any row. Pure.
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/canonical_json.h"
#include "base/clock.h"
#include "client/telemetry/event.h"

namespace muster::client {

class ServiceTotals {
 public:
  explicit ServiceTotals(Timestamp since = {}) : since_(since) {}

  void CountRow(std::optional<Timestamp> time, bool predicted, bool labelled, bool failed);
  void CountPrediction(double latency_ms) { latencies_.push_back(latency_ms); }
  void CountEnergy(double joules) { served_.joules += joules; }

  std::uint64_t rows() const { return served_.rows; }
  Timestamp since() const { return since_; }
  // The summary, with what monitors did not judge (counted since they began), and begins the next.
  Served Take(const std::map<std::string, std::uint64_t>& not_judged, Timestamp now);
  // The monitors count from zero again.
  void ForgetJudged() { judged_.clear(); }

  Json Save() const;
  static StatusOr<ServiceTotals> Restore(const Json& json, Timestamp now);

 private:
  std::string Sketch() const;  // Of the latencies; empty: none.

  Timestamp since_;
  Served served_;
  std::string sketch_;                           // Of an earlier life's.
  std::vector<double> latencies_;                // Since.
  std::map<std::string, std::uint64_t> judged_;  // Of not_judged, what was told.
};

}  // namespace muster::client
