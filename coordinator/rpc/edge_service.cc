#include "coordinator/rpc/edge_service.h"

#include "coordinator/rpc/convert.h"
#include "coordinator/rpc/convert_telemetry.h"
#include "coordinator/rpc/upload_sink.h"
#include "rpc/unary.h"

namespace muster::coordinator {
namespace {
constexpr std::size_t kMaxDetail = 512;
// By then a device may bring some records more.
constexpr Duration kTelemetryRetry{10'000};

// Answers a call that has nothing to say but that it was done.
template <typename Reply>
Done<bool> Acknowledge(const rpc::Later<Reply>& later) {
  return [later](StatusOr<bool> done) {
    if (!done.ok()) return later(done.status());
    later(Reply());
  };
}
}  // namespace

grpc::ServerUnaryReactor* EdgeService::CheckIn(grpc::CallbackServerContext* context,
                                               const v1::CheckInRequest* request,
                                               v1::CheckInReply* reply) {
  return rpc::DeviceLater(border_, context, request, reply,
                          [this](const Caller& caller, const v1::CheckInRequest& r,
                                 const rpc::Later<v1::CheckInReply>& later) {
                            const StatusOr<CheckInRequest> asked = FromProto(r);
                            if (!asked.ok()) return later(asked.status());
                            coordinator_.CheckIn(DeviceId(caller.name), *asked,
                                                 [later](StatusOr<CheckInReply> answer) {
                                                   if (!answer.ok()) return later(answer.status());
                                                   later(ToProto(*answer));
                                                 });
                          });
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* EdgeService::Download(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) {
  return rpc::ServeDownload(
      border_, rpc::Who::kDevice, "Download", context, request, limits_, chunks_,
      [this](const Caller& caller,
             const v1::DownloadRequest& r) -> StatusOr<std::unique_ptr<BlobReader>> {
        MUSTER_ASSIGN(const Digest digest, Digest::Parse(r.digest()));
        MUSTER_TRY(coordinator_.CheckDownload(DeviceId(caller.name), digest));
        return blobs_.Open(digest);
      });
}

grpc::ServerReadReactor<grpc::ByteBuffer>* EdgeService::Upload(grpc::CallbackServerContext* context,
                                                               grpc::ByteBuffer* reply) {
  return rpc::ServeUpload(
      border_, rpc::Who::kDevice, "Upload", context, reply, limits_,
      [this](const Caller& caller,
             const grpc::CallbackServerContext& call) -> StatusOr<std::unique_ptr<rpc::ChunkSink>> {
        MUSTER_ASSIGN(UploadTarget target, TargetOf(call, caller));
        return MakeUploadSink(coordinator_, std::move(target));
      });
}

grpc::ServerUnaryReactor* EdgeService::UploadOffset(grpc::CallbackServerContext* context,
                                                    const v1::UploadOffsetRequest* request,
                                                    v1::UploadOffsetReply* reply) {
  return rpc::DeviceLater(border_, context, request, reply,
                          [this](const Caller& caller, const v1::UploadOffsetRequest& r,
                                 const rpc::Later<v1::UploadOffsetReply>& later) {
                            coordinator_.UploadOffset(DeviceId(caller.name), FromProto(r.round()),
                                                      r.total_bytes(),
                                                      [later](StatusOr<std::uint64_t> offset) {
                                                        if (!offset.ok())
                                                          return later(offset.status());
                                                        v1::UploadOffsetReply out;
                                                        out.set_offset(*offset);
                                                        later(std::move(out));
                                                      });
                          });
}

grpc::ServerUnaryReactor* EdgeService::Secure(grpc::CallbackServerContext* context,
                                              const v1::SecureRequest* request,
                                              v1::SecureReply* reply) {
  return rpc::DeviceLater(border_, context, request, reply,
                          [this](const Caller& caller, const v1::SecureRequest& r,
                                 const rpc::Later<v1::SecureReply>& later) {
                            StatusOr<SecureAsk> ask = FromProto(r);
                            if (!ask.ok()) return later(ask.status());
                            coordinator_.Secure(DeviceId(caller.name), *std::move(ask),
                                                [later](StatusOr<SecureAnswer> answer) {
                                                  if (!answer.ok()) return later(answer.status());
                                                  later(ToProto(*answer));
                                                });
                          });
}

grpc::ServerUnaryReactor* EdgeService::ReportEvaluation(grpc::CallbackServerContext* context,
                                                        const v1::ReportEvaluationRequest* request,
                                                        v1::ReportReply* reply) {
  return rpc::DeviceLater(
      border_, context, request, reply,
      [this](const Caller& caller, const v1::ReportEvaluationRequest& r,
             const rpc::Later<v1::ReportReply>& later) {
        StatusOr<EvaluationSums> sums = FromProto(r);
        if (!sums.ok()) {
          coordinator_.RefuseEvaluation(DeviceId(caller.name), FromProto(r.round()), sums.status());
          return later(sums.status());
        }
        coordinator_.ReportEvaluation(DeviceId(caller.name), FromProto(r.round()), *std::move(sums),
                                      Acknowledge(later));
      });
}

grpc::ServerUnaryReactor* EdgeService::ReportFailure(grpc::CallbackServerContext* context,
                                                     const v1::ReportFailureRequest* request,
                                                     v1::ReportReply* reply) {
  return rpc::DeviceLater(border_, context, request, reply,
                          [this](const Caller& caller, const v1::ReportFailureRequest& r,
                                 const rpc::Later<v1::ReportReply>& later) {
                            const auto reason = ParseReason(r.reason());
                            coordinator_.ReportFailure(DeviceId(caller.name), FromProto(r.round()),
                                                       reason.value_or(Reason::kTASK_FAILED),
                                                       r.detail().substr(0, kMaxDetail),
                                                       Acknowledge(later));
                          });
}

grpc::ServerUnaryReactor* EdgeService::GetLogHead(grpc::CallbackServerContext* context,
                                                  const v1::GetLogHeadRequest* request,
                                                  v1::LogHead* reply) {
  return rpc::DeviceUnary(
      border_, context, request, reply,
      [this](const Caller&, const v1::GetLogHeadRequest& r) { return read_log_(r); });
}

grpc::ServerUnaryReactor* EdgeService::ReportTelemetry(grpc::CallbackServerContext* context,
                                                       const v1::ReportTelemetryRequest* request,
                                                       v1::ReportTelemetryReply* reply) {
  return rpc::DeviceLater(border_, context, request, reply,
                          [this](const Caller& caller, const v1::ReportTelemetryRequest& r,
                                 const rpc::Later<v1::ReportTelemetryReply>& later) {
                            StatusOr<TelemetryBatch> batch = FromProto(r, limits_.clock.Now());
                            if (!batch.ok()) return later(batch.status());
                            coordinator_.ReportTelemetry(
                                DeviceId(caller.name), *std::move(batch),
                                [later](StatusOr<TelemetryAck> ack) {
                                  if (ack.ok()) return later(ToProto(*ack));
                                  later(ReasonOf(ack.status()) == Reason::kTELEMETRY_FULL
                                            ? rpc::WithRetryAfter(ack.status(), kTelemetryRetry)
                                            : ack.status());
                                });
                          });
}

}  // namespace muster::coordinator
