#pragma once
// What monitors and triggers count; docs/METRICS.md describes each.
#include <string>

#include "base/metrics.h"

namespace muster::coordinator {

class MonitorMetrics {
 public:
  explicit MonitorMetrics(MetricSink& sink) : sink_(sink) {}

  Counter& WindowsJudged(const std::string& monitor, bool drifted) {
    return sink_.MakeCounter("muster_windows_judged_total", "Windows over the fleet, judged.",
                             {{"monitor", monitor}, {"drifted", drifted ? "true" : "false"}});
  }
  Gauge& FindingsOpen(const std::string& monitor) {
    return sink_.MakeGauge("muster_findings_open", "Open alarms and warnings of devices.",
                           {{"monitor", monitor}});
  }
  Counter& Firings(const std::string& trigger) {
    return sink_.MakeCounter("muster_trigger_firings_total", "Firings of a trigger.",
                             {{"trigger", trigger}});
  }
  // 1 while a firing of it waits for a person.
  Gauge& Asking(const std::string& trigger) {
    return sink_.MakeGauge("muster_trigger_asking", "Firings that wait for a person.",
                           {{"trigger", trigger}});
  }
  Counter& CandidatesHeld(const std::string& trigger) {
    return sink_.MakeCounter("muster_candidates_held_total",
                             "Versions of a trigger that gates did not let into service.",
                             {{"trigger", trigger}});
  }
  Counter& OverBudget(const std::string& trigger) {
    return sink_.MakeCounter("muster_trigger_over_budget_total",
                             "Times that only the budget kept a trigger from firing.",
                             {{"trigger", trigger}});
  }
  // `state`: "refused", "fallen_back"; `reason`: a code of docs/PROTOCOL.md, or empty.
  Counter& VersionsFailed(const std::string& monitor, const std::string& state,
                          const std::string& reason) {
    return sink_.MakeCounter("muster_versions_failed_total",
                             "Times that a device refused a version, or fell back from one.",
                             {{"monitor", monitor}, {"state", state}, {"reason", reason}});
  }
  Counter& FeedbackHeard(const std::string& monitor, const std::string& verdict) {
    return sink_.MakeCounter("muster_feedback_total", "What people said of alarms.",
                             {{"monitor", monitor}, {"verdict", verdict}});
  }
  Counter& RowsServed(const std::string& model) {
    return sink_.MakeCounter("muster_rows_served_total", "Rows that devices predicted.",
                             {{"model", model}});
  }
  // `quantile`: "0.5", "0.99".
  Gauge& PredictionSeconds(const std::string& model, const std::string& version,
                           const std::string& quantile) {
    return sink_.MakeGauge("muster_prediction_seconds", "Time a prediction took on devices.",
                           {{"model", model}, {"version", version}, {"quantile", quantile}});
  }

 private:
  MetricSink& sink_;
};

}  // namespace muster::coordinator
