#include "coordinator/rpc/fleet_service.h"

#include <algorithm>

#include "coordinator/rpc/convert.h"
#include "rpc/unary.h"

namespace muster::coordinator {
namespace {
constexpr std::size_t kMostWhy = 512;

v1::DeviceHistory::Entry ToProto(const DeviceRun& run) {
  v1::DeviceHistory::Entry out;
  out.set_at_unix_ms(UnixMillis(run.at));
  out.set_campaign(run.round.campaign.value());
  out.set_round(run.round.round.value());
  out.set_attempt(run.round.attempt);
  out.set_kind(std::string(NameOf(run.kind)));
  out.set_model(run.model.value());
  out.set_params_digest(run.params.ToString());
  if (run.module) out.set_module_digest(run.module->ToString());
  out.set_version(run.version.value());
  out.set_base_version(run.base_version.value());
  out.set_outcome(run.outcome);
  if (run.outcome_at) out.set_outcome_unix_ms(UnixMillis(*run.outcome_at));
  return out;
}

v1::DeviceHistory ToProto(const Coordinator::History& history) {
  v1::DeviceHistory out;
  out.set_id(history.device.value());
  out.set_at_unix_ms(UnixMillis(history.at));
  for (const DeviceRun& run : history.runs) *out.add_entries() = ToProto(run);
  return out;
}
}  // namespace

grpc::ServerUnaryReactor* FleetService::ListDevices(grpc::CallbackServerContext* context,
                                                    const v1::ListDevicesRequest* request,
                                                    v1::ListDevicesReply* reply) {
  return rpc::CallerLater(border_, rpc::Who::kOperator, context, request, reply,
                          [this](const Caller&, const v1::ListDevicesRequest& r,
                                 const rpc::Later<v1::ListDevicesReply>& later) {
                            coordinator_.Devices(
                                {r.labels().begin(), r.labels().end()},
                                [later](StatusOr<std::vector<DeviceSnapshot>> devices) {
                                  if (!devices.ok()) return later(devices.status());
                                  v1::ListDevicesReply out;
                                  for (const DeviceSnapshot& d : *devices)
                                    *out.add_devices() = ToProto(d);
                                  later(std::move(out));
                                });
                          });
}

grpc::ServerUnaryReactor* FleetService::GetDevice(grpc::CallbackServerContext* context,
                                                  const v1::GetDeviceRequest* request,
                                                  v1::DeviceView* reply) {
  return rpc::CallerLater(border_, rpc::Who::kOperator, context, request, reply,
                          [this](const Caller&, const v1::GetDeviceRequest& r,
                                 const rpc::Later<v1::DeviceView>& later) {
                            coordinator_.GetDevice(r.name(),
                                                   [later](StatusOr<DeviceSnapshot> device) {
                                                     if (!device.ok())
                                                       return later(device.status());
                                                     later(ToProto(*device));
                                                   });
                          });
}

grpc::ServerUnaryReactor* FleetService::ReleaseDevice(grpc::CallbackServerContext* context,
                                                      const v1::ReleaseDeviceRequest* request,
                                                      v1::DeviceView* reply) {
  return rpc::CallerLater(border_, rpc::Who::kOperator, context, request, reply,
                          [this](const Caller& caller, const v1::ReleaseDeviceRequest& r,
                                 const rpc::Later<v1::DeviceView>& later) {
                            coordinator_.ReleaseDevice(r.name(), r.why().substr(0, kMostWhy),
                                                       caller,
                                                       [later](StatusOr<DeviceSnapshot> device) {
                                                         if (!device.ok())
                                                           return later(device.status());
                                                         later(ToProto(*device));
                                                       });
                          });
}

grpc::ServerUnaryReactor* FleetService::ForgetDevice(grpc::CallbackServerContext* context,
                                                     const v1::ForgetDeviceRequest* request,
                                                     v1::ForgetDeviceReply* reply) {
  return rpc::CallerLater(border_, rpc::Who::kOperator, context, request, reply,
                          [this](const Caller& caller, const v1::ForgetDeviceRequest& r,
                                 const rpc::Later<v1::ForgetDeviceReply>& later) {
                            coordinator_.ForgetDevice(r.name(), caller,
                                                      [later](StatusOr<DeviceId> id) {
                                                        if (!id.ok()) return later(id.status());
                                                        v1::ForgetDeviceReply out;
                                                        out.set_id(id->value());
                                                        later(std::move(out));
                                                      });
                          });
}

grpc::ServerUnaryReactor* FleetService::GetDeviceHistory(grpc::CallbackServerContext* context,
                                                         const v1::GetDeviceHistoryRequest* request,
                                                         v1::DeviceHistory* reply) {
  return rpc::CallerLater(
      border_, rpc::Who::kOperator, context, request, reply,
      [this](const Caller&, const v1::GetDeviceHistoryRequest& r,
             const rpc::Later<v1::DeviceHistory>& later) {
        if (r.most() > kMostRuns)
          return later(InvalidField("most", "{} is more than {}", r.most(), kMostRuns));
        std::optional<Timestamp> at;
        if (r.at_unix_ms() != 0) at = FromUnixMillis(r.at_unix_ms());
        coordinator_.DeviceHistory(r.name(), at, std::max(r.most(), 1u),
                                   [later](StatusOr<Coordinator::History> history) {
                                     if (!history.ok()) return later(history.status());
                                     later(ToProto(*history));
                                   });
      });
}

grpc::ServerUnaryReactor* FleetService::GetJoinInfo(grpc::CallbackServerContext* context,
                                                    const v1::GetJoinInfoRequest* request,
                                                    v1::JoinInfo* reply) {
  return rpc::OperatorUnary(
      border_, context, request, reply,
      [this](const Caller&, const v1::GetJoinInfoRequest&) -> StatusOr<v1::JoinInfo> {
        v1::JoinInfo out;
        out.set_trust_domain(trust_domain_);
        out.set_ca_pem(ca_pem_);
        return out;
      });
}

}  // namespace muster::coordinator
