#include "rpc/chunk_client_stream.h"

#include <grpc/support/time.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/generic/generic_stub.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/crc32c.h"
#include "rpc/raw_message.h"
#include "rpc/status.h"

namespace muster::rpc {
namespace {

// One call over raw buffers, one operation at a time, on the calling thread. An operation that
// takes longer than `idle` cancels the call.
class RawCall {
 public:
  RawCall(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
          grpc::ClientContext& context, Duration idle)
      : context_(context), idle_(idle), stub_(channel) {
    stream_ = stub_.PrepareCall(&context_, method, &queue_);
    stream_->StartCall(this);
    broken_ = !Wait();
  }
  ~RawCall() {
    if (!ended_) Cancel();
    queue_.Shutdown();
    void* tag = nullptr;
    bool ok = false;
    while (queue_.Next(&tag, &ok)) {
    }
  }
  RawCall(const RawCall&) = delete;
  RawCall& operator=(const RawCall&) = delete;

  // Writes may overlap with other work: Wait ends them. False: the call is over; ask End.
  void StartWrite(const grpc::ByteBuffer& message) { stream_->Write(message, this); }
  bool Wait() {
    void* tag = nullptr;
    bool ok = false;
    const auto until = gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                                    gpr_time_from_millis(idle_.count(), GPR_TIMESPAN));
    if (queue_.AsyncNext(&tag, &ok, until) == grpc::CompletionQueue::TIMEOUT) {
      stalled_ = true;
      context_.TryCancel();
      queue_.Next(&tag, &ok);
    }
    return ok;
  }
  bool WriteLast(const grpc::ByteBuffer& message) {
    if (broken_) return false;
    stream_->WriteLast(message, grpc::WriteOptions(), this);
    return Wait();
  }
  bool WritesDone() {
    stream_->WritesDone(this);
    return Wait();
  }
  bool Read(grpc::ByteBuffer* message) {
    if (broken_) return false;
    stream_->Read(message, this);
    return Wait();
  }
  bool broken() const { return broken_; }

  // The call's outcome; waits for it.
  Status End() {
    ended_ = true;
    grpc::Status status;
    stream_->Finish(&status, this);
    Wait();
    if (stalled_ && !status.ok()) {
      return WithReason(DeadlineExceeded("no progress for {} ms", idle_.count()),
                        Reason::kUPLOAD_IDLE);
    }
    return FromGrpc(status);
  }
  // Gives the call up for a reason of our own.
  Status Abandon(Status why) {
    Cancel();
    return why;
  }

 private:
  void Cancel() {
    context_.TryCancel();
    static_cast<void>(End());
  }

  grpc::ClientContext& context_;
  const Duration idle_;
  grpc::GenericStub stub_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> stream_;
  bool broken_ = false;
  bool stalled_ = false;
  bool ended_ = false;
};

// The chunk of `source` at `offset`; none at its end.
StatusOr<std::optional<grpc::ByteBuffer>> ReadChunk(const BlobReader& source,
                                                    std::uint64_t& offset) {
  const std::uint64_t left = source.size() - offset;
  if (left == 0) return std::optional<grpc::ByteBuffer>();
  FreshSlice fresh = MakeSlice(std::min<std::uint64_t>(left, kMaxChunkBytes));
  MUSTER_TRY(source.Read(offset, fresh.bytes));
  auto chunk = EncodeChunk(offset, Crc32c(fresh.bytes), std::move(fresh.slice));
  offset += fresh.bytes.size();
  return std::optional(std::move(chunk));
}

// Sends everything from `offset`; false when the server ended the call before. Reads the next
// chunk while one is being sent.
StatusOr<bool> SendAll(RawCall& call, const BlobReader& source, std::uint64_t offset) {
  if (call.broken()) return false;
  MUSTER_ASSIGN(auto chunk, ReadChunk(source, offset));
  while (chunk) {
    call.StartWrite(*chunk);
    auto next = ReadChunk(source, offset);
    if (!call.Wait()) return false;
    if (!next.ok()) return next.status();
    chunk = *std::move(next);
  }
  return call.WritesDone();
}

}  // namespace

StatusOr<std::uint64_t> Download(const std::shared_ptr<grpc::Channel>& channel,
                                 const std::string& method, const v1::DownloadRequest& request,
                                 grpc::ClientContext& context, const DownloadSink& sink,
                                 Duration idle) {
  RawCall call(channel, method, context, idle);
  std::uint64_t offset = request.offset();
  grpc::ByteBuffer buffer;
  if (call.WriteLast(RawBuffer(request.SerializeAsString()))) {
    while (call.Read(&buffer)) {
      auto chunk = DecodeVerifiedChunk(buffer);
      buffer.Clear();
      if (!chunk.ok()) return call.Abandon(chunk.status());
      if (chunk->offset != offset) {
        return call.Abandon(
            WithReason(InvalidArgument("a chunk at {} where {} is next", chunk->offset, offset),
                       Reason::kCHUNK_OUT_OF_ORDER));
      }
      if (Status taken = sink(offset, chunk->data); !taken.ok()) return call.Abandon(taken);
      offset += chunk->data.size();
    }
  }
  MUSTER_TRY(call.End());
  return offset;
}

StatusOr<std::string> Upload(const std::shared_ptr<grpc::Channel>& channel,
                             const std::string& method, const BlobReader& source,
                             std::uint64_t offset, grpc::ClientContext& context, Duration idle) {
  if (offset > source.size()) {
    return WithReason(InvalidArgument("cannot go on at {} of {} bytes", offset, source.size()),
                      Reason::kCHUNK_OUT_OF_ORDER);
  }
  context.AddMetadata("muster-bytes", fmt::format("{}", source.size()));
  RawCall call(channel, method, context, idle);
  const StatusOr<bool> sent = SendAll(call, source, offset);
  if (!sent.ok()) return call.Abandon(sent.status());
  grpc::ByteBuffer reply;
  const bool answered = *sent && call.Read(&reply);
  MUSTER_TRY(call.End());
  if (!answered) return Internal("{}: ended well without a reply", method);
  return RawText(reply);
}

Status MemoryBlob::Read(std::uint64_t offset, std::span<std::byte> out) const {
  if (offset > bytes_.size() || out.size() > bytes_.size() - offset) {
    return MakeStatus(absl::StatusCode::kOutOfRange, "beyond the end of the blob");
  }
  std::ranges::copy(bytes_.subspan(offset, out.size()), out.begin());
  return Ok();
}

}  // namespace muster::rpc
