// What works over MQTT, where every client has a thread of its own, as libmosquitto's has.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <absl/synchronization/notification.h>

#include <list>

#include "base/strand.h"
#include "client/mqtt/feedback.h"
#include "client/mqtt/source.h"
#include "client/mqtt/telemetry_transport.h"
#include "coordinator/mqtt/telemetry_desk.h"
#include "platform/sha256.h"
#include "platform/system_clock.h"
#include "platform/thread_pool.h"
#include "tests/support/null_metrics.h"
#include "tests/support/status_matchers.h"
#include "tests/support/symbolic_crypto.h"
#include "tests/support/temp_dir.h"

namespace muster::client {
namespace {
using testing::IsOk;
using testing::NullMetrics;
using testing::SymbolicCrypto;
using testing::SymbolicSigner;
using testing::TempDir;
constexpr int kMessages = 200;
const DeviceId kDevice{"00112233445566778899aabbccddeeff"};

// Hands what one publishes to all that have subscribed, each on its own thread.
class Broker {
 public:
  class Client final : public Mqtt {
   public:
    explicit Client(Broker& broker) : broker_(broker) {}
    ~Client() override { thread_.Stop(std::chrono::seconds(10)); }
    Status Publish(std::string_view topic, ByteView payload, int, Done done) override {
      broker_.Spread(std::string(topic), Bytes(payload.begin(), payload.end()));
      if (done) thread_.Post([done = std::move(done)] { done(Ok()); });
      return Ok();
    }
    StatusOr<std::shared_ptr<void>> Subscribe(std::string_view filter, int,
                                              Handler handler) override {
      absl::MutexLock lock(&mu_);
      const auto at = handlers_.insert(handlers_.end(), {std::string(filter), std::move(handler)});
      return std::shared_ptr<void>(static_cast<void*>(nullptr), [this, at](void*) {
        absl::MutexLock gone(&mu_);  // Waits for a call that is under way.
        handlers_.erase(at);
      });
    }
    bool connected() const override { return true; }
    void Hear(const std::string& topic, const Bytes& payload) {
      thread_.Post([this, topic, payload] {
        absl::MutexLock lock(&mu_);
        for (const auto& [filter, handler] : handlers_)
          if (MqttMatches(filter, topic)) handler({topic, payload, false});
      });
    }

   private:
    Broker& broker_;
    platform::SystemClock clock_;
    NullLogger log_;
    platform::ThreadPool thread_{clock_, log_, {.threads = 1}};
    absl::Mutex mu_;
    std::list<std::pair<std::string, Handler>> handlers_ ABSL_GUARDED_BY(mu_);
  };

  Client& Connect() { return clients_.emplace_back(*this); }
  ~Broker() { EndThreads(); }
  // Before what their handlers use is gone.
  void EndThreads() { clients_.clear(); }

 private:
  void Spread(const std::string& topic, const Bytes& payload) {
    for (Client& client : clients_) client.Hear(topic, payload);
  }
  std::list<Client> clients_;  // All of them connect before anything is published.
};

class MqttThreads : public ::testing::Test {
 protected:
  platform::SystemClock clock_;
  NullLogger log_;
  Broker broker_;
  Mqtt& device_ = broker_.Connect();
  Mqtt& other_ = broker_.Connect();
  platform::ThreadPool pool_{clock_, log_, {.threads = 3}};
};

TEST_F(MqttThreads, EachBatchIsAnsweredOnceByTheDeskOnTheOtherSide) {
  const platform::OpenSslHasher hasher;
  const SymbolicCrypto crypto(hasher);
  const auto identity = std::make_shared<SymbolicSigner>(crypto, 1);
  const SymbolicSigner log_key(crypto, 2);
  NullMetrics metrics;
  std::atomic<int> reported = 0;
  auto desk = *coordinator::MqttTelemetryDesk::Start(
      {.mqtt = other_,
       .pool = pool_,
       .crypto = crypto,
       .log_signer = log_key,
       .log = log_,
       .metrics = metrics,
       .key_of = [&](const DeviceId&, const auto& done) { done(identity->public_key()); },
       .report =
           [&](const DeviceId&, const Bytes& body, const auto& done) {
             pool_.Post([&reported, body, done] {
               ++reported;
               done(body);
             });
           }});
  auto transport = *MqttTelemetryTransport::Make(
      {.device = kDevice,
       .identity = identity,
       .log_key = log_key.public_key(),
       .codec = {.encode =
                     [](const TelemetryBatch& batch) {
                       return Bytes(AsBytes(batch.spool).begin(), AsBytes(batch.spool).end());
                     },
                 .decode = [](ByteView) { return TelemetryAck(); }}},
      {device_, crypto, clock_, pool_, log_});
  Strand strand(pool_);
  std::atomic<int> answers = 0;
  absl::Notification done;
  std::function<void(int)> send = [&](int left) {
    transport->Send({.spool = fmt::format("batch {}", left), .records = {{}}},
                    [&, left](const StatusOr<TelemetryAck>& ack) {
                      EXPECT_THAT(ack, IsOk());
                      ++answers;
                      if (left == 1) return done.Notify();
                      strand.Post([&send, left] { send(left - 1); });
                    });
  };
  strand.Post([&] { send(kMessages); });
  done.WaitForNotification();
  EXPECT_EQ(answers, kMessages);
  EXPECT_EQ(reported, kMessages);
  // Both end while the other side may still speak.
  transport.reset();
  desk.reset();
  pool_.Stop(std::chrono::seconds(10));
}

TEST_F(MqttThreads, RowsAndFeedbackComeWhileOthersCountThem) {
  const TempDir dir;
  auto source = *MqttSource::Start(
      "n1",
      {.topic = "plant/1", .mapping = {.fields = {{"t", "t"}}, .time = "/at"}, .keep_rows = 100},
      dir / "rows.csv", device_, clock_, log_);
  std::atomic<int> said = 0;
  auto feedback = *MqttFeedback::Start(
      {DeviceName("n1")}, device_,
      [&said](const DeviceName&, std::string_view) -> StatusOr<std::string> {
        return fmt::format("id-{}", ++said);
      },
      log_);
  std::atomic<int> answered = 0;
  absl::Notification all;
  auto token = *other_.Subscribe("muster/v1/feedback/+/answer", 1, [&](const MqttMessage&) {
    if (++answered == kMessages) all.Notify();
  });
  std::thread counts([&] {
    while (!all.HasBeenNotified()) EXPECT_EQ(source->counts().invalid, 0U);
  });
  for (int i = 0; i < kMessages; ++i) {
    const std::string row = fmt::format(R"({{"at": {}, "t": {}}})", 1780000000 + i, i);
    ASSERT_THAT(other_.Publish("plant/1", AsBytes(row), 1, nullptr), IsOk());
    ASSERT_THAT(other_.Publish("muster/v1/feedback/n1", AsBytes("{}"), 1, nullptr), IsOk());
  }
  all.WaitForNotification();  // Messages come in their order, so all rows have come.
  counts.join();
  EXPECT_EQ(source->counts().rows, static_cast<std::uint64_t>(kMessages));
  EXPECT_EQ(said, kMessages);
  token.reset();
  feedback.reset();
  source.reset();
}

}  // namespace
}  // namespace muster::client
