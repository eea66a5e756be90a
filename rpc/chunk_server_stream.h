#pragma once
// The server's ends of bulk transfers, for services generated WithRawCallbackMethod_<Method>.
// Disks are read on the executor, one piece at a time; nothing blocks a reactor thread, and a
// transfer never holds more than two chunks.
#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/blobs.h"
#include "base/clock.h"
#include "muster/v1/transfer.pb.h"
#include "rpc/border.h"
#include "rpc/chunk_cache.h"
#include "rpc/chunk_codec.h"

namespace muster::rpc {

// How long a transfer may stand still, by `clock`, before it is ended.
struct TransferLimits {
  const Clock& clock;
  Duration idle = std::chrono::seconds(60);
};

// Opens what a download asks for; runs on the executor. Its errors are the call's.
using OpenBlob =
    std::function<StatusOr<std::unique_ptr<BlobReader>>(const Caller&, const v1::DownloadRequest&)>;

// Streams the blob from the request's offset to its end in chunks that end at multiples of
// kMaxChunkBytes, those of `cache` where it has them. At the end exactly: no chunk, OK.
// INVALID_ARGUMENT (CHUNK_OUT_OF_ORDER) for an offset beyond it; a stalled
// reader is cancelled.
grpc::ServerWriteReactor<grpc::ByteBuffer>* ServeDownload(
    Border& border, Who who, std::string_view method, grpc::CallbackServerContext* context,
    const grpc::ByteBuffer* request, TransferLimits limits, ChunkCache& cache, OpenBlob open);

// What an admitted upload brings: the bytes [begin, end) of the whole.
struct UploadRange {
  std::uint64_t begin = 0;  // Where the first chunk must stand.
  std::uint64_t end = 0;    // The whole's size.
};

// Takes one upload. All its methods run on the executor, one at a time, unless TakeBlocks says that
// they may run on gRPC's threads; admitted and done may be called from any thread, even before
// Start or Finish return. Destroyed on the executor, after the
// call ended or with the executor.
class ChunkSink {
 public:
  virtual ~ChunkSink() = default;
  // Reading begins when `admitted` is called with a range, so an upload can be made to wait for
  // its place; an error ends the call with it.
  virtual void Start(std::function<void(StatusOr<UploadRange>)> admitted) = 0;
  // False when Take, Finish and Broken never wait for a disk or a lock held for long.
  virtual bool TakeBlocks() const { return true; }
  // The next bytes: contiguous, CRC checked, inside the range. An error ends the call with it.
  virtual Status Take(std::uint64_t offset, const ChunkData& data) = 0;
  // Everything came. `done` takes the serialised reply message or the call's error.
  virtual void Finish(std::function<void(StatusOr<std::string>)> done) = 0;
  // The call ends before Finish, once, for whatever reason: the caller left, stalled
  // (UPLOAD_IDLE), stopped short (UPLOAD_TRUNCATED), sent nonsense, or Take refused. What was
  // taken may be kept for a resume.
  virtual void Broken(const Status& why) = 0;
};

// Makes the sink for an upload; runs on the executor. Its errors are the call's.
using MakeSink = std::function<StatusOr<std::unique_ptr<ChunkSink>>(
    const Caller&, const grpc::CallbackServerContext&)>;

// Ends with INVALID_ARGUMENT: CHUNK_CORRUPT, CHUNK_TOO_LARGE (see DecodeChunk), CHUNK_OUT_OF_ORDER
// (not where the last chunk ended), UPLOAD_TOO_LARGE, UPLOAD_TRUNCATED; DEADLINE_EXCEEDED
// (UPLOAD_IDLE).
grpc::ServerReadReactor<grpc::ByteBuffer>* ServeUpload(Border& border, Who who,
                                                       std::string_view method,
                                                       grpc::CallbackServerContext* context,
                                                       grpc::ByteBuffer* reply,
                                                       TransferLimits limits, MakeSink make_sink);

// One value of the call's metadata: INVALID_ARGUMENT (FIELD_INVALID, at `key`) unless it is there
// exactly once.
StatusOr<std::string> MetadataText(const grpc::ServerContextBase& context, std::string_view key);
// The same as a decimal number.
StatusOr<std::uint64_t> MetadataNumber(const grpc::ServerContextBase& context,
                                       std::string_view key);

// The size of the whole upload, which every uploader declares: UploadRange::end.
inline constexpr std::string_view kBytesKey = "muster-bytes";

}  // namespace muster::rpc
