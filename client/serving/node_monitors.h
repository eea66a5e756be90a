#pragma once
// The monitors that run on one node over what it serves: the coordinator's rules and the site's
// own, over the contract's numbers and what serving itself says of each row ("$error",
// "$prediction", "$latency" in ms, "$power" in W). Reads no clock; used from one thread.
#include <map>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "base/log.h"
#include "drift/monitors/monitor_set.h"

namespace muster::client {

// What serving says of a row. NaN: nothing.
struct ServedMeasures {
  double error = 0;
  double prediction = 0;
  double latency_ms = 0;
  double watts = 0;
};
// "$error", "$prediction", "$latency", "$power": behind the contract's numbers in a row.
std::span<const std::string_view> PseudoFields();

struct NodeMonitorsConfig {
  std::string series;                         // The node's name.
  std::vector<drift::MonitoredField> fields;  // The contract's numbers.
  std::vector<drift::MonitorSpec> specs;      // Of all who have rules; names differ.
  std::optional<drift::TrainingReference> reference;
};

class NodeMonitors {
 public:
  // Rules that cannot run here (no such field, no reference, beyond what may be held) are left out,
  // field by field where that is enough, and the log says which and why.
  static NodeMonitors Make(NodeMonitorsConfig config, Logger& log);

  // Appends what the row begins or ends. `values` as config.fields.
  void Feed(std::optional<Timestamp> time, std::span<const double> values,
            const ServedMeasures& measures, std::vector<drift::Finding>& out);
  void Tick(Timestamp now, std::vector<drift::Finding>& out);
  // Appends an end of everything that has begun: these rules do not watch any more.
  void Close(std::vector<drift::Finding>& out);

  std::size_t rules() const { return set_ ? set_->specs().size() : 0; }
  // Counted since the start, by drift::NameOf(Skip); those above 0.
  std::map<std::string, std::uint64_t> NotJudged() const;

  // Text for Restore of a set with the same rules and fields; empty without rules.
  Json Save() const;
  // FIELD_INVALID, and nothing has changed, when it is none.
  Status Restore(const Json& json);

 private:
  using Key = std::tuple<std::string, std::string, std::string>;  // Monitor, field, series.
  void Note(std::span<const drift::Finding> found);
  std::string series_;
  std::optional<drift::MonitorSet> set_;  // None: no rules.
  std::vector<double> row_;               // Reused.
  std::map<Key, drift::Finding> open_;
};

}  // namespace muster::client
