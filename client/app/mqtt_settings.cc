#include "client/app/mqtt_settings.h"

namespace muster::client {
namespace fs = std::filesystem;
namespace {
constexpr std::uint64_t kMostKept = 100'000'000;
constexpr std::size_t kLongestId = 64;

// What another check found, said of the field at `path`.
Status At(std::string_view path, const Status& status) {
  return status.ok() ? status : WithField(Prefixed(status, path), path);
}

std::string FileIn(const fs::path& folder, const std::string& path) {
  return path.empty() ? path : (folder / path).lexically_normal().string();
}
}  // namespace

StatusOr<MqttOptions> MqttFrom(const v1::AgentConfig::Mqtt& mqtt, const fs::path& folder) {
  MqttOptions out;
  MUSTER_TRY(At("mqtt.broker", ParseMqttBroker(mqtt.broker(), out)));
  const StatusOr<MqttVersion> version = ParseMqttVersion(mqtt.version());
  if (!version.ok()) return At("mqtt.version", version.status());
  out.version = *version;
  out.client_id = mqtt.client_id();
  if (out.client_id.size() > kLongestId || out.client_id.find_first_of("+#/") != std::string::npos)
    return InvalidField("mqtt.client_id", "is longer than {} or has one of + # /", kLongestId);
  out.username = mqtt.username();
  out.password_file = FileIn(folder, mqtt.password_file());
  out.ca_file = FileIn(folder, mqtt.ca_file());
  out.certificate_file = FileIn(folder, mqtt.certificate_file());
  out.key_file = FileIn(folder, mqtt.key_file());
  if (!out.password_file.empty() && out.username.empty())
    return InvalidField("mqtt.username", "is missing beside a password_file");
  if (out.certificate_file.empty() != out.key_file.empty())
    return InvalidField("mqtt.key_file", "certificate_file and key_file go together");
  if (!out.tls && (!out.ca_file.empty() || !out.key_file.empty()))
    return InvalidField("mqtt.broker", "mqtt:// has no TLS; with certificates it is mqtts://");
  if (!out.tls && !out.password_file.empty() && !out.broker.IsLoopback())
    return InvalidField("mqtt.broker",
                        "mqtt:// would show the password to the network; use mqtts://");
  return out;
}

StatusOr<MqttSourceSettings> MqttSourceFrom(const v1::AgentConfig::MqttSource& source,
                                            const std::string& path) {
  MqttSourceSettings out;
  out.topic = source.topic();
  MUSTER_TRY(At(path + ".topic", CheckMqttFilter(out.topic)));
  out.mapping = {.fields = {source.fields().begin(), source.fields().end()},
                 .preset = source.preset(),
                 .time = source.time(),
                 .device = source.device(),
                 .only = source.only()};
  const Status mapping = PayloadMap::Make(out.mapping).status();
  if (!mapping.ok())
    return WithField(Prefixed(mapping, path), fmt::format("{}.{}", path, FieldOf(mapping)));
  if (source.keep_rows() > kMostKept)
    return InvalidField(path + ".keep_rows", "more than {}", kMostKept);
  if (source.keep_rows() > 0) out.keep_rows = source.keep_rows();
  return out;
}

}  // namespace muster::client
