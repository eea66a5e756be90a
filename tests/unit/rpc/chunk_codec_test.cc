#include "rpc/chunk_codec.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/crc32c.h"
#include "base/seeded.h"
#include "muster/v1/transfer.pb.h"
#include "rpc/raw_message.h"
#include "tests/support/status_matchers.h"

namespace muster::rpc {
namespace {

using ::muster::testing::Fails;

const auto kCorrupt = Fails(absl::StatusCode::kInvalidArgument, Reason::kCHUNK_CORRUPT);

std::string RandomText(SeededRng& rng, std::size_t size) {
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>(rng.Below(256));
  return text;
}

// `bytes` cut into slices of random lengths, some of them empty.
grpc::ByteBuffer Fragments(const std::string& bytes, SeededRng& rng) {
  std::vector<grpc::Slice> slices;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t n = std::min<std::size_t>(rng.Below(40), bytes.size() - at);
    slices.emplace_back(bytes.data() + at, n);
    at += n;
  }
  slices.emplace_back();
  return grpc::ByteBuffer(slices.data(), slices.size());
}

TEST(ChunkCodec, WritesTheBytesOfProtobufsOwnSerialiser) {
  constexpr std::uint64_t kSeed = 3;
  SCOPED_TRACE(::testing::Message() << "seed=" << kSeed);
  SeededRng rng(kSeed);
  for (int i = 0; i < 300; ++i) {
    v1::Chunk chunk;
    chunk.set_offset(rng.Next() >> rng.Below(64));
    if (i % 7 == 0) chunk.set_offset(0);
    chunk.set_crc32c(i % 5 == 0 ? 0 : static_cast<std::uint32_t>(rng.Next()));
    chunk.set_data(RandomText(rng, i % 11 == 0 ? 0 : rng.Below(1 << rng.Below(15))));
    const auto encoded = EncodeChunk(chunk.offset(), chunk.crc32c(), grpc::Slice(chunk.data()));
    EXPECT_EQ(RawText(encoded).value(), chunk.SerializeAsString());
  }
}

TEST(ChunkCodec, ReadsBackWhatProtobufWroteHoweverItIsCut) {
  constexpr std::uint64_t kSeed = 4;
  SCOPED_TRACE(::testing::Message() << "seed=" << kSeed);
  SeededRng rng(kSeed);
  for (int i = 0; i < 300; ++i) {
    v1::Chunk chunk;
    chunk.set_offset(rng.Next() >> rng.Below(64));
    chunk.set_data(RandomText(rng, rng.Below(500)));
    chunk.set_crc32c(Crc32c(AsBytes(chunk.data())));
    const auto decoded = DecodeVerifiedChunk(Fragments(chunk.SerializeAsString(), rng));
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    EXPECT_EQ(decoded->offset, chunk.offset());
    EXPECT_EQ(AsText(decoded->data.Copy()), chunk.data());
  }
}

TEST(ChunkCodec, NeverCopiesTheData) {
  FreshSlice fresh = MakeSlice(kMaxChunkBytes);
  std::ranges::fill(fresh.bytes, std::byte{7});
  const std::byte* const where = fresh.bytes.data();
  const auto buffer = EncodeChunk(1, 2, std::move(fresh.slice));
  const auto decoded = DecodeChunk(buffer);
  ASSERT_TRUE(decoded.ok());
  ASSERT_EQ(decoded->data.parts().size(), 1u);
  EXPECT_EQ(decoded->data.parts()[0].data(), where);
}

TEST(ChunkCodec, TakesALargestChunkAndRefusesOneByteMore) {
  const std::string most(kMaxChunkBytes, 'x');
  EXPECT_TRUE(DecodeChunk(EncodeChunk(~0ull, ~0u, grpc::Slice(most))).ok());
  EXPECT_THAT(DecodeChunk(EncodeChunk(0, 0, grpc::Slice(most + "x"))),
              Fails(absl::StatusCode::kInvalidArgument, Reason::kCHUNK_TOO_LARGE));
}

TEST(ChunkCodec, RefusesDataThatIsNotItsSum) {
  const std::string data = "data";
  const std::uint32_t crc = Crc32c(AsBytes(data));
  EXPECT_TRUE(DecodeVerifiedChunk(EncodeChunk(0, crc, grpc::Slice(data))).ok());
  EXPECT_THAT(DecodeVerifiedChunk(EncodeChunk(0, crc ^ 1, grpc::Slice(data))), kCorrupt);
  EXPECT_THAT(DecodeVerifiedChunk(EncodeChunk(0, 0, grpc::Slice(data))), kCorrupt);
}

TEST(ChunkCodec, RefusesWhatIsNoChunk) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"offset without a value", "\x08"},
      {"endless varint", std::string("\x08") + std::string(10, '\xff') + "\x01"},
      {"varint beyond 64 bits", std::string("\x08") + std::string(9, '\xff') + "\x02"},
      {"offset twice", std::string("\x08\x01\x08\x02", 4)},
      {"sum cut short", std::string("\x15\x01\x02\x03", 4)},
      {"sum before offset", std::string("\x15\x01\x02\x03\x04\x08\x01", 7)},
      {"sum twice", std::string("\x15\x01\x02\x03\x04\x15\x01\x02\x03\x04", 10)},
      {"data without length", "\x1a"},
      {"data shorter than said", "\x1a\x05zzz"},
      {"data longer than said", "\x1a\x02zzz"},
      {"data length beyond all memory",
       std::string("\x1a\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 10)},
      {"data twice", "\x1a\x01z\x1a\x01z"},
      {"unknown field", std::string("\x20\x01", 2)},
      {"field zero", std::string("\x00\x01", 2)},
      {"wrong wire type for offset", std::string("\x0a\x01\x01", 3)},
      {"wrong wire type for data", std::string("\x18\x01", 2)},
      {"group", "\x1b\x1c"},
  };
  for (const auto& [what, bytes] : cases) {
    EXPECT_THAT(DecodeChunk(RawBuffer(bytes)), kCorrupt) << what;
  }
}

TEST(ChunkCodec, ReadsAnEmptyMessageAsAnEmptyChunkAtTheStart) {
  const auto chunk = DecodeVerifiedChunk(grpc::ByteBuffer());
  ASSERT_TRUE(chunk.ok());
  EXPECT_EQ(chunk->offset, 0u);
  EXPECT_EQ(chunk->data.size(), 0u);
}

TEST(ChunkCodec, RefusesEveryTruncationOfAChunkWithData) {
  const auto whole = RawText(EncodeChunk(300, 12345, grpc::Slice(std::string(50, 'd')))).value();
  for (std::size_t n = 9; n < whole.size(); ++n) {  // Shorter ones are chunks without data.
    EXPECT_FALSE(DecodeChunk(RawBuffer(whole.substr(0, n))).ok()) << n;
  }
}

}  // namespace
}  // namespace muster::rpc
