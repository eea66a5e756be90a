#include "client/mqtt/sink.h"

namespace muster::client {

StatusOr<std::unique_ptr<PredictionSink>> MqttSink::Make(std::string topic, int qos, Mqtt& mqtt,
                                                         Logger& log) {
  MUSTER_TRY(CheckMqttTopic(topic));
  if (qos != 0 && qos != 1)
    return WithReason(InvalidArgument("qos {} is neither 0 nor 1", qos), Reason::kFIELD_INVALID);
  return std::unique_ptr<PredictionSink>(new MqttSink(std::move(topic), qos, mqtt, log));
}

Status MqttSink::Give(std::string_view line) {
  const auto lost = [name = name_, &log = log_](const Status& status) {
    if (!status.ok())
      log.Warn("prediction_not_acknowledged", {{"sink", name}, {"error", MessageOf(status)}});
  };
  const Status published = mqtt_.Publish(topic_, AsBytes(line), qos_, lost);
  if (published.ok()) return Ok();
  return WithReason(Prefixed(published, name_), Reason::kSINK_FAILED);
}

}  // namespace muster::client
