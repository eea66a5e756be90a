#include "coordinator/rpc/fleet_service.h"

#include "coordinator/rpc/convert.h"
#include "rpc/unary.h"

namespace muster::coordinator {
namespace {
constexpr std::size_t kMostWhy = 512;
}

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
