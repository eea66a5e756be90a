#include <algorithm>
#include <optional>
#include <utility>

#include "base/crc32c.h"
#include "rpc/chunk_server_stream.h"
#include "rpc/raw_message.h"
#include "rpc/turns.h"
#include "rpc/unary.h"

namespace muster::rpc {
namespace {

// One download. While a chunk is on its way, the next one is read. Owns itself until gRPC is done.
class DownloadCall final : public grpc::ServerWriteReactor<grpc::ByteBuffer>,
                           public std::enable_shared_from_this<DownloadCall> {
 public:
  static std::shared_ptr<DownloadCall> Start(Border& border, grpc::CallbackServerContext* context,
                                             TransferLimits limits) {
    std::shared_ptr<DownloadCall> call(new DownloadCall(border, context, limits));
    call->self_ = call;
    return call;
  }

  void Begin(Caller caller, v1::DownloadRequest request, OpenBlob open) {
    Post([caller = std::move(caller), request = std::move(request),
          open = std::move(open)](DownloadCall& call) {
      call.Step(call.Open(caller, request, open));
      call.WatchIdle();
    });
  }
  void Refuse(const Status& status) {
    Post([status](DownloadCall& call) { call.Step(status); });
  }

 private:
  DownloadCall(Border& border, grpc::CallbackServerContext* context, TransferLimits limits)
      : border_(border), context_(context), limits_(limits), turns_(border.executor()) {}

  // Holds the call: pieces may run after OnDone, and find it finished.
  template <typename Piece>
  void Post(Piece piece) {
    turns_.Post([call = shared_from_this(), piece = std::move(piece)] {
      if (!call->finished_) piece(*call);
    });
  }

  void OnWriteDone(bool ok) override {
    Post([ok](DownloadCall& call) {
      call.writing_ = false;
      call.progress_ = call.limits_.clock.Now();
      call.Step(ok ? Ok() : Cancelled("the reader is gone"));
    });
  }
  void OnDone() override { const auto self = std::move(self_); }

  Status Open(const Caller& caller, const v1::DownloadRequest& request, const OpenBlob& open) {
    return Guarded([&]() -> Status {
      MUSTER_ASSIGN(reader_, open(caller, request));
      if (request.offset() > reader_->size()) {
        return WithReason(InvalidArgument("offset {} lies beyond the {} bytes there are",
                                          request.offset(), reader_->size()),
                          Reason::kCHUNK_OUT_OF_ORDER);
      }
      offset_ = request.offset();
      return ReadAhead();
    });
  }

  // Fills next_ unless everything has been read.
  Status ReadAhead() {
    const std::uint64_t left = reader_->size() - offset_;
    if (left == 0) return Ok();
    FreshSlice fresh = MakeSlice(std::min<std::uint64_t>(left, kMaxChunkBytes));
    MUSTER_TRY(reader_->Read(offset_, fresh.bytes));
    next_ = EncodeChunk(offset_, Crc32c(fresh.bytes), std::move(fresh.slice));
    offset_ += fresh.bytes.size();
    return Ok();
  }

  // Goes on with writing, or ends the call.
  void Step(Status status) {
    if (status_.ok()) status_ = std::move(status);
    if (writing_) return;  // Its OnWriteDone comes back here.
    if (!status_.ok() || !next_) {
      finished_ = true;
      reader_.reset();
      return Finish(ToGrpc(status_, border_.logger()));
    }
    current_.Swap(&*next_);
    next_.reset();
    writing_ = true;
    progress_ = limits_.clock.Now();
    StartWrite(&current_);
    status_ = Guarded([this] { return ReadAhead(); });
  }

  void WatchIdle() {
    if (finished_) return;
    if (limits_.clock.Now() - progress_ >= limits_.idle) {
      status_ =
          WithReason(DeadlineExceeded("the reader took nothing for {} ms", limits_.idle.count()),
                     Reason::kUPLOAD_IDLE);
      return context_->TryCancel();  // Ends the write under way.
    }
    border_.executor().PostAt(progress_ + limits_.idle, [weak = weak_from_this()] {
      if (const auto call = weak.lock()) call->Post([](DownloadCall& c) { c.WatchIdle(); });
    });
  }

  Border& border_;
  grpc::CallbackServerContext* const context_;  // Not touched once finished_.
  const TransferLimits limits_;
  Turns turns_;
  std::shared_ptr<DownloadCall> self_;
  // Touched only in turns_.
  std::unique_ptr<BlobReader> reader_;
  std::uint64_t offset_ = 0;  // Of the next byte to read.
  grpc::ByteBuffer current_;
  std::optional<grpc::ByteBuffer> next_;
  Status status_;  // Not OK: the call is to end with it.
  Timestamp progress_;
  bool writing_ = false;
  bool finished_ = false;
};

}  // namespace

grpc::ServerWriteReactor<grpc::ByteBuffer>* ServeDownload(Border& border, Who who,
                                                          std::string_view method,
                                                          grpc::CallbackServerContext* context,
                                                          const grpc::ByteBuffer* request,
                                                          TransferLimits limits, OpenBlob open) {
  const auto call = DownloadCall::Start(border, context, limits);
  StatusOr<Caller> caller = border.Admit(*context, who, method);
  auto message = ParseRaw<v1::DownloadRequest>(*request);
  if (!caller.ok()) {
    call->Refuse(caller.status());
  } else if (!message.ok()) {
    call->Refuse(message.status());
  } else {
    call->Begin(*std::move(caller), *std::move(message), std::move(open));
  }
  return call.get();
}

}  // namespace muster::rpc
