#include "client/rpc/grpc_link.h"

#include "base/canonical_json.h"
#include "client/rpc/convert.h"
#include "client/rpc/unary_call.h"
#include "rpc/chunk_client_stream.h"

namespace muster::client {
namespace {
using Async = v1::EdgeService::StubInterface::async_interface;
constexpr Duration kTimeout = std::chrono::seconds(30);
// A long poll's answer may come as late as the hold; this is the way there and back.
constexpr Duration kPollGrace = std::chrono::seconds(20);

// "rows=40 bad=3 range=2 type=1".
std::string RowsText(const RowQuality& quality) {
  std::string out = fmt::format("rows={} bad={}", quality.rows, quality.bad);
  for (const auto& [rule, rows] : quality.by_rule) out += fmt::format(" {}={}", NameOf(rule), rows);
  return out;
}

template <typename Reply>
ReplyCallback<Reply> Acknowledged(CoordinatorLink::Done done) {
  return [done = std::move(done)](const StatusOr<Reply>& reply) { done(reply.status()); };
}
}  // namespace

GrpcLink::GrpcLink(std::shared_ptr<grpc::Channel> channel, Executor& transfers)
    : channel_(std::move(channel)),
      stub_(v1::EdgeService::NewStub(channel_)),
      transfers_(transfers) {}

GrpcLink::~GrpcLink() { calls_->Cancel(); }

void GrpcLink::Close() {
  calls_->Cancel();
  calls_->Wait();
}

void GrpcLink::CheckIn(const CheckInRequest& request, Callback<CheckInReply> done) {
  StartUnary<Async, v1::CheckInRequest, v1::CheckInReply>(
      stub_->async(), &Async::CheckIn, calls_, ToMessage(request), request.hold + kPollGrace,
      [done = std::move(done)](const StatusOr<v1::CheckInReply>& reply) {
        done(reply.ok() ? CheckInReplyFrom(*reply) : StatusOr<CheckInReply>(reply.status()));
      });
}

void GrpcLink::Secure(const SecureAsk& ask, Callback<SecureAnswer> done) {
  StartUnary<Async, v1::SecureRequest, v1::SecureReply>(
      stub_->async(), &Async::Secure, calls_, ToMessage(ask), ask.hold + kPollGrace,
      [done = std::move(done)](const StatusOr<v1::SecureReply>& reply) {
        done(reply.ok() ? StatusOr<SecureAnswer>(SecureAnswerFrom(*reply))
                        : StatusOr<SecureAnswer>(reply.status()));
      });
}

void GrpcLink::UploadOffset(const RoundKey& round, std::uint64_t total,
                            Callback<std::uint64_t> done) {
  v1::UploadOffsetRequest request;
  *request.mutable_round() = ToMessage(round);
  request.set_total_bytes(total);
  StartUnary<Async, v1::UploadOffsetRequest, v1::UploadOffsetReply>(
      stub_->async(), &Async::UploadOffset, calls_, std::move(request), kTimeout,
      [done = std::move(done)](const StatusOr<v1::UploadOffsetReply>& reply) {
        done(reply.ok() ? StatusOr<std::uint64_t>(reply->offset())
                        : StatusOr<std::uint64_t>(reply.status()));
      });
}

void GrpcLink::ReportEvaluation(const RoundKey& round, std::uint64_t examples,
                                const std::map<std::string, std::int64_t>& sums_micro, Done done) {
  v1::ReportEvaluationRequest request;
  *request.mutable_round() = ToMessage(round);
  request.set_examples(examples);
  request.mutable_sums_micro()->insert(sums_micro.begin(), sums_micro.end());
  StartUnary<Async, v1::ReportEvaluationRequest, v1::ReportReply>(
      stub_->async(), &Async::ReportEvaluation, calls_, std::move(request), kTimeout,
      Acknowledged<v1::ReportReply>(std::move(done)));
}

void GrpcLink::ReportFailure(const RoundKey& round, Reason reason, const std::string& detail,
                             Done done) {
  v1::ReportFailureRequest request;
  *request.mutable_round() = ToMessage(round);
  request.set_reason(std::string(NameOf(reason)));
  request.set_detail(detail);
  StartUnary<Async, v1::ReportFailureRequest, v1::ReportReply>(
      stub_->async(), &Async::ReportFailure, calls_, std::move(request), kTimeout,
      Acknowledged<v1::ReportReply>(std::move(done)));
}

void GrpcLink::GetLogHead(std::uint64_t since, Callback<LogHead> done) {
  v1::GetLogHeadRequest request;
  request.set_since(since);
  StartUnary<Async, v1::GetLogHeadRequest, v1::LogHead>(
      stub_->async(), &Async::GetLogHead, calls_, std::move(request), kTimeout,
      [done = std::move(done)](const StatusOr<v1::LogHead>& reply) {
        done(reply.ok() ? LogHeadFrom(*reply) : StatusOr<LogHead>(reply.status()));
      });
}

void GrpcLink::Transfer(std::function<Status(grpc::ClientContext&)> body, Done done) {
  transfers_.Post([calls = calls_, body = std::move(body), done = std::move(done)] {
    grpc::ClientContext context;
    if (!calls->Enter(&context)) return;
    const Status status = body(context);
    if (!calls->cancelled()) done(status);
    calls->Leave(&context);
  });
}

void GrpcLink::Download(const Digest& digest, std::uint64_t offset, Sink sink, Done done) {
  v1::DownloadRequest request;
  request.set_digest(digest.ToString());
  request.set_offset(offset);
  Transfer(
      [channel = channel_, request, sink = std::move(sink)](grpc::ClientContext& context) {
        const auto take = [&sink](std::uint64_t, const rpc::ChunkData& data) -> Status {
          for (const ByteView part : data.parts()) MUSTER_TRY(sink(part));
          return Ok();
        };
        return rpc::Download(channel, rpc::kEdgeDownload, request, context, take).status();
      },
      std::move(done));
}

void GrpcLink::Upload(const UpdateUpload& upload, Done done) {
  Transfer(
      [channel = channel_, upload](grpc::ClientContext& context) {
        context.AddMetadata("muster-campaign", upload.round.campaign.value());
        context.AddMetadata("muster-round", fmt::format("{}", upload.round.round.value()));
        context.AddMetadata("muster-attempt", fmt::format("{}", upload.round.attempt));
        context.AddMetadata("muster-examples", fmt::format("{}", upload.examples));
        context.AddMetadata("muster-loss", DecimalText(upload.loss));
        if (upload.quality) context.AddMetadata("muster-rows", RowsText(*upload.quality));
        if (!upload.header.empty()) {
          context.AddMetadata("muster-header-bin", std::string(AsText(upload.header)));
          context.AddMetadata("muster-kind", std::string(NameOf(upload.kind)));
        }
        const rpc::MemoryBlob source(*upload.file);
        return rpc::UploadFor<v1::UploadReply>(channel, rpc::kEdgeUpload, source, upload.offset,
                                               context)
            .status();
      },
      std::move(done));
}

}  // namespace muster::client
