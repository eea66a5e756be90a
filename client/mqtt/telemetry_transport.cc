#include "client/mqtt/telemetry_transport.h"

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>
#include <muster/v1/telemetry.pb.h>

#include <algorithm>
#include <optional>

#include "base/telemetry_signing.h"

namespace muster::client {
namespace {
// What an envelope adds to its body: the signature, tags and lengths.
constexpr std::size_t kMostBody = kMostMqttPayload - 256;

Status NoAck(std::string_view why) {
  return WithReason(Unauthenticated("an acknowledgement that is none: {}", why),
                    Reason::kSIGNATURE_INVALID);
}

template <std::size_t N>
bool CopyTo(std::array<std::byte, N>& out, std::string_view bytes) {
  if (bytes.size() != N) return false;
  std::ranges::copy(AsBytes(bytes), out.begin());
  return true;
}

std::string TextOf(ByteView bytes) { return std::string(AsText(bytes)); }

// The most records from the front that fit in one message, encoded; empty when not one does.
Bytes EncodeWhatFits(const TelemetryCodec& codec, TelemetryBatch batch) {
  while (!batch.records.empty()) {
    Bytes body = codec.encode(batch);
    if (body.size() <= kMostBody) return body;
    batch.records.resize(batch.records.size() / 2);
  }
  return {};
}
}  // namespace

// What callbacks hold weakly: they may come late.
class MqttTelemetryTransport::Core : public std::enable_shared_from_this<Core> {
 public:
  Core(Config config, const MqttTelemetryWorld& world)
      : config_(std::move(config)), world_(world) {}

  void Send(const TelemetryBatch& batch, Callback done) ABSL_LOCKS_EXCLUDED(mu_) {
    StatusOr<Bytes> envelope = Seal(batch);
    if (!envelope.ok()) return done(envelope.status());
    const std::uint64_t number = Begin(*envelope, done);
    if (number == 0) return done(FailedPrecondition("another batch is under way"));
    const std::string topic = fmt::format("{}{}", kTelemetryTopics, config_.device.value());
    const Status sent = world_.mqtt.Publish(
        topic, *envelope, 1, [weak = weak_from_this(), number](const Status& status) {
          // Taken by the broker: that says nothing yet.
          if (const auto self = weak.lock(); self && !status.ok()) self->End(number, status);
        });
    if (!sent.ok()) return End(number, sent);
    world_.executor.PostAt(world_.clock.Now() + config_.limit, [weak = weak_from_this(), number] {
      if (const auto self = weak.lock())
        self->End(number, DeadlineExceeded("no acknowledgement came over MQTT"));
    });
  }

  void OnAck(const MqttMessage& message) ABSL_LOCKS_EXCLUDED(mu_) {
    if (message.retained) return;  // No answer to anything that was asked now.
    StatusOr<TelemetryAck> ack = Open(message.payload);
    if (absl::IsAborted(ack.status())) return;  // To an envelope of before; it is resent.
    if (!ack.ok()) {
      if (!std::exchange(told_, true))
        world_.log.Warn("telemetry_ack_refused", {{"device", config_.device},
                                                  {"reason", NameOf(Reason::kSIGNATURE_INVALID)},
                                                  {"error", MessageOf(ack.status())}});
      return;  // Anybody may say so much: the right one may still come.
    }
    End(Number(), std::move(ack));
  }

 private:
  struct Pending {
    std::uint64_t number = 0;
    Digest body;
    Callback done;
  };

  StatusOr<Bytes> Seal(const TelemetryBatch& batch) {
    const Bytes body = EncodeWhatFits(config_.codec, batch);
    if (body.empty())
      return WithReason(InvalidArgument("a record that fits in no MQTT message"),
                        Reason::kTELEMETRY_INVALID);
    MUSTER_ASSIGN(const Signature signature,
                  config_.identity->Sign(TelemetryBytesToSign(config_.device, body)));
    v1::TelemetryEnvelope envelope;
    envelope.set_body(TextOf(body));
    envelope.set_signature(TextOf(signature));
    const std::string out = envelope.SerializeAsString();
    return Bytes(AsBytes(out).begin(), AsBytes(out).end());
  }

  // 0 when one is under way already.
  std::uint64_t Begin(ByteView envelope, const Callback& done) ABSL_LOCKS_EXCLUDED(mu_) {
    v1::TelemetryEnvelope sealed;
    sealed.ParseFromArray(envelope.data(), static_cast<int>(envelope.size()));
    absl::MutexLock lock(&mu_);
    if (pending_) return 0;
    pending_ = Pending{++numbers_, world_.crypto.Sha256(AsBytes(sealed.body())), done};
    return numbers_;
  }

  void End(std::uint64_t number, StatusOr<TelemetryAck> answer) ABSL_LOCKS_EXCLUDED(mu_) {
    Callback done;
    {
      absl::MutexLock lock(&mu_);
      if (!pending_ || pending_->number != number) return;  // It has ended.
      done = std::move(pending_->done);
      pending_.reset();
    }
    done(std::move(answer));
  }

  std::uint64_t Number() ABSL_LOCKS_EXCLUDED(mu_) {
    absl::MutexLock lock(&mu_);
    return pending_ ? pending_->number : 0;
  }

  // ABORTED: rightly signed, and the answer to another envelope than the one that is out.
  StatusOr<TelemetryAck> Open(ByteView payload) ABSL_LOCKS_EXCLUDED(mu_) {
    v1::TelemetryAck message;
    if (!message.ParseFromArray(payload.data(), static_cast<int>(payload.size())))
      return NoAck("it cannot be read");
    Signature signature;
    std::array<std::byte, 32> answers{};
    if (!CopyTo(signature, message.signature()) || !CopyTo(answers, message.body_digest()))
      return NoAck("signature or digest has another length");
    const Status held = world_.crypto.Verify(
        config_.log_key,
        TelemetryAckBytesToSign(config_.device, Digest(answers), AsBytes(message.body())),
        signature);
    if (!held.ok()) return NoAck("the coordinator's log key did not sign it");
    {
      absl::MutexLock lock(&mu_);
      if (!pending_ || pending_->body != Digest(answers)) return Aborted("of another envelope");
    }
    return config_.codec.decode(AsBytes(message.body()));
  }

  const Config config_;
  const MqttTelemetryWorld world_;
  bool told_ = false;  // On the MQTT client's thread.
  absl::Mutex mu_;
  std::uint64_t numbers_ ABSL_GUARDED_BY(mu_) = 0;
  std::optional<Pending> pending_ ABSL_GUARDED_BY(mu_);
};

MqttTelemetryTransport::MqttTelemetryTransport(std::shared_ptr<Core> core)
    : core_(std::move(core)) {}
MqttTelemetryTransport::~MqttTelemetryTransport() = default;

StatusOr<std::unique_ptr<MqttTelemetryTransport>> MqttTelemetryTransport::Make(
    Config config, const MqttTelemetryWorld& world) {
  const std::string topic = fmt::format("{}{}", kTelemetryAckTopics, config.device.value());
  auto core = std::make_shared<Core>(std::move(config), world);
  std::unique_ptr<MqttTelemetryTransport> out(new MqttTelemetryTransport(core));
  MUSTER_ASSIGN(out->subscription_,
                world.mqtt.Subscribe(topic, 1, [core = core.get()](const MqttMessage& message) {
                  core->OnAck(message);
                }));
  return out;
}

void MqttTelemetryTransport::Send(const TelemetryBatch& batch, Callback done) {
  core_->Send(batch, std::move(done));
}

}  // namespace muster::client
