#include "rpc/chunk_codec.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/crc32c.h"

namespace muster::rpc {
namespace {

// Tags of muster.v1.Chunk: (field number << 3) | wire type.
constexpr std::uint8_t kOffsetTag = (1 << 3) | 0;
constexpr std::uint8_t kCrcTag = (2 << 3) | 5;
constexpr std::uint8_t kDataTag = (3 << 3) | 2;

ByteView ViewOf(const grpc::Slice& slice) {
  return {reinterpret_cast<const std::byte*>(slice.begin()), slice.size()};
}

Status Corrupt(std::string_view what) {
  return WithReason(InvalidArgument("chunk: {}", what), Reason::kCHUNK_CORRUPT);
}

// The bytes before a chunk's data.
class Prefix {
 public:
  void Byte(std::uint8_t byte) { bytes_[size_++] = byte; }
  void Varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) Byte(static_cast<std::uint8_t>(value | 0x80));
    Byte(static_cast<std::uint8_t>(value));
  }
  void Fixed32(std::uint32_t value) {
    for (int shift = 0; shift < 32; shift += 8) Byte(static_cast<std::uint8_t>(value >> shift));
  }
  grpc::Slice ToSlice() const { return grpc::Slice(bytes_.data(), size_); }

 private:
  std::array<std::uint8_t, kMaxChunkOverhead> bytes_;
  std::size_t size_ = 0;
};

// Reads bytes across the seams of a list of slices.
class Cursor {
 public:
  explicit Cursor(const std::vector<grpc::Slice>& slices) : slices_(slices) {
    for (const grpc::Slice& slice : slices) left_ += slice.size();
  }
  std::size_t left() const { return left_; }

  std::optional<std::uint8_t> Byte() {
    if (left_ == 0) return std::nullopt;
    while (at_ == slices_[index_].size()) ++index_, at_ = 0;
    --left_;
    return slices_[index_].begin()[at_++];
  }
  std::optional<std::uint64_t> Varint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 70; shift += 7) {
      const auto byte = Byte();
      if (!byte) return std::nullopt;
      if (shift == 63 && *byte > 1) return std::nullopt;  // Beyond 64 bits.
      value |= static_cast<std::uint64_t>(*byte & 0x7f) << shift;
      if ((*byte & 0x80) == 0) return value;
    }
    return std::nullopt;
  }
  std::optional<std::uint32_t> Fixed32() {
    std::uint32_t value = 0;
    for (int shift = 0; shift < 32; shift += 8) {
      const auto byte = Byte();
      if (!byte) return std::nullopt;
      value |= static_cast<std::uint32_t>(*byte) << shift;
    }
    return value;
  }
  // Everything that is left, by reference.
  std::vector<grpc::Slice> Rest() {
    std::vector<grpc::Slice> rest;
    if (left_ == 0) return rest;
    rest.reserve(slices_.size() - index_);
    if (at_ < slices_[index_].size()) {
      rest.push_back(slices_[index_].sub(at_, slices_[index_].size()));
    }
    for (std::size_t i = index_ + 1; i < slices_.size(); ++i)
      if (slices_[i].size() > 0) rest.push_back(slices_[i]);
    left_ = 0;
    return rest;
  }

 private:
  const std::vector<grpc::Slice>& slices_;
  std::size_t index_ = 0;
  std::size_t at_ = 0;
  std::size_t left_ = 0;
};

StatusOr<Chunk> Decode(Cursor cursor) {
  Chunk chunk;
  std::uint8_t last_tag = 0;
  while (cursor.left() > 0) {
    const std::uint8_t tag = *cursor.Byte();
    // Tags grow with the field's number, so one comparison refuses repeats and reordering.
    if (tag <= last_tag) return Corrupt("a field is repeated or out of order");
    last_tag = tag;
    if (tag == kOffsetTag) {
      const auto offset = cursor.Varint();
      if (!offset) return Corrupt("unreadable offset");
      chunk.offset = *offset;
    } else if (tag == kCrcTag) {
      const auto crc = cursor.Fixed32();
      if (!crc) return Corrupt("unreadable CRC");
      chunk.crc32c = *crc;
    } else if (tag == kDataTag) {
      const auto length = cursor.Varint();
      if (!length || *length != cursor.left()) return Corrupt("the data's length is wrong");
      chunk.data = ChunkData(cursor.Rest());
    } else {
      return Corrupt("unknown field");
    }
  }
  if (chunk.data.size() > kMaxChunkBytes) {
    return WithReason(InvalidArgument("chunk: {} bytes of data, at most {} are allowed",
                                      chunk.data.size(), kMaxChunkBytes),
                      Reason::kCHUNK_TOO_LARGE);
  }
  return chunk;
}

}  // namespace

ChunkData::ChunkData(std::vector<grpc::Slice> slices) : slices_(std::move(slices)) {
  parts_.reserve(slices_.size());
  for (const grpc::Slice& slice : slices_) {
    parts_.push_back(ViewOf(slice));
    size_ += slice.size();
  }
}

Bytes ChunkData::Copy() const {
  Bytes out;
  out.reserve(size_);
  for (const ByteView part : parts_) out.insert(out.end(), part.begin(), part.end());
  return out;
}

std::uint32_t ChunkData::Crc32c() const {
  std::uint32_t crc = 0;
  for (const ByteView part : parts_) crc = muster::Crc32c(part, crc);
  return crc;
}

grpc::ByteBuffer EncodeChunk(std::uint64_t offset, std::uint32_t crc32c, grpc::Slice data) {
  Prefix prefix;  // proto3 leaves zero values out.
  if (offset != 0) {
    prefix.Byte(kOffsetTag);
    prefix.Varint(offset);
  }
  if (crc32c != 0) {
    prefix.Byte(kCrcTag);
    prefix.Fixed32(crc32c);
  }
  if (data.size() == 0) {
    const grpc::Slice only = prefix.ToSlice();
    return grpc::ByteBuffer(&only, 1);
  }
  prefix.Byte(kDataTag);
  prefix.Varint(data.size());
  const std::array<grpc::Slice, 2> slices = {prefix.ToSlice(), std::move(data)};
  return grpc::ByteBuffer(slices.data(), slices.size());
}

StatusOr<Chunk> DecodeChunk(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  if (buffer.Valid() && !buffer.Dump(&slices).ok()) return Corrupt("unreadable buffer");
  return Decode(Cursor(slices));
}

StatusOr<Chunk> DecodeVerifiedChunk(const grpc::ByteBuffer& buffer) {
  MUSTER_ASSIGN(Chunk chunk, DecodeChunk(buffer));
  if (chunk.data.Crc32c() != chunk.crc32c) return Corrupt("the data does not have its CRC-32C");
  return chunk;
}

FreshSlice MakeSlice(std::size_t size) {
  auto* const bytes = new std::byte[size];
  return {grpc::Slice(bytes, size, [](void* p) { delete[] static_cast<std::byte*>(p); }),
          {bytes, size}};
}

}  // namespace muster::rpc
