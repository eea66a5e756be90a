#pragma once
// What is signed when telemetry goes over a broker that nobody trusts, and where it is published.
// Proto: TelemetryEnvelope and TelemetryAck (telemetry.proto).
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/ids.h"

namespace muster {

inline constexpr std::string_view kTelemetryTopics = "muster/v1/telemetry/";  // And a device's id.
inline constexpr std::string_view kTelemetryAckTopics = "muster/v1/ack/";

// By the device's identity key: "muster/telemetry/v1\0", its id, "\0", the body.
Bytes TelemetryBytesToSign(const DeviceId& device, ByteView body);
// By the log's key: "muster/telemetry-ack/v1\0", the device's id, "\0", the SHA-256 of the body
// that it answers, the answer. No other signature of either key begins so.
Bytes TelemetryAckBytesToSign(const DeviceId& device, const Digest& answers, ByteView body);

}  // namespace muster
