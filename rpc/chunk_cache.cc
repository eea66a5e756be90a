#include "rpc/chunk_cache.h"

#include <algorithm>

#include "base/crc32c.h"

namespace muster::rpc {

std::optional<CachedChunk> ChunkCache::Find(std::string_view digest, std::uint64_t offset) {
  absl::MutexLock lock(&mu_);
  const auto it = index_.find(Key(digest, offset));
  if (it == index_.end()) return std::nullopt;
  recent_.splice(recent_.begin(), recent_, it->second);
  return it->second->second;
}

StatusOr<CachedChunk> ChunkCache::Read(std::string_view digest, std::uint64_t offset,
                                       const BlobReader& blob) {
  if (auto found = Find(digest, offset)) return *std::move(found);
  const std::uint64_t end =
      std::min<std::uint64_t>(blob.size(), (offset / kMaxChunkBytes + 1) * kMaxChunkBytes);
  FreshSlice fresh = MakeSlice(end - offset);
  MUSTER_TRY(blob.Read(offset, fresh.bytes));
  CachedChunk chunk{std::move(fresh.slice), Crc32c(fresh.bytes)};
  Keep(Key(digest, offset), chunk);
  return chunk;
}

void ChunkCache::Keep(const Key& key, const CachedChunk& chunk) {
  std::list<Entry> old;  // Destroyed after the lock.
  absl::MutexLock lock(&mu_);
  if (index_.contains(key)) return;  // Read by two at once.
  recent_.emplace_front(key, chunk);
  index_[key] = recent_.begin();
  bytes_ += chunk.data.size();
  while (bytes_ > max_bytes_) {
    bytes_ -= recent_.back().second.data.size();
    index_.erase(recent_.back().first);
    old.splice(old.begin(), recent_, std::prev(recent_.end()));
  }
}

}  // namespace muster::rpc
