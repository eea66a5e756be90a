#include <utility>

#include "rpc/chunk_server_stream.h"
#include "rpc/raw_message.h"
#include "rpc/turns.h"
#include "rpc/unary.h"

namespace muster::rpc {
namespace {

// One upload. While a chunk is summed and taken, the next one is read. Owns itself until gRPC is
// done with it.
class UploadCall final : public grpc::ServerReadReactor<grpc::ByteBuffer>,
                         public std::enable_shared_from_this<UploadCall> {
 public:
  static std::shared_ptr<UploadCall> Start(Border& border, grpc::ByteBuffer* reply,
                                           TransferLimits limits) {
    std::shared_ptr<UploadCall> call(new UploadCall(border, reply, limits));
    call->self_ = call;
    return call;
  }

  void Begin(Caller caller, const grpc::CallbackServerContext* context, MakeSink make_sink) {
    Post([caller = std::move(caller), context, make_sink = std::move(make_sink)](UploadCall& call) {
      auto sink = Guarded([&] { return make_sink(caller, *context); });
      if (!sink.ok()) return call.Fail(sink.status());
      call.sink_ = *std::move(sink);
      const Status failed = Guarded([&]() -> Status {
        call.sink_->Start([weak = call.weak_from_this()](StatusOr<UploadRange> range) {
          if (const auto self = weak.lock()) {
            self->Post([range = std::move(range)](UploadCall& c) { c.Admitted(range); });
          }
        });
        return Ok();
      });
      if (!failed.ok()) call.Fail(failed);
    });
  }
  void Refuse(const Status& status) {
    Post([status](UploadCall& call) { call.Fail(status); });
  }

 private:
  UploadCall(Border& border, grpc::ByteBuffer* reply, TransferLimits limits)
      : border_(border), reply_(reply), limits_(limits), turns_(border.executor()) {}

  // Holds the call: pieces may run after OnDone, and find it finished.
  template <typename Piece>
  void Post(Piece piece) {
    turns_.Post([call = shared_from_this(), piece = std::move(piece)] {
      if (!call->finished_) piece(*call);
    });
  }

  void OnReadDone(bool ok) override {
    auto piece = [call = shared_from_this(), ok] {
      if (!call->finished_) call->Received(ok);
    };
    if (take_blocks_) return turns_.Post(std::move(piece));
    turns_.RunOrPost(std::move(piece));  // Handing it to another thread would take longer.
  }
  void OnCancel() override {
    Post([](UploadCall& call) {
      if (!call.finishing_) call.Fail(Cancelled("the sender is gone"));
    });
  }
  void OnDone() override { const auto self = std::move(self_); }

  void Admitted(const StatusOr<UploadRange>& range) {
    if (admitted_) return;
    if (!range.ok()) return Fail(range.status());
    admitted_ = true;
    take_blocks_ = sink_->TakeBlocks();
    offset_ = range->begin;
    end_ = range->end;
    progress_ = limits_.clock.Now();
    StartRead(&buffer_);
    WatchIdle();
  }

  void Received(bool ok) {
    if (finishing_) return;
    if (!ok) return Ended();
    grpc::ByteBuffer chunk;
    chunk.Swap(&buffer_);
    StartRead(&buffer_);
    const Status taken = Guarded([&] { return Take(chunk); });
    progress_ = limits_.clock.Now();
    if (!taken.ok()) Fail(taken);
  }

  Status Take(const grpc::ByteBuffer& buffer) {
    MUSTER_ASSIGN(const Chunk chunk, DecodeVerifiedChunk(buffer));
    if (chunk.offset != offset_) {
      return WithReason(InvalidArgument("a chunk at {} where {} is next", chunk.offset, offset_),
                        Reason::kCHUNK_OUT_OF_ORDER);
    }
    if (chunk.data.size() > end_ - offset_) {
      return WithReason(InvalidArgument("more than the {} bytes that were announced", end_),
                        Reason::kUPLOAD_TOO_LARGE);
    }
    MUSTER_TRY(sink_->Take(offset_, chunk.data));
    offset_ += chunk.data.size();
    return Ok();
  }

  // The sender closed its side, or the connection broke: gRPC tells these apart only later, so the
  // announced size decides.
  void Ended() {
    if (offset_ != end_) {
      return Fail(WithReason(InvalidArgument("ended at {} of {} bytes", offset_, end_),
                             Reason::kUPLOAD_TRUNCATED));
    }
    finishing_ = true;
    const Status failed = Guarded([&]() -> Status {
      sink_->Finish([weak = weak_from_this()](StatusOr<std::string> reply) {
        if (const auto self = weak.lock()) {
          self->Post([reply = std::move(reply)](UploadCall& c) { c.Complete(reply); });
        }
      });
      return Ok();
    });
    if (!failed.ok()) Complete(failed);
  }

  void Complete(const StatusOr<std::string>& reply) {
    if (reply.ok()) *reply_ = RawBuffer(*reply);
    End(reply.status());
  }

  void Fail(const Status& status) {
    if (sink_ != nullptr && !finishing_) {
      const Status failed = Guarded([&]() -> Status {
        sink_->Broken(status);
        return Ok();
      });
      if (!failed.ok()) border_.logger().Error("upload_sink_failed", {{"text", MessageOf(failed)}});
    }
    End(status);
  }

  void End(const Status& status) {
    finished_ = true;
    sink_.reset();
    Finish(ToGrpc(status, border_.logger()));
  }

  void WatchIdle() {
    if (finishing_) return;
    if (limits_.clock.Now() - progress_ >= limits_.idle) {
      return Fail(WithReason(DeadlineExceeded("nothing came for {} ms", limits_.idle.count()),
                             Reason::kUPLOAD_IDLE));
    }
    border_.executor().PostAt(progress_ + limits_.idle, [weak = weak_from_this()] {
      if (const auto call = weak.lock()) call->Post([](UploadCall& c) { c.WatchIdle(); });
    });
  }

  Border& border_;
  grpc::ByteBuffer* const reply_;  // Not touched once finished_.
  const TransferLimits limits_;
  Turns turns_;
  std::shared_ptr<UploadCall> self_;
  // Touched only in turns_; buffer_ by gRPC too, between StartRead and OnReadDone.
  std::unique_ptr<ChunkSink> sink_;
  grpc::ByteBuffer buffer_;
  std::uint64_t offset_ = 0;  // Where the next chunk must stand.
  std::uint64_t end_ = 0;
  Timestamp progress_;
  bool admitted_ = false;
  bool take_blocks_ = true;  // Set before the first read.
  bool finishing_ = false;
  bool finished_ = false;
};

}  // namespace

grpc::ServerReadReactor<grpc::ByteBuffer>* ServeUpload(Border& border, Who who,
                                                       std::string_view method,
                                                       grpc::CallbackServerContext* context,
                                                       grpc::ByteBuffer* reply,
                                                       TransferLimits limits, MakeSink make_sink) {
  const auto call = UploadCall::Start(border, reply, limits);
  StatusOr<Caller> caller = border.Admit(*context, who, method);
  if (caller.ok()) {
    call->Begin(*std::move(caller), context, std::move(make_sink));
  } else {
    call->Refuse(caller.status());
  }
  return call.get();
}

}  // namespace muster::rpc
