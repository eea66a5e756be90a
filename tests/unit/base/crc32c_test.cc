#include "base/crc32c.h"

#include <gtest/gtest.h>

#include "base/seeded.h"

namespace muster {
namespace {
Bytes RandomBytes(std::size_t n, std::uint64_t seed) {
  SeededRng rng(seed);
  Bytes out(n);
  for (std::byte& b : out) b = static_cast<std::byte>(rng.Next());
  return out;
}

// Bit by bit, from the definition alone.
std::uint32_t ByDefinition(ByteView bytes) {
  std::uint32_t crc = 0xffffffff;
  for (const std::byte b : bytes) {
    crc ^= std::to_integer<std::uint32_t>(b);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0u);
  }
  return ~crc;
}

struct Vector {
  const char* name;
  Bytes bytes;
  std::uint32_t crc;
};

// RFC 3720 appendix B.4; the RFC prints the register's bytes in wire order.
std::vector<Vector> Rfc3720() {
  std::vector<Vector> out = {{"zeros", Bytes(32, std::byte{0}), 0x8a9136aa},
                             {"ones", Bytes(32, std::byte{0xff}), 0x62a8ab43},
                             {"rising", Bytes(32), 0x46dd794e},
                             {"falling", Bytes(32), 0x113fdb5c}};
  for (std::size_t i = 0; i < 32; ++i) {
    out[2].bytes[i] = static_cast<std::byte>(i);
    out[3].bytes[i] = static_cast<std::byte>(31 - i);
  }
  const auto read = FromHex(
      "01c00000000000000000000000000000140000000000040000000014000000182800000000000000020000000000"
      "0000");
  out.push_back({"iscsi read", *read, 0xd9963a56});
  return out;
}

TEST(Crc32c, GivesTheVectorsOfRfc3720) {
  for (const Vector& v : Rfc3720()) {
    SCOPED_TRACE(v.name);
    EXPECT_EQ(Crc32c(v.bytes), v.crc);
    EXPECT_EQ(Crc32cPortable(v.bytes), v.crc);
  }
  EXPECT_EQ(Crc32c(AsBytes("123456789")), 0xe3069283);
  EXPECT_EQ(Crc32c({}), 0u);
}

TEST(Crc32c, InstructionAndTablesAgreeAtEveryLengthAndAlignment) {
  const Bytes bytes = RandomBytes(2200, 11);
  for (std::size_t offset = 0; offset < 9; ++offset)
    for (std::size_t n = 0; n + offset <= bytes.size(); n += n < 40 ? 1 : 97) {
      const ByteView part = ByteView(bytes).subspan(offset, n);
      ASSERT_EQ(Crc32c(part), ByDefinition(part)) << "offset=" << offset << " n=" << n;
      ASSERT_EQ(Crc32cPortable(part), ByDefinition(part)) << "offset=" << offset << " n=" << n;
    }
}

TEST(Crc32c, InterleavedStreamsAgreeWithTablesOnLongInput) {
  const Bytes bytes = RandomBytes(3 * 8192 * 2 + 3 * 256 * 5 + 13, 12);
  for (const std::size_t cut : {0, 1, 7, 8, 256, 768, 8192, 24576, 24577, 49152})
    EXPECT_EQ(Crc32c(ByteView(bytes).subspan(cut)), Crc32cPortable(ByteView(bytes).subspan(cut)))
        << "cut=" << cut;
}

TEST(Crc32c, OfPartsInTurnIsThatOfTheWhole) {
  const Bytes bytes = RandomBytes(100'000, 13);
  const std::uint32_t whole = Crc32c(bytes);
  for (const std::size_t cut : {0, 1, 9, 4096, 65'536, 99'999, 100'000}) {
    const std::uint32_t first = Crc32c(ByteView(bytes).first(cut));
    EXPECT_EQ(Crc32c(ByteView(bytes).subspan(cut), first), whole) << "cut=" << cut;
  }
}

TEST(Crc32c, ChangesWhenAnyOneBitDoes) {
  Bytes bytes = RandomBytes(300, 14);
  const std::uint32_t whole = Crc32c(bytes);
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    bytes[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
    ASSERT_NE(Crc32c(bytes), whole) << "bit=" << bit;
    bytes[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
  }
}
}  // namespace
}  // namespace muster
