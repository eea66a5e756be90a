#pragma once
// The wire side of one device: its own connection, the shipped client streams, nothing trained and
// nothing stored. The same class talks to musterd and to the bare service, so that both have the
// same opposite. Errors are the caller's: at the end of a bench servers vanish under their devices.
#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/endpoint.h"
#include "muster/v1/edge.grpc.pb.h"
#include "rpc/channel.h"

namespace muster::bench {

class Device {
 public:
  // Returns when the connection stands; ends the program when it will not.
  Device(const Endpoint& server, const rpc::TlsIdentity& identity);

  // Checks in until there is something to do.
  StatusOr<v1::Assignment> AwaitTask();
  // DATA_LOSS unless exactly `bytes` come.
  Status Download(const std::string& digest, std::uint64_t bytes);
  // OK when the server has received `file`.
  Status Upload(const v1::RoundKey& round, ByteView file);
  // Checks in until the update just received is durably counted, or its round is over.
  Status AwaitCounted(const v1::RoundKey& round);

 private:
  StatusOr<v1::CheckInReply> CheckIn(const v1::CheckInRequest& request);

  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::EdgeService::Stub> stub_;
};

}  // namespace muster::bench
