#include "base/telemetry_signing.h"

namespace muster {
namespace {
void Append(Bytes& out, ByteView bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }

Bytes Begin(std::string_view domain, const DeviceId& device) {
  Bytes out;
  Append(out, AsBytes(domain));
  out.push_back(std::byte{0});
  Append(out, AsBytes(device.value()));
  out.push_back(std::byte{0});
  return out;
}
}  // namespace

Bytes TelemetryBytesToSign(const DeviceId& device, ByteView body) {
  Bytes out = Begin("muster/telemetry/v1", device);
  Append(out, body);
  return out;
}

Bytes TelemetryAckBytesToSign(const DeviceId& device, const Digest& answers, ByteView body) {
  Bytes out = Begin("muster/telemetry-ack/v1", device);
  Append(out, answers.bytes());
  Append(out, body);
  return out;
}

}  // namespace muster
