#pragma once
// TelemetryTransport over gRPC: one call a batch, on the node's own connection.
#include <grpcpp/channel.h>
#include <muster/v1/edge.grpc.pb.h>

#include <memory>

#include "client/rpc/call_set.h"
#include "client/telemetry/transport.h"

namespace muster::client {

// Safe from any thread. Callbacks come on gRPC's threads.
class GrpcTelemetry final : public TelemetryTransport {
 public:
  explicit GrpcTelemetry(const std::shared_ptr<grpc::Channel>& channel)
      : stub_(v1::EdgeService::NewStub(channel)) {}
  ~GrpcTelemetry() override { calls_->Cancel(); }

  void Send(const TelemetryBatch& batch, Callback done) override;
  // Ends all calls; when it returns no callback runs or will. Not from a callback.
  void Close();

 private:
  const std::unique_ptr<v1::EdgeService::Stub> stub_;
  const std::shared_ptr<CallSet> calls_ = std::make_shared<CallSet>();
};

}  // namespace muster::client
