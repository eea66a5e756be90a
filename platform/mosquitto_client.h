#pragma once
// The MQTT port over libmosquitto: MQTT 5 and 3.1.1, with TLS or without. One thread of its own
// makes every call of the library (docs/decisions/0013-mqtt-by-libmosquitto.md says why), connects,
// and connects again for ever, with jitter.
#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/log.h"
#include "base/mqtt.h"
#include "base/seeded.h"
#include "platform/posix_file.h"

struct mosquitto;
struct mosquitto_message;

namespace muster::platform {

class MosquittoClient final : public Mqtt {
 public:
  static constexpr std::size_t kMostWaiting = 256;              // Messages not yet acknowledged,
  static constexpr std::size_t kMostWaitingBytes = 16ul << 20;  // and their bytes.
  static constexpr std::size_t kMostInFlight = 64;              // Of them, at the broker.

  // Does not wait for the connection. `seed` draws the pauses between tries. INVALID_ARGUMENT for
  // options that cannot be, NOT_FOUND and FAILED_PRECONDITION for a password file that is missing
  // or open to others. `log` outlives the client.
  static StatusOr<std::unique_ptr<MosquittoClient>> Start(MqttOptions options, std::uint64_t seed,
                                                          Logger& log);
  // Says goodbye to the broker if that takes no more than a moment.
  ~MosquittoClient() override;

  Status Publish(std::string_view topic, ByteView payload, int qos, Done done) override;
  StatusOr<std::shared_ptr<void>> Subscribe(std::string_view filter, int qos,
                                            Handler handler) override;
  bool connected() const override { return connected_; }

 private:
  struct Outgoing {
    std::string topic;
    Bytes payload;
    int qos = 0;
    Done done;
  };
  struct Subscription;
  struct Token;
  struct Free {
    void operator()(mosquitto* handle) const;
  };
  using Handle = std::unique_ptr<mosquitto, Free>;

  MosquittoClient(MqttOptions options, std::uint64_t seed, Logger& log, Fd wake);
  void Wake() const;
  void Run();
  Status Converse();
  StatusOr<Handle> Open();
  Status SetCredentials(mosquitto* handle) const;
  Status Turn(mosquitto* handle);
  Status Deal(mosquitto* handle, bool readable, bool writable);
  Status SyncSubscriptions(mosquitto* handle);
  Status SendWaiting(mosquitto* handle);
  void Farewell(mosquitto* handle);
  void Pause();
  void EndAll(const Status& why);
  void Settle(int mid, Status status);
  void Hand(const mosquitto_message& message);
  Status ErrorOf(int rc, int error) const;
  void Drop(const std::shared_ptr<Subscription>& subscription);

  static void OnConnect(mosquitto*, void* self, int code);
  static void OnPublished(mosquitto*, void* self, int mid, int code, const void* properties);
  static void OnSubscribed(mosquitto*, void* self, int mid, int count, const int* granted);
  static void OnMessage(mosquitto*, void* self, const mosquitto_message* message);
  static void OnLog(mosquitto*, void* self, int level, const char* text);

  const MqttOptions options_;
  Logger& log_;
  const Fd wake_;
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> connected_ = false;

  absl::Mutex mu_;
  std::deque<Outgoing> waiting_ ABSL_GUARDED_BY(mu_);
  std::size_t unsettled_ ABSL_GUARDED_BY(mu_) = 0;  // Waiting and in flight.
  std::size_t unsettled_bytes_ ABSL_GUARDED_BY(mu_) = 0;
  std::vector<std::shared_ptr<Subscription>> subscriptions_ ABSL_GUARDED_BY(mu_);
  bool resubscribe_ ABSL_GUARDED_BY(mu_) = false;

  // Of the thread alone.
  SeededRng rng_;
  struct Flight {
    std::size_t bytes = 0;
    Done done;
  };
  std::map<int, Flight> in_flight_;        // By the library's number.
  std::map<std::string, int> subscribed_;  // Filters of this connection, and their qos.
  bool tcp_up_ = false;
  bool answered_ = false;  // CONNACK has come.
  int refusal_ = 0;        // Its code.
  std::string library_said_;
  std::string last_why_;  // Told once, not at every try.
  int failures_ = 0;
  std::thread thread_;  // The last member: it uses all others.
};

}  // namespace muster::platform
