#pragma once
// Chunks of blobs that several downloads are sending now: devices of one round fetch the same
// model at about the same time, and each chunk is then read and summed once, and is in memory once.
#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/blobs.h"
#include "rpc/chunk_codec.h"

namespace muster::rpc {

// Bytes of a blob with their CRC-32C. Copies share the bytes.
struct CachedChunk {
  grpc::Slice data;
  std::uint32_t crc32c = 0;
};

// Keeps the chunks that were asked for last. Safe from any thread.
class ChunkCache {
 public:
  explicit ChunkCache(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  // The chunk of the blob at `offset`, if it is here. Never touches a disk.
  std::optional<CachedChunk> Find(std::string_view digest, std::uint64_t offset);
  // The same, read from `blob` when it is not here; offset < blob.size(). Chunks end at multiples
  // of kMaxChunkBytes, so that downloads which began at different offsets meet in them.
  StatusOr<CachedChunk> Read(std::string_view digest, std::uint64_t offset, const BlobReader& blob);

 private:
  using Key = std::pair<std::string, std::uint64_t>;
  using Entry = std::pair<Key, CachedChunk>;
  void Keep(const Key& key, const CachedChunk& chunk);

  const std::size_t max_bytes_;
  absl::Mutex mu_;
  std::list<Entry> recent_ ABSL_GUARDED_BY(mu_);  // The newest first.
  std::map<Key, std::list<Entry>::iterator> index_ ABSL_GUARDED_BY(mu_);
  std::size_t bytes_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace muster::rpc
