#include "registry/rpc/artefact_service.h"

#include <utility>

namespace muster::registry {
namespace {

// Writes one upload into the blobs; dropped before its end, it leaves nothing.
class ArtefactSink final : public rpc::ChunkSink {
 public:
  ArtefactSink(std::unique_ptr<BlobWriter> writer, std::uint64_t bytes, std::string by, Logger& log)
      : writer_(std::move(writer)), bytes_(bytes), by_(std::move(by)), log_(log) {}

  void Start(std::function<void(StatusOr<rpc::UploadRange>)> admitted) override {
    admitted(rpc::UploadRange{0, bytes_});
  }
  Status Take(std::uint64_t, const rpc::ChunkData& data) override {
    for (const ByteView part : data.parts()) MUSTER_TRY(writer_->Write(part));
    return Ok();
  }
  void Finish(std::function<void(StatusOr<std::string>)> done) override {
    const StatusOr<Digest> digest = writer_->Commit();
    if (!digest.ok()) return done(digest.status());
    log_.Info("artefact_put", {{"digest", digest->ToString()}, {"bytes", bytes_}, {"by", by_}});
    v1::PutArtefactReply reply;
    reply.set_digest(digest->ToString());
    reply.set_bytes(bytes_);
    done(reply.SerializeAsString());
  }
  void Broken(const Status&) override { writer_.reset(); }

 private:
  std::unique_ptr<BlobWriter> writer_;
  const std::uint64_t bytes_;
  const std::string by_;
  Logger& log_;
};
}  // namespace

grpc::ServerReadReactor<grpc::ByteBuffer>* ArtefactService::PutArtefact(
    grpc::CallbackServerContext* context, grpc::ByteBuffer* reply) {
  const auto make_sink =
      [this](const Caller& caller,
             const grpc::CallbackServerContext& call) -> StatusOr<std::unique_ptr<rpc::ChunkSink>> {
    MUSTER_ASSIGN(const std::uint64_t bytes, rpc::MetadataNumber(call, rpc::kBytesKey));
    if (bytes > max_bytes_)
      return WithReason(
          InvalidArgument("{} bytes are more than the {} of an artefact", bytes, max_bytes_),
          Reason::kUPLOAD_TOO_LARGE);
    MUSTER_ASSIGN(auto writer, blobs_.Create());
    return std::make_unique<ArtefactSink>(std::move(writer), bytes, caller.Text(), log_);
  };
  return rpc::ServeUpload(border_, rpc::Who::kOperator, "PutArtefact", context, reply, limits_,
                          make_sink);
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* ArtefactService::GetArtefact(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) {
  const auto open = [this](const Caller&,
                           const v1::DownloadRequest& r) -> StatusOr<std::unique_ptr<BlobReader>> {
    const StatusOr<Digest> digest = Digest::Parse(r.digest());
    if (!digest.ok()) return InvalidField("digest", "is not sha256: and 64 hexadecimal digits");
    auto reader = blobs_.Open(*digest);
    if (reader.status().code() == absl::StatusCode::kNotFound)
      return WithReason(NotFound("there is no artefact {}", digest->ToString()),
                        Reason::kBLOB_NOT_FOUND);
    return reader;
  };
  return rpc::ServeDownload(border_, rpc::Who::kOperator, "GetArtefact", context, request, limits_,
                            chunks_, open);
}

}  // namespace muster::registry
