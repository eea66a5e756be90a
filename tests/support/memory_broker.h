#pragma once
// An MQTT broker in memory, and clients of it: what they do happens when the test says so, on the
// test's thread. It may go down, forget what it acknowledged, and bring messages twice.
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <utility>

#include "base/mqtt.h"

namespace muster::testing {

// Outlives its clients.
class MemoryBroker {
 public:
  class Client;

  std::unique_ptr<Mqtt> Connect();
  // Hands on what was published, and what that publishes.
  void Run() {
    while (!queue_.empty()) {
      const std::function<void()> step = std::move(queue_.front());
      queue_.pop_front();
      step();
    }
  }
  // Killed: what it had not handed on is gone, and publishers hear that the connection ended.
  void Kill();
  void Restart() { up_ = true; }
  bool up() const { return up_; }
  // As if somebody at the broker published it.
  void Say(const std::string& topic, std::string_view payload, bool retained = false) {
    Spread(topic, Bytes(AsBytes(payload).begin(), AsBytes(payload).end()), retained);
    Run();
  }
  // Sees everything that is published, before it is handed on; false: the broker loses it, though
  // it acknowledges it.
  std::function<bool(const std::string& topic, const Bytes& payload)> tap = nullptr;
  int copies = 1;  // Of each message that it hands on.

 private:
  struct Subscription {
    std::string filter;
    Mqtt::Handler handler;
  };
  void Spread(const std::string& topic, const Bytes& payload, bool retained) {
    for (const auto& each : subscriptions_) {
      if (!MqttMatches(each->filter, topic)) continue;
      for (int i = 0; i < copies; ++i)
        queue_.push_back([weak = std::weak_ptr(each), topic, payload, retained] {
          if (const auto found = weak.lock()) found->handler({topic, payload, retained});
        });
    }
  }

  bool up_ = true;
  std::deque<std::function<void()>> queue_;
  std::list<std::shared_ptr<Subscription>> subscriptions_;
  std::list<std::pair<std::uint64_t, Mqtt::Done>> unanswered_;
  std::uint64_t numbers_ = 0;
};

class MemoryBroker::Client final : public Mqtt {
 public:
  explicit Client(MemoryBroker& broker) : broker_(broker) {}
  bool connected() const override { return broker_.up_; }

  Status Publish(std::string_view topic, ByteView payload, int qos, Done done) override {
    MUSTER_TRY(CheckMqttTopic(topic));
    if (qos != 0 && qos != 1) return InvalidArgument("qos {}", qos);
    if (payload.size() > kMostMqttPayload) return InvalidArgument("too large");
    if (!broker_.up_) return Away();
    const std::uint64_t number = ++broker_.numbers_;
    broker_.unanswered_.emplace_back(number, std::move(done));
    broker_.queue_.push_back([&broker = broker_, number, topic = std::string(topic),
                              bytes = Bytes(payload.begin(), payload.end())] {
      if (!broker.tap || broker.tap(topic, bytes)) broker.Spread(topic, bytes, false);
      Answer(broker, number);
    });
    return Ok();
  }

  StatusOr<std::shared_ptr<void>> Subscribe(std::string_view filter, int,
                                            Handler handler) override {
    MUSTER_TRY(CheckMqttFilter(filter));
    auto made = std::make_shared<Subscription>();
    made->filter = std::string(filter);
    made->handler = std::move(handler);
    broker_.subscriptions_.push_back(made);
    return std::shared_ptr<void>(made.get(), [&broker = broker_, made](void*) mutable {
      broker.subscriptions_.remove(std::exchange(made, nullptr));
    });
  }

  static Status Away() { return WithReason(Unavailable("no broker"), Reason::kBROKER_UNREACHABLE); }

 private:
  static void Answer(MemoryBroker& broker, std::uint64_t number) {
    for (auto it = broker.unanswered_.begin(); it != broker.unanswered_.end(); ++it) {
      if (it->first != number) continue;
      const Done done = std::move(it->second);
      broker.unanswered_.erase(it);
      if (done) done(Ok());
      return;
    }
  }
  MemoryBroker& broker_;
};

inline std::unique_ptr<Mqtt> MemoryBroker::Connect() { return std::make_unique<Client>(*this); }

inline void MemoryBroker::Kill() {
  up_ = false;
  queue_.clear();
  auto unanswered = std::exchange(unanswered_, {});
  for (auto& [number, done] : unanswered)
    if (done) done(Client::Away());
}

}  // namespace muster::testing
