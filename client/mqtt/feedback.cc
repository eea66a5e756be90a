#include "client/mqtt/feedback.h"

#include "base/canonical_json.h"

namespace muster::client {
namespace {
std::string TopicOf(const DeviceName& node) {
  return fmt::format("muster/v1/feedback/{}", node.value());
}

// {"id": ...}, or what was wrong with it.
Json AnswerTo(const StatusOr<std::string>& taken) {
  if (taken.ok()) return {{"id", *taken}};
  return {{"reason", NameOf(ReasonOf(taken.status()).value_or(Reason::kPAYLOAD_INVALID))},
          {"error", MessageOf(taken.status())}};
}
}  // namespace

StatusOr<std::unique_ptr<MqttFeedback>> MqttFeedback::Start(const std::vector<DeviceName>& nodes,
                                                            Mqtt& mqtt, Submit submit,
                                                            Logger& log) {
  std::unique_ptr<MqttFeedback> out(new MqttFeedback(mqtt, std::move(submit), log));
  for (const DeviceName& node : nodes) {
    const auto take = [raw = out.get(), node](const MqttMessage& message) {
      raw->Take(node, message);
    };
    MUSTER_ASSIGN(std::shared_ptr<void> token, mqtt.Subscribe(TopicOf(node), 1, take));
    out->subscriptions_.push_back(std::move(token));
  }
  return out;
}

void MqttFeedback::Take(const DeviceName& node, const MqttMessage& message) {
  if (message.retained) return;  // It was said before.
  const StatusOr<std::string> taken = submit_(node, AsText(message.payload));
  if (!taken.ok())
    log_.Warn("mqtt_feedback_refused", {{"node", node}, {"error", MessageOf(taken.status())}});
  const StatusOr<std::string> answer = CanonicalJson(AnswerTo(taken));
  if (!answer.ok()) return;  // Text of the sender's that is not UTF-8.
  // Who does not hear it says it again, under the same id.
  const Status told = mqtt_.Publish(TopicOf(node) + "/answer", AsBytes(*answer), 1, nullptr);
  if (!told.ok())
    log_.Warn("mqtt_feedback_not_answered", {{"node", node}, {"error", MessageOf(told)}});
}

}  // namespace muster::client
