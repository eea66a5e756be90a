#include "coordinator/mqtt/telemetry_desk.h"

#include <muster/v1/telemetry.pb.h>

#include <algorithm>

#include "base/telemetry_signing.h"

namespace muster::coordinator {
namespace {
constexpr std::size_t kIdDigits = 32;

bool IsDeviceId(std::string_view text) {
  return text.size() == kIdDigits && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

template <typename... Args>
Status Refusal(Reason reason, fmt::format_string<Args...> f, Args&&... args) {
  return WithReason(Unauthenticated(f, std::forward<Args>(args)...), reason);
}

std::string TextOf(ByteView bytes) { return std::string(AsText(bytes)); }
}  // namespace

class MqttTelemetryDesk::Core : public std::enable_shared_from_this<Core> {
 public:
  explicit Core(Ports ports)
      : ports_(std::move(ports)),
        taken_(ports_.metrics.MakeCounter("muster_mqtt_envelopes_total",
                                          "Envelopes of telemetry that were acknowledged.")) {}

  void Close() ABSL_LOCKS_EXCLUDED(mu_) {
    absl::MutexLock lock(&mu_);
    closed_ = true;
  }

  void Hear(const MqttMessage& message) ABSL_LOCKS_EXCLUDED(mu_) {
    const std::string_view id =
        message.topic.substr(std::min(message.topic.size(), kTelemetryTopics.size()));
    if (!IsDeviceId(id))
      return Count(Refusal(Reason::kTELEMETRY_INVALID, "the topic names no device"));
    if (message.retained) return;
    const DeviceId device{std::string(id)};
    if (!Admit(device))
      return Count(WithReason(ResourceExhausted("too many at once"), Reason::kOVERLOADED));
    ports_.pool.Post([self = shared_from_this(), device,
                      payload = Bytes(message.payload.begin(), message.payload.end())] {
      self->GoOn(device, self->Begin(device, payload));
    });
  }

 private:
  struct Envelope {
    Bytes body;
    Signature signature{};
  };

  // One of each device at a time, so that a flood under one name keeps nobody else away for long.
  bool Admit(const DeviceId& device) ABSL_LOCKS_EXCLUDED(mu_) {
    absl::MutexLock lock(&mu_);
    return !closed_ && under_way_.size() < kMostAtOnce && under_way_.insert(device).second;
  }

  // Not OK: this ended here.
  Status Begin(const DeviceId& device, ByteView payload) {
    v1::TelemetryEnvelope message;
    if (!message.ParseFromArray(payload.data(), static_cast<int>(payload.size())))
      return Refusal(Reason::kTELEMETRY_INVALID, "no envelope");
    auto envelope = std::make_shared<Envelope>();
    if (message.signature().size() != envelope->signature.size() || message.body().empty())
      return Refusal(Reason::kTELEMETRY_INVALID, "no body, or a signature of another length");
    std::ranges::copy(AsBytes(message.signature()), envelope->signature.begin());
    const ByteView body = AsBytes(message.body());
    envelope->body.assign(body.begin(), body.end());
    ports_.key_of(device,
                  [self = shared_from_this(), device, envelope](StatusOr<SigningPublic> key) {
                    if (!key.ok()) return self->GoOn(device, key.status());
                    self->ports_.pool.Post([self, device, envelope, key = *key] {
                      self->GoOn(device, self->Report(device, key, *envelope));
                    });
                  });
    return Ok();
  }

  Status Report(const DeviceId& device, const SigningPublic& key, const Envelope& envelope) {
    const Status held =
        ports_.crypto.Verify(key, TelemetryBytesToSign(device, envelope.body), envelope.signature);
    if (!held.ok()) return Refusal(Reason::kSIGNATURE_INVALID, "not signed by the device");
    const Digest digest = ports_.crypto.Sha256(envelope.body);
    if (IsClosed()) return Cancelled("ending");
    ports_.report(device, envelope.body,
                  [self = shared_from_this(), device, digest](const StatusOr<Bytes>& reply) {
                    self->Release(device);  // It sends the next as soon as it hears the answer.
                    const Status told =
                        reply.ok() ? self->Answer(device, digest, *reply) : reply.status();
                    if (!told.ok()) self->Count(told);
                  });
    return Ok();
  }

  Status Answer(const DeviceId& device, const Digest& answers, ByteView reply) {
    if (IsClosed()) return Cancelled("ending");
    MUSTER_ASSIGN(const Signature signature,
                  ports_.log_signer.Sign(TelemetryAckBytesToSign(device, answers, reply)));
    v1::TelemetryAck ack;
    ack.set_body(TextOf(reply));
    ack.set_body_digest(TextOf(answers.bytes()));
    ack.set_signature(TextOf(signature));
    taken_.Add();
    // One that is lost is asked for again, by the same envelope.
    return ports_.mqtt.Publish(fmt::format("{}{}", kTelemetryAckTopics, device.value()),
                               AsBytes(ack.SerializeAsString()), 1, nullptr);
  }

  // The next step has begun, or this was the last.
  void GoOn(const DeviceId& device, const Status& status) {
    if (status.ok()) return;
    Count(status);
    Release(device);
  }

  void Release(const DeviceId& device) ABSL_LOCKS_EXCLUDED(mu_) {
    absl::MutexLock lock(&mu_);
    under_way_.erase(device);
  }

  bool IsClosed() ABSL_LOCKS_EXCLUDED(mu_) {
    absl::MutexLock lock(&mu_);
    return closed_;
  }

  void Count(const Status& status) ABSL_LOCKS_EXCLUDED(mu_) {
    const Reason reason = ReasonOf(status).value_or(Reason::kSHUTTING_DOWN);
    ports_.metrics
        .MakeCounter("muster_mqtt_envelopes_refused_total",
                     "Envelopes of telemetry that were not acknowledged.",
                     {{"reason", std::string(NameOf(reason))}})
        .Add();
    {
      absl::MutexLock lock(&mu_);
      if (!told_.insert(reason).second) return;  // The counter says how often.
    }
    ports_.log.Warn("mqtt_envelope_refused",
                    {{"reason", NameOf(reason)}, {"error", MessageOf(status)}});
  }

  const Ports ports_;
  Counter& taken_;
  absl::Mutex mu_;
  bool closed_ ABSL_GUARDED_BY(mu_) = false;
  std::set<DeviceId> under_way_ ABSL_GUARDED_BY(mu_);
  std::set<Reason> told_ ABSL_GUARDED_BY(mu_);
};

MqttTelemetryDesk::MqttTelemetryDesk(std::shared_ptr<Core> core) : core_(std::move(core)) {}

MqttTelemetryDesk::~MqttTelemetryDesk() {
  subscription_.reset();
  core_->Close();
}

StatusOr<std::unique_ptr<MqttTelemetryDesk>> MqttTelemetryDesk::Start(Ports ports) {
  Mqtt& mqtt = ports.mqtt;
  auto core = std::make_shared<Core>(std::move(ports));
  std::unique_ptr<MqttTelemetryDesk> desk(new MqttTelemetryDesk(core));
  MUSTER_ASSIGN(desk->subscription_,
                mqtt.Subscribe(fmt::format("{}+", kTelemetryTopics), 1,
                               [core = core.get()](const MqttMessage& m) { core->Hear(m); }));
  return desk;
}

}  // namespace muster::coordinator
