#pragma once
// MQTT as a port: publish, subscribe, and whether the broker is there. platform/mosquitto_client.h
// speaks it over TCP and TLS; tests have a broker in memory. A broker is not trusted: what matters
// is signed by those who say it, and acknowledged by those who have it.
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/endpoint.h"
#include "base/status.h"

namespace muster {

inline constexpr std::size_t kMostMqttPayload = std::size_t{256} << 10;
inline constexpr std::size_t kMostMqttTopic = 512;  // Of a topic or a filter; in bytes.

enum class MqttVersion { k311, k5 };

// How a broker is reached. Secrets are paths.
struct MqttOptions {
  Endpoint broker;
  bool tls = true;
  MqttVersion version = MqttVersion::k5;
  std::string client_id;         // Unique at the broker.
  std::string username;          // Empty: none.
  std::string password_file;     // Empty: none.
  std::string ca_file;           // PEM; empty: the system's.
  std::string certificate_file;  // PEM; empty: the client shows none.
  std::string key_file;
};

// "mqtts://host:8883" or "mqtt://host:1883" into `broker` and `tls`; INVALID_ARGUMENT
// (FIELD_INVALID) otherwise.
Status ParseMqttBroker(std::string_view url, MqttOptions& out);
// "5" (or nothing) and "3.1.1"; INVALID_ARGUMENT (FIELD_INVALID) otherwise.
StatusOr<MqttVersion> ParseMqttVersion(std::string_view text);

// INVALID_ARGUMENT (FIELD_INVALID) unless messages may be published under it: not empty, bounded,
// printable ASCII or UTF-8 without control characters, no wildcard.
Status CheckMqttTopic(std::string_view topic);
// The same of what is subscribed to: '+' only as a whole level, '#' only as the last one.
Status CheckMqttFilter(std::string_view filter);
// MQTT 5, section 4.7. Both are taken to be valid. Topics that begin with '$' match no filter that
// begins with a wildcard.
bool MqttMatches(std::string_view filter, std::string_view topic);

// Holds while the handler runs.
struct MqttMessage {
  std::string_view topic;
  ByteView payload;
  bool retained = false;
};

// Safe from any thread. Handlers and callbacks come one at a time, on a thread of the client's own:
// they may publish and subscribe, and must not block for long.
class Mqtt {
 public:
  using Done = std::function<void(Status)>;
  using Handler = std::function<void(const MqttMessage&)>;

  virtual ~Mqtt() = default;
  // Sends at once or not at all: what is to outlast an outage is kept by the caller.
  //   qos     0 or 1.
  //   done    called once when this returned OK: OK when the broker has it (of qos 0: when it was
  //           sent); UNAVAILABLE (BROKER_UNREACHABLE) when the connection ended first, and the
  //           broker may have it all the same; PERMISSION_DENIED when it refused. May be null; not
  //           called any more when the client is gone.
  //   errors  INVALID_ARGUMENT for the topic, the payload's size, the qos; UNAVAILABLE
  //           (BROKER_UNREACHABLE) when not connected; RESOURCE_EXHAUSTED (OVERLOADED) when too
  //           much waits already.
  virtual Status Publish(std::string_view topic, ByteView payload, int qos, Done done) = 0;
  // Calls `handler` with each message that matches, from the next connection on if there is none
  // now, as long as the token lives: when its destructor has returned, no call is under way, unless
  // it was that call which destroyed it. The client outlives its tokens. A message may come twice.
  // What was published while the client was not connected does not come, but for what the broker
  // retains. Payloads beyond the bound do not come. INVALID_ARGUMENT for the filter or the qos.
  virtual StatusOr<std::shared_ptr<void>> Subscribe(std::string_view filter, int qos,
                                                    Handler handler) = 0;
  virtual bool connected() const = 0;
};

}  // namespace muster
