#pragma once
// What operators call about devices.
#include "coordinator/runner/coordinator.h"
#include "muster/v1/fleet.grpc.pb.h"
#include "rpc/border.h"

namespace muster::coordinator {

class FleetService final : public v1::FleetService::CallbackService {
 public:
  FleetService(Coordinator& coordinator, rpc::Border& border, std::string trust_domain,
               std::string ca_pem)
      : coordinator_(coordinator),
        border_(border),
        trust_domain_(std::move(trust_domain)),
        ca_pem_(std::move(ca_pem)) {}

  grpc::ServerUnaryReactor* ListDevices(grpc::CallbackServerContext*, const v1::ListDevicesRequest*,
                                        v1::ListDevicesReply*) override;
  grpc::ServerUnaryReactor* GetDevice(grpc::CallbackServerContext*, const v1::GetDeviceRequest*,
                                      v1::DeviceView*) override;
  grpc::ServerUnaryReactor* ReleaseDevice(grpc::CallbackServerContext*,
                                          const v1::ReleaseDeviceRequest*,
                                          v1::DeviceView*) override;
  grpc::ServerUnaryReactor* ForgetDevice(grpc::CallbackServerContext*,
                                         const v1::ForgetDeviceRequest*,
                                         v1::ForgetDeviceReply*) override;
  grpc::ServerUnaryReactor* GetDeviceHistory(grpc::CallbackServerContext*,
                                             const v1::GetDeviceHistoryRequest*,
                                             v1::DeviceHistory*) override;
  grpc::ServerUnaryReactor* GetJoinInfo(grpc::CallbackServerContext*, const v1::GetJoinInfoRequest*,
                                        v1::JoinInfo*) override;

 private:
  Coordinator& coordinator_;
  rpc::Border& border_;
  const std::string trust_domain_;
  const std::string ca_pem_;
};

}  // namespace muster::coordinator
