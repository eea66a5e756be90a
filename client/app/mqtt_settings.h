#pragma once
// What the agent's file says of MQTT, checked once.
#include <muster/v1/agent.pb.h>

#include <filesystem>
#include <string>

#include "base/mqtt.h"
#include "base/status.h"
#include "client/mqtt/source.h"

namespace muster::client {

// INVALID_ARGUMENT (FIELD_INVALID) at the field under "mqtt". An empty client id is left to the
// agent.
StatusOr<MqttOptions> MqttFrom(const v1::AgentConfig::Mqtt& mqtt,
                               const std::filesystem::path& folder);
// The same of a node's source, at the field under `path`.
StatusOr<MqttSourceSettings> MqttSourceFrom(const v1::AgentConfig::MqttSource& source,
                                            const std::string& path);

}  // namespace muster::client
