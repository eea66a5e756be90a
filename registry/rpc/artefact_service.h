#pragma once
// Artefacts in and out, as streams of raw chunks between the wire and the blobs. Looks at none of
// the bytes: what they are is judged when a version names them.
#include <muster/v1/transfer.grpc.pb.h>

#include <cstdint>

#include "base/blobs.h"
#include "base/log.h"
#include "rpc/border.h"
#include "rpc/chunk_server_stream.h"

namespace muster::registry {

inline constexpr std::uint64_t kMaxArtefactBytes = 8ULL << 30;

using ArtefactServiceBase = v1::ArtefactService::WithRawCallbackMethod_PutArtefact<
    v1::ArtefactService::WithRawCallbackMethod_GetArtefact<v1::ArtefactService::Service>>;

// Safe from any thread; what it borrows outlives it.
class ArtefactService final : public ArtefactServiceBase {
 public:
  ArtefactService(Blobs& blobs, rpc::Border& border, Logger& log, rpc::TransferLimits limits,
                  std::uint64_t max_bytes = kMaxArtefactBytes)
      : blobs_(blobs), border_(border), log_(log), limits_(limits), max_bytes_(max_bytes) {}

  // The call's metadata says how many bytes come (rpc::kBytesKey); more than `max_bytes` are
  // refused with UPLOAD_TOO_LARGE before any is read. Only a whole artefact is kept.
  grpc::ServerReadReactor<grpc::ByteBuffer>* PutArtefact(grpc::CallbackServerContext*,
                                                         grpc::ByteBuffer* reply) override;
  // FIELD_INVALID at "digest"; NOT_FOUND (BLOB_NOT_FOUND).
  grpc::ServerWriteReactor<grpc::ByteBuffer>* GetArtefact(grpc::CallbackServerContext*,
                                                          const grpc::ByteBuffer*) override;

 private:
  Blobs& blobs_;
  rpc::Border& border_;
  Logger& log_;
  const rpc::TransferLimits limits_;
  rpc::ChunkCache chunks_{0};  // Operators fetch alone.
  const std::uint64_t max_bytes_;
};

}  // namespace muster::registry
