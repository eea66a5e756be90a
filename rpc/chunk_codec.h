#pragma once
// muster.v1.Chunk to and from gRPC's byte buffers without copying the data. The bytes are exactly
// those of protobuf's own serialiser (fields in the order 1, 2, 3).
#include <grpcpp/support/byte_buffer.h>

#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/status.h"

namespace muster::rpc {

inline constexpr std::size_t kMaxChunkBytes = 256 * 1024;
// Tags, offset, CRC and length before the data.
inline constexpr std::size_t kMaxChunkOverhead = 1 + 10 + 1 + 4 + 1 + 4;

// A chunk's data as it came: a list of pieces of gRPC's buffers, kept alive by this.
class ChunkData {
 public:
  ChunkData() = default;
  explicit ChunkData(std::vector<grpc::Slice> slices);
  ChunkData(ChunkData&&) = default;
  ChunkData& operator=(ChunkData&&) = default;
  ChunkData(const ChunkData&) = delete;  // Small slices hold their bytes themselves.
  ChunkData& operator=(const ChunkData&) = delete;

  std::span<const ByteView> parts() const { return parts_; }
  std::size_t size() const { return size_; }
  Bytes Copy() const;
  std::uint32_t Crc32c() const;

 private:
  std::vector<grpc::Slice> slices_;
  std::vector<ByteView> parts_;
  std::size_t size_ = 0;
};

struct Chunk {
  std::uint64_t offset = 0;
  std::uint32_t crc32c = 0;  // As claimed by the sender.
  ChunkData data;
};

// Takes `data` (at most kMaxChunkBytes) into the buffer by reference.
grpc::ByteBuffer EncodeChunk(std::uint64_t offset, std::uint32_t crc32c, grpc::Slice data);

// INVALID_ARGUMENT: CHUNK_TOO_LARGE beyond kMaxChunkBytes of data; CHUNK_CORRUPT on anything else
// that is not one Chunk: a truncated or over-long varint, wrong wire type, unknown, repeated or
// reordered field, a length that disagrees. The CRC is not checked here.
StatusOr<Chunk> DecodeChunk(const grpc::ByteBuffer& buffer);
// DecodeChunk, and CHUNK_CORRUPT when the data does not have its CRC-32C.
StatusOr<Chunk> DecodeVerifiedChunk(const grpc::ByteBuffer& buffer);

// A slice of `size` bytes to be filled through the pointer before it is shared.
struct FreshSlice {
  grpc::Slice slice;
  std::span<std::byte> bytes;
};
FreshSlice MakeSlice(std::size_t size);

}  // namespace muster::rpc
