#pragma once
// Where predictions go: the port of a pipeline's last step. File and program here, MQTT in
// client/mqtt.
#include <string_view>

#include "base/status.h"

namespace muster::client {

// Used from one thread at a time.
class PredictionSink {
 public:
  virtual ~PredictionSink() = default;
  // What messages call it: "file /var/…", "mqtt plant/7/rul".
  virtual std::string_view name() const = 0;
  // Hands on one prediction: a JSON object without a line break. Errors with SINK_FAILED; the row
  // counts as served all the same, and the next one is tried.
  virtual Status Give(std::string_view line) = 0;
};

}  // namespace muster::client
