// DecodeChunk on foreign bytes, cut into slices as the first bytes say: what it accepts, protobuf
// reads the same way, and encoding it again gives protobuf's bytes.
#include <algorithm>
#include <cstdlib>

#include "muster/v1/transfer.pb.h"
#include "rpc/chunk_codec.h"
#include "rpc/raw_message.h"

namespace muster::rpc {
namespace {

void Require(bool holds) {
  if (!holds) std::abort();
}

void Check(std::string_view input) {
  if (input.empty()) return;
  const std::size_t piece = 1 + static_cast<unsigned char>(input[0]) % 32;
  const std::string bytes(input.substr(1));
  std::vector<grpc::Slice> slices;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    slices.emplace_back(bytes.data() + at, std::min(piece, bytes.size() - at));
  }
  const auto chunk = DecodeChunk(grpc::ByteBuffer(slices.data(), slices.size()));
  if (!chunk.ok()) {
    const auto reason = ReasonOf(chunk.status());
    return Require(reason == Reason::kCHUNK_CORRUPT || reason == Reason::kCHUNK_TOO_LARGE);
  }
  v1::Chunk message;
  Require(message.ParseFromString(bytes));
  const Bytes data = chunk->data.Copy();
  Require(message.offset() == chunk->offset && message.crc32c() == chunk->crc32c &&
          message.data() == AsText(data));
  const auto again = EncodeChunk(chunk->offset, chunk->crc32c, grpc::Slice(message.data()));
  Require(RawText(again).value() == message.SerializeAsString());
}

}  // namespace
}  // namespace muster::rpc

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  muster::rpc::Check({reinterpret_cast<const char*>(data), size});
  return 0;
}
