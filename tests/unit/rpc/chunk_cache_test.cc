#include "rpc/chunk_cache.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "base/crc32c.h"
#include "tests/support/status_matchers.h"

namespace muster::rpc {
namespace {
using muster::testing::HasCode;
constexpr std::uint64_t kChunk = kMaxChunkBytes;

class CountingBlob final : public BlobReader {
 public:
  explicit CountingBlob(std::size_t size) : bytes_(size) {
    for (std::size_t i = 0; i < size; ++i) bytes_[i] = static_cast<std::byte>(i * 31 >> 4);
  }
  std::uint64_t size() const override { return bytes_.size(); }
  Status Read(std::uint64_t offset, std::span<std::byte> out) const override {
    ++reads;
    if (broken) return DataLoss("a bad sector");
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
    return Ok();
  }
  ByteView bytes() const { return bytes_; }
  mutable std::atomic<int> reads = 0;
  bool broken = false;

 private:
  Bytes bytes_;
};

bool SameBytes(const grpc::Slice& slice, ByteView bytes) {
  return std::ranges::equal(std::span(slice.begin(), slice.size()), bytes,
                            [](std::uint8_t a, std::byte b) { return std::byte{a} == b; });
}

TEST(ChunkCache, ReadsAChunkOnceAndSharesItsBytes) {
  const CountingBlob blob(3 * kChunk);
  ChunkCache cache(3 * kChunk);
  EXPECT_FALSE(cache.Find("a", kChunk).has_value());
  const auto first = cache.Read("a", kChunk, blob);
  const auto second = cache.Read("a", kChunk, blob);
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(blob.reads, 1);
  EXPECT_EQ(first->data.begin(), second->data.begin());
  EXPECT_TRUE(SameBytes(second->data, blob.bytes().subspan(kChunk, kChunk)));
  EXPECT_EQ(second->crc32c, Crc32c(blob.bytes().subspan(kChunk, kChunk)));
  EXPECT_FALSE(cache.Find("b", kChunk).has_value());
}

TEST(ChunkCache, EndsChunksAtMultiplesSoThatResumedDownloadsMeetTheOthers) {
  const CountingBlob blob(2 * kChunk + 7);
  ChunkCache cache(3 * kChunk);
  EXPECT_EQ(cache.Read("a", 5, blob)->data.size(), kChunk - 5);
  EXPECT_EQ(cache.Read("a", kChunk, blob)->data.size(), kChunk);
  EXPECT_EQ(cache.Read("a", 2 * kChunk, blob)->data.size(), 7u);
}

TEST(ChunkCache, KeepsNoMoreThanItsBytesAndForgetsWhatWasAskedForLongestAgo) {
  const CountingBlob blob(4 * kChunk);
  ChunkCache cache(2 * kChunk);
  ASSERT_TRUE(cache.Read("a", 0, blob).ok());
  ASSERT_TRUE(cache.Read("a", kChunk, blob).ok());
  ASSERT_TRUE(cache.Find("a", 0).has_value());  // Asked for again, so the other one goes.
  ASSERT_TRUE(cache.Read("a", 2 * kChunk, blob).ok());
  EXPECT_TRUE(cache.Find("a", 0).has_value());
  EXPECT_FALSE(cache.Find("a", kChunk).has_value());
  EXPECT_TRUE(cache.Find("a", 2 * kChunk).has_value());
}

TEST(ChunkCache, OfNoBytesKeepsNothingAndStillReads) {
  const CountingBlob blob(10);
  ChunkCache cache(0);
  ASSERT_TRUE(cache.Read("a", 0, blob).ok());
  EXPECT_FALSE(cache.Find("a", 0).has_value());
}

TEST(ChunkCache, AFailedReadIsNotKept) {
  CountingBlob blob(10);
  blob.broken = true;
  ChunkCache cache(kChunk);
  EXPECT_THAT(cache.Read("a", 0, blob), HasCode(absl::StatusCode::kDataLoss));
  blob.broken = false;
  EXPECT_TRUE(cache.Read("a", 0, blob).ok());
}

TEST(ChunkCache, ServesManyThreadsAtOnce) {
  const CountingBlob blob(8 * kChunk);
  ChunkCache cache(3 * kChunk);
  std::atomic<int> wrong = 0;
  std::vector<std::thread> readers;
  for (int t = 0; t < 4; ++t)
    readers.emplace_back([&, t] {
      for (std::uint64_t i = 0; i < 64; ++i) {
        const std::uint64_t offset = (i * 5 + static_cast<std::uint64_t>(t)) % 8 * kChunk;
        const auto chunk = cache.Read("a", offset, blob);
        if (!chunk.ok() || !SameBytes(chunk->data, blob.bytes().subspan(offset, kChunk))) ++wrong;
      }
    });
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace muster::rpc
