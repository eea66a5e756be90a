#pragma once
// Predictions to a topic of the site's broker.
#include <memory>
#include <string>

#include "base/log.h"
#include "base/mqtt.h"
#include "client/serving/sink.h"

namespace muster::client {

class MqttSink final : public PredictionSink {
 public:
  // `mqtt` and `log` outlive it. INVALID_ARGUMENT (FIELD_INVALID) for the topic or a qos but 0
  // and 1.
  static StatusOr<std::unique_ptr<PredictionSink>> Make(std::string topic, int qos, Mqtt& mqtt,
                                                        Logger& log);
  std::string_view name() const override { return name_; }
  // Errors when the broker is not there, or too much waits for it: the line is not sent then. One
  // that was sent, and that the broker did not take after all, is logged.
  Status Give(std::string_view line) override;

 private:
  MqttSink(std::string topic, int qos, Mqtt& mqtt, Logger& log)
      : topic_(std::move(topic)), name_("mqtt " + topic_), qos_(qos), mqtt_(mqtt), log_(log) {}
  const std::string topic_;
  const std::string name_;
  const int qos_;
  Mqtt& mqtt_;
  Logger& log_;
};

}  // namespace muster::client
