#include <utility>

#include "rpc/chunk_server_stream.h"
#include "rpc/raw_message.h"
#include "rpc/turns.h"
#include "rpc/unary.h"

namespace muster::rpc {
namespace {

// One download: a chunk on its way, the next one in the cache. Owns itself until gRPC is done.
class DownloadCall final : public grpc::ServerWriteReactor<grpc::ByteBuffer>,
                           public std::enable_shared_from_this<DownloadCall> {
 public:
  static std::shared_ptr<DownloadCall> Start(Border& border, grpc::CallbackServerContext* context,
                                             TransferLimits limits, ChunkCache& cache) {
    std::shared_ptr<DownloadCall> call(new DownloadCall(border, context, limits, cache));
    call->self_ = call;
    return call;
  }

  void Begin(Caller caller, v1::DownloadRequest request, OpenBlob open) {
    Post([caller = std::move(caller), request = std::move(request),
          open = std::move(open)](DownloadCall& call) {
      call.progress_ = call.limits_.clock.Now();
      call.Step(call.Open(caller, request, open));
      call.WatchIdle();
    });
  }
  void Refuse(const Status& status) {
    Post([status](DownloadCall& call) { call.Step(status); });
  }

 private:
  DownloadCall(Border& border, grpc::CallbackServerContext* context, TransferLimits limits,
               ChunkCache& cache)
      : border_(border),
        context_(context),
        limits_(limits),
        cache_(cache),
        turns_(border.executor()) {}

  // Holds the call: pieces may run after OnDone, and find it finished.
  template <typename Piece>
  void Post(Piece piece) {
    turns_.Post([call = shared_from_this(), piece = std::move(piece)] {
      if (!call->finished_) piece(*call);
    });
  }

  void OnWriteDone(bool ok) override {
    turns_.RunOrPost([call = shared_from_this(), ok] {
      if (call->finished_) return;
      call->writing_ = false;
      call->progress_ = call->limits_.clock.Now();
      call->Step(ok ? Ok() : Cancelled("the reader is gone"));
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
      digest_ = request.digest();
      offset_ = request.offset();
      return Ok();
    });
  }

  // Goes on with writing, or ends the call.
  void Step(Status status) {
    if (status_.ok()) status_ = std::move(status);
    if (writing_) return;  // Its OnWriteDone comes back here.
    if (!status_.ok() || offset_ == reader_->size()) {
      finished_ = true;
      reader_.reset();
      return Finish(ToGrpc(status_, border_.logger()));
    }
    if (const auto chunk = cache_.Find(digest_, offset_)) return Write(*chunk);
    Post([](DownloadCall& call) { call.ReadAndWrite(); });
  }

  // On the executor: it may wait for a disk.
  void ReadAndWrite() {
    if (writing_ || !status_.ok()) return Step(Ok());
    const auto chunk = Guarded([this] { return cache_.Read(digest_, offset_, *reader_); });
    if (!chunk.ok()) return Step(chunk.status());
    Write(*chunk);
  }

  void Write(const CachedChunk& chunk) {
    grpc::ByteBuffer encoded = EncodeChunk(offset_, chunk.crc32c, chunk.data);
    current_.Swap(&encoded);
    offset_ += chunk.data.size();
    writing_ = true;
    progress_ = limits_.clock.Now();
    StartWrite(&current_);
    if (offset_ < reader_->size() && !cache_.Find(digest_, offset_))
      Post([](DownloadCall& call) { call.ReadAhead(); });
  }

  // The next chunk into the cache while this one is on its way.
  void ReadAhead() {
    if (!status_.ok() || offset_ == reader_->size()) return;
    // An error comes again when the chunk is wanted.
    (void)Guarded([this] { return cache_.Read(digest_, offset_, *reader_).status(); });
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
  ChunkCache& cache_;
  Turns turns_;
  std::shared_ptr<DownloadCall> self_;
  // Touched only in turns_.
  std::unique_ptr<BlobReader> reader_;
  std::string digest_;
  std::uint64_t offset_ = 0;  // Of the next byte to write.
  grpc::ByteBuffer current_;
  Status status_;  // Not OK: the call is to end with it.
  Timestamp progress_;
  bool writing_ = false;
  bool finished_ = false;
};

}  // namespace

grpc::ServerWriteReactor<grpc::ByteBuffer>* ServeDownload(
    Border& border, Who who, std::string_view method, grpc::CallbackServerContext* context,
    const grpc::ByteBuffer* request, TransferLimits limits, ChunkCache& cache, OpenBlob open) {
  const auto call = DownloadCall::Start(border, context, limits, cache);
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
