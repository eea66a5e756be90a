#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "aggregation/accumulator.h"
#include "base/crc32c.h"
#include "tests/unit/aggregation/testing.h"

namespace muster::aggregation {
namespace {
Accumulator Some(std::size_t dim = 37, std::uint64_t updates = 5) {
  SeededRng rng(91);
  Accumulator sum(dim, *FixedPoint::Make(1000, 16));
  for (std::uint64_t i = 0; i < updates; ++i)
    EXPECT_TRUE(sum.Fold(RandomDelta(rng, dim), static_cast<double>(i + 1), 10).ok());
  return sum;
}

Bytes BytesOf(const Accumulator& sum) {
  Bytes out;
  const Checkpoint checkpoint = sum.ToCheckpoint();
  for (const ByteView part : checkpoint.Parts()) out.insert(out.end(), part.begin(), part.end());
  return out;
}

void ExpectRefused(ByteView bytes) {
  const auto sum = Accumulator::Restore(bytes);
  ASSERT_FALSE(sum.ok());
  EXPECT_EQ(sum.status().code(), absl::StatusCode::kDataLoss) << sum.status();
  EXPECT_EQ(ReasonOf(sum.status()), Reason::kARTEFACT_INVALID) << sum.status();
}

// A forger who can compute a checksum: puts `word` at `offset` and signs again.
template <typename Word>
Bytes Forged(Bytes bytes, std::size_t offset, Word word) {
  std::memcpy(bytes.data() + offset, &word, sizeof word);
  const std::uint32_t crc = Crc32c(ByteView(bytes).first(68));
  std::memcpy(bytes.data() + 68, &crc, 4);
  return bytes;
}

TEST(Checkpoint, ARestoredSumGoesOnAsIfNothingHadHappened) {
  Accumulator sum = Some();
  auto restored = Accumulator::Restore(BytesOf(sum));
  ASSERT_TRUE(restored.ok()) << restored.status();
  EXPECT_EQ(restored->fixed(), sum.fixed());
  const std::vector<float> more(37, -0.3f);
  ASSERT_TRUE(sum.Fold(more, 2, 10).ok());
  ASSERT_TRUE(restored->Fold(more, 2, 10).ok());
  EXPECT_EQ(BytesOf(*restored), BytesOf(sum));
}

TEST(Checkpoint, EmptySumsComeBackToo) {
  for (const std::size_t dim : {0, 1, 9}) {
    const auto restored = Accumulator::Restore(BytesOf(Some(dim, 0)));
    ASSERT_TRUE(restored.ok()) << restored.status();
    EXPECT_EQ(restored->dim(), dim);
    EXPECT_EQ(restored->count(), 0u);
  }
}

// What an older coordinator left on disk must still be read: the form may not change unnoticed.
TEST(Checkpoint, ItsBytesArePinned) {
  Accumulator sum(2, *FixedPoint::Make(4, 2));
  ASSERT_TRUE(sum.Fold(std::vector<float>{1, -0.5f}, 1, 2).ok());
  EXPECT_EQ(
      ToHex(BytesOf(sum)),
      "4d53545253554d310200000000000000040000000000000000000000000000403b00000000000000010000000000"
      "0000000000000000000400000000000000008b88a9c37d379ea7000000000000000400000000000000fe");
}

TEST(Checkpoint, EveryFlippedBitIsRefused) {
  Bytes bytes = BytesOf(Some());
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    SCOPED_TRACE(testing::Message() << "bit=" << bit);
    bytes[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
    ExpectRefused(bytes);
    bytes[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
  }
  EXPECT_TRUE(Accumulator::Restore(bytes).ok());
}

TEST(Checkpoint, EveryTruncationAndTailIsRefused) {
  Bytes bytes = BytesOf(Some(5));
  for (std::size_t n = 0; n < bytes.size(); ++n) ExpectRefused(ByteView(bytes).first(n));
  bytes.push_back(std::byte{0});
  ExpectRefused(bytes);
  bytes.resize(bytes.size() + 7);
  ExpectRefused(bytes);
}

TEST(Checkpoint, WhatNoSumCanHaveWrittenIsRefusedDespiteGoodChecksums) {
  const Accumulator sum = Some();
  const Bytes bytes = BytesOf(sum);
  ASSERT_TRUE(Accumulator::Restore(Forged(bytes, 40, std::uint64_t{5})).ok());  // As it was.
  ExpectRefused(Forged(bytes, 8, std::uint64_t{38}));                           // dim
  ExpectRefused(Forged(bytes, 8, std::uint64_t{1} << 61));  // dim, 8 dim = 0 modulo 2^64
  ExpectRefused(Forged(bytes, 16, std::uint64_t{0}));       // max_updates
  ExpectRefused(Forged(bytes, 16, std::uint64_t{1025}));    // not these fraction bits
  ExpectRefused(Forged(bytes, 16, ~std::uint64_t{0}));
  ExpectRefused(Forged(bytes, 24, std::nan("")));  // bound
  ExpectRefused(Forged(bytes, 24, 17.0));
  ExpectRefused(Forged(bytes, 32, std::int64_t{47}));     // fraction bits
  ExpectRefused(Forged(bytes, 40, std::uint64_t{1001}));  // count
  ExpectRefused(Forged(bytes, 40, std::uint64_t{0}));     // a weight without updates
  ExpectRefused(Forged(bytes, 40, ~std::uint64_t{0}));
  ExpectRefused(Forged(bytes, 48, std::int64_t{0}));  // updates without weight
  ExpectRefused(Forged(bytes, 48, std::int64_t{-1}));
  ExpectRefused(Forged(bytes, 48, std::int64_t{1} << 62));
  ExpectRefused(Forged(bytes, 56, std::uint64_t{1}));  // reserved
}
TEST(Checkpoint, ATailShorterThanASumIsRefusedDespiteGoodChecksums) {
  Bytes bytes = BytesOf(Some());
  for (int extra = 1; extra < 8; ++extra) {
    bytes.push_back(std::byte{0});
    ExpectRefused(Forged(bytes, 64, Crc32c(ByteView(bytes).subspan(Checkpoint::kHeaderBytes))));
  }
}
}  // namespace
}  // namespace muster::aggregation
