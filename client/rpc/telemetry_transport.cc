#include "client/rpc/telemetry_transport.h"

#include "client/rpc/telemetry_convert.h"
#include "client/rpc/unary_call.h"

namespace muster::client {
namespace {
using Async = v1::EdgeService::StubInterface::async_interface;
constexpr Duration kTimeout = std::chrono::seconds(30);
}  // namespace

void GrpcTelemetry::Close() {
  calls_->Cancel();
  calls_->Wait();
}

void GrpcTelemetry::Send(const TelemetryBatch& batch, Callback done) {
  StartUnary<Async, v1::ReportTelemetryRequest, v1::ReportTelemetryReply>(
      stub_->async(), &Async::ReportTelemetry, calls_, ToMessage(batch), kTimeout,
      [done = std::move(done)](const StatusOr<v1::ReportTelemetryReply>& reply) {
        done(reply.ok() ? StatusOr<TelemetryAck>(TelemetryAckFrom(*reply))
                        : StatusOr<TelemetryAck>(reply.status()));
      });
}

}  // namespace muster::client
