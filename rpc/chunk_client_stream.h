#pragma once
// The client's ends of bulk transfers. They block their thread; the server's word is checked
// (offsets, CRCs, sizes), never trusted. They do not retry: the caller resumes after UNAVAILABLE.
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/blobs.h"
#include "base/clock.h"
#include "muster/v1/transfer.pb.h"
#include "rpc/chunk_codec.h"

namespace muster::rpc {

inline constexpr char kEdgeDownload[] = "/muster.v1.EdgeService/Download";
inline constexpr char kEdgeUpload[] = "/muster.v1.EdgeService/Upload";
inline constexpr char kPutArtefact[] = "/muster.v1.ArtefactService/PutArtefact";
inline constexpr char kGetArtefact[] = "/muster.v1.ArtefactService/GetArtefact";

// A transfer that makes no progress for so long ends with DEADLINE_EXCEEDED (UPLOAD_IDLE).
inline constexpr Duration kTransferIdle = std::chrono::seconds(120);

// The next bytes of a download, at `offset`; an error ends it.
using DownloadSink = std::function<Status(std::uint64_t offset, const ChunkData& data)>;

// Reads `request` from its offset on; returns the offset after the last byte. Chunks reach the
// sink in order and CRC-checked. INVALID_ARGUMENT CHUNK_CORRUPT, CHUNK_OUT_OF_ORDER,
// CHUNK_TOO_LARGE when the server misbehaves. `context` is the caller's, so that another thread
// can TryCancel; a context serves one call.
StatusOr<std::uint64_t> Download(const std::shared_ptr<grpc::Channel>& channel,
                                 const std::string& method, const v1::DownloadRequest& request,
                                 grpc::ClientContext& context, const DownloadSink& sink,
                                 Duration idle = kTransferIdle);

// Sends `source` from `offset` to its end and returns the serialised reply message. Adds
// "muster-bytes" to the context's metadata. A server that refuses in the middle is heard at once.
StatusOr<std::string> Upload(const std::shared_ptr<grpc::Channel>& channel,
                             const std::string& method, const BlobReader& source,
                             std::uint64_t offset, grpc::ClientContext& context,
                             Duration idle = kTransferIdle);

// Upload with the reply parsed. INTERNAL when it is no `Reply`.
template <typename Reply>
StatusOr<Reply> UploadFor(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                          const BlobReader& source, std::uint64_t offset,
                          grpc::ClientContext& context, Duration idle = kTransferIdle) {
  MUSTER_ASSIGN(const std::string bytes, Upload(channel, method, source, offset, context, idle));
  Reply reply;
  if (!reply.ParseFromString(bytes)) return Internal("{}: unreadable reply", method);
  return reply;
}

// Bytes in memory as a BlobReader; borrows them.
class MemoryBlob final : public BlobReader {
 public:
  explicit MemoryBlob(ByteView bytes) : bytes_(bytes) {}
  std::uint64_t size() const override { return bytes_.size(); }
  Status Read(std::uint64_t offset, std::span<std::byte> out) const override;

 private:
  ByteView bytes_;
};

}  // namespace muster::rpc
