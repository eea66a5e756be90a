#include "coordinator/app/mqtt_telemetry.h"

#include <muster/v1/telemetry.pb.h>

#include <algorithm>

#include "base/seeded.h"
#include "coordinator/rpc/convert_telemetry.h"

namespace muster::coordinator {
namespace {
using KeyDone = std::function<void(StatusOr<SigningPublic>)>;
using ReplyDone = std::function<void(StatusOr<Bytes>)>;

// As it enrolled. A device may be named like another's id: the id decides.
StatusOr<SigningPublic> KeyOf(const StatusOr<DeviceSnapshot>& found, const DeviceId& id) {
  const auto unknown = [] {
    return WithReason(PermissionDenied("no device of this id"), Reason::kNOT_ENROLLED);
  };
  if (absl::IsNotFound(found.status())) return unknown();
  MUSTER_TRY(found.status());
  const DeviceRecord& record = found->device.record;
  if (record.id != id || found->device.forgotten) return unknown();
  MUSTER_ASSIGN(const Bytes bytes, FromHex(record.identity_key));
  SigningPublic key{};
  if (bytes.size() != key.size()) return Internal("an identity key of {} bytes", bytes.size());
  std::ranges::copy(bytes, key.begin());
  return key;
}

void Report(Coordinator& coordinator, const Clock& clock, const DeviceId& device, const Bytes& body,
            const ReplyDone& done) {
  v1::ReportTelemetryRequest request;
  if (!request.ParseFromArray(body.data(), static_cast<int>(body.size())))
    return done(WithReason(InvalidArgument("no telemetry request"), Reason::kTELEMETRY_INVALID));
  StatusOr<TelemetryBatch> batch = FromProto(request, clock.Now());
  if (!batch.ok()) return done(batch.status());
  coordinator.ReportTelemetry(device, *std::move(batch), [done](const StatusOr<TelemetryAck>& ack) {
    if (!ack.ok()) return done(ack.status());
    const std::string reply = ToProto(*ack).SerializeAsString();
    done(Bytes(AsBytes(reply).begin(), AsBytes(reply).end()));
  });
}
}  // namespace

StatusOr<std::unique_ptr<MqttTelemetry>> MqttTelemetry::Start(MqttOptions options,
                                                              std::uint64_t seed,
                                                              const World& world) {
  if (options.client_id.empty())
    options.client_id = fmt::format("musterd-{:016x}", SeededRng(seed).Next());
  MUSTER_ASSIGN(auto client, platform::MosquittoClient::Start(std::move(options), seed, world.log));
  std::unique_ptr<MqttTelemetry> out(new MqttTelemetry(std::move(client)));
  Coordinator& coordinator = world.coordinator;
  MUSTER_ASSIGN(
      out->desk_,
      MqttTelemetryDesk::Start(
          {.mqtt = *out->client_,
           .pool = world.pool,
           .crypto = world.crypto,
           .log_signer = world.log_signer,
           .log = world.log,
           .metrics = world.metrics,
           .key_of =
               [&coordinator](const DeviceId& id, const KeyDone& done) {
                 coordinator.GetDevice(id.value(), [id, done](const StatusOr<DeviceSnapshot>& d) {
                   done(KeyOf(d, id));
                 });
               },
           .report =
               [&coordinator, &clock = world.clock](const DeviceId& device, const Bytes& body,
                                                    const ReplyDone& done) {
                 Report(coordinator, clock, device, body, done);
               }}));
  return out;
}

}  // namespace muster::coordinator
