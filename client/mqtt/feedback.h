#pragma once
// What people at the site say of predictions and alarms, over the site's own broker: published to
// muster/v1/feedback/<node>, answered on muster/v1/feedback/<node>/answer.
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/log.h"
#include "base/mqtt.h"

namespace muster::client {

// Works on the MQTT client's thread.
class MqttFeedback {
 public:
  // Takes one message's text about a node; the id under which it is known once it is durable.
  using Submit =
      std::function<StatusOr<std::string>(const DeviceName& node, std::string_view text)>;

  // The ports outlive it.
  static StatusOr<std::unique_ptr<MqttFeedback>> Start(const std::vector<DeviceName>& nodes,
                                                       Mqtt& mqtt, Submit submit, Logger& log);

 private:
  MqttFeedback(Mqtt& mqtt, Submit submit, Logger& log)
      : mqtt_(mqtt), submit_(std::move(submit)), log_(log) {}
  void Take(const DeviceName& node, const MqttMessage& message);

  Mqtt& mqtt_;
  const Submit submit_;
  Logger& log_;
  std::vector<std::shared_ptr<void>> subscriptions_;  // The last member: they end first.
};

}  // namespace muster::client
