#pragma once
// What devices call, once they have a certificate. Translates; decides nothing.
#include "coordinator/runner/coordinator.h"
#include "muster/v1/edge.grpc.pb.h"
#include "rpc/border.h"
#include "rpc/chunk_server_stream.h"

namespace muster::coordinator {

// Unary methods with messages; bulk methods with raw byte buffers, so that data is not copied.
using EdgeServiceBase = v1::EdgeService::WithRawCallbackMethod_Download<
    v1::EdgeService::WithRawCallbackMethod_Upload<v1::EdgeService::WithCallbackMethod_CheckIn<
        v1::EdgeService::WithCallbackMethod_UploadOffset<v1::EdgeService::WithCallbackMethod_Secure<
            v1::EdgeService::WithCallbackMethod_ReportEvaluation<
                v1::EdgeService::WithCallbackMethod_ReportFailure<
                    v1::EdgeService::WithCallbackMethod_GetLogHead<
                        v1::EdgeService::WithCallbackMethod_ReportTelemetry<
                            v1::EdgeService::Service>>>>>>>>>;

// Safe from any thread; what it borrows outlives it.
class EdgeService final : public EdgeServiceBase {
 public:
  // What the log shows a device that comes back; from any thread.
  using ReadLog = std::function<StatusOr<v1::LogHead>(const v1::GetLogHeadRequest&)>;

  EdgeService(Coordinator& coordinator, Blobs& blobs, ReadLog read_log, rpc::Border& border,
              rpc::TransferLimits limits)
      : coordinator_(coordinator),
        blobs_(blobs),
        read_log_(std::move(read_log)),
        border_(border),
        limits_(limits) {}

  grpc::ServerUnaryReactor* CheckIn(grpc::CallbackServerContext*, const v1::CheckInRequest*,
                                    v1::CheckInReply*) override;
  grpc::ServerWriteReactor<grpc::ByteBuffer>* Download(grpc::CallbackServerContext*,
                                                       const grpc::ByteBuffer*) override;
  grpc::ServerReadReactor<grpc::ByteBuffer>* Upload(grpc::CallbackServerContext*,
                                                    grpc::ByteBuffer*) override;
  grpc::ServerUnaryReactor* UploadOffset(grpc::CallbackServerContext*,
                                         const v1::UploadOffsetRequest*,
                                         v1::UploadOffsetReply*) override;
  grpc::ServerUnaryReactor* Secure(grpc::CallbackServerContext*, const v1::SecureRequest*,
                                   v1::SecureReply*) override;
  grpc::ServerUnaryReactor* ReportEvaluation(grpc::CallbackServerContext*,
                                             const v1::ReportEvaluationRequest*,
                                             v1::ReportReply*) override;
  grpc::ServerUnaryReactor* ReportFailure(grpc::CallbackServerContext*,
                                          const v1::ReportFailureRequest*,
                                          v1::ReportReply*) override;
  grpc::ServerUnaryReactor* GetLogHead(grpc::CallbackServerContext*, const v1::GetLogHeadRequest*,
                                       v1::LogHead*) override;
  grpc::ServerUnaryReactor* ReportTelemetry(grpc::CallbackServerContext*,
                                            const v1::ReportTelemetryRequest*,
                                            v1::ReportTelemetryReply*) override;

 private:
  Coordinator& coordinator_;
  Blobs& blobs_;
  const ReadLog read_log_;
  rpc::Border& border_;
  const rpc::TransferLimits limits_;
  rpc::ChunkCache chunks_{2 << 20};
};

}  // namespace muster::coordinator
