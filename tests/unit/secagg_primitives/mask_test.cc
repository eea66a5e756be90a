// Masks and the wire form of lanes: golden words, cancelling, uniformity, and that cutting the work
// into pieces changes nothing.
#include "aggregation/secagg/mask.h"

#include <gtest/gtest.h>

#include <numeric>
#include <thread>

#include "tests/support/status_matchers.h"
#include "tests/unit/secagg_primitives/testing.h"

namespace muster::aggregation::secagg {
namespace {
using muster::testing::HasCode;
using muster::testing::IsOk;

// A stream whose byte at i is i, to see which bytes go where.
class CountingStream final : public Keystream {
 public:
  Status Fill(std::uint64_t offset, std::span<std::byte> out) override {
    for (std::byte& b : out) b = static_cast<std::byte>(offset++);
    return Ok();
  }
};

template <typename Lane>
std::vector<Lane> Lanes(std::size_t size, std::uint64_t seed) {
  SeededRng rng(seed);
  std::vector<Lane> out(size);
  for (Lane& lane : out) lane = static_cast<Lane>(rng.Next());
  return out;
}

TEST(Mask, WordsAreLittleEndianFromTheOffsetOn) {
  CountingStream stream;
  std::vector<std::uint32_t> wide = {1, 0xffffffff};
  ASSERT_THAT(AddMask(stream, Sign::kAdd, 4, wide), IsOk());
  EXPECT_EQ(wide, (std::vector<std::uint32_t>{0x07060505, 0x0b0a0907}));
  std::vector<std::uint16_t> narrow = {1, 0};
  ASSERT_THAT(AddMask(stream, Sign::kSubtract, 6, narrow), IsOk());
  EXPECT_EQ(narrow, (std::vector<std::uint16_t>{0xf8fb, 0xf6f8}));
}

// Of the vector in tests/unit/platform_crypto/openssl_keystream_test.cc, at word 2^20.
TEST(Mask, GivesTheGoldenWordsAtWordTwoToTheTwentyWithoutStreamingThere) {
  Bytes seed;
  for (int i = 0; i < 16; ++i) seed.push_back(static_cast<std::byte>(i));
  for (int i = 0; i < 16; ++i) seed.push_back(static_cast<std::byte>(0xf0 + i));
  const auto stream = platform::NewAesCtrKeystream(Secret(seed)).value();
  std::vector<std::uint32_t> lanes(4);
  ASSERT_THAT(AddMask(*stream, Sign::kAdd, std::uint64_t{4} << 20, lanes), IsOk());
  EXPECT_EQ(lanes, (std::vector<std::uint32_t>{0x80970183, 0xbf588d4d, 0x80c6cb3e, 0xed454dc1}));
}

TEST(Mask, AddingAndSubtractingTheSameStreamLeavesTheLanes) {
  for (const std::size_t size : {0, 1, 4095, 4096, 4097, 20'001}) {
    const auto before = Lanes<std::uint32_t>(size, size);
    auto lanes = before;
    const auto a = StreamOf(1), b = StreamOf(1), c = StreamOf(2);
    const Mask both[] = {{a.get(), Sign::kAdd}, {c.get(), Sign::kAdd}};
    ASSERT_THAT(AddMasks(both, 64, lanes), IsOk());
    EXPECT_TRUE(size == 0 || lanes != before);
    const Mask off[] = {{c.get(), Opposite(Sign::kAdd)}, {b.get(), Sign::kSubtract}};
    ASSERT_THAT(AddMasks(off, 64, lanes), IsOk());
    EXPECT_EQ(lanes, before) << size;
  }
}

template <typename Lane>
void ExpectPiecesEqualTheWhole() {
  constexpr std::size_t kSize = 50'003;
  const auto before = Lanes<Lane>(kSize, 77);
  auto whole = before, pieces = before;
  const auto mask = [](std::span<Lane> lanes, std::uint64_t offset) {
    const auto a = StreamOf(1), b = StreamOf(2), c = StreamOf(3);
    const Mask masks[] = {{a.get(), Sign::kAdd}, {b.get(), Sign::kSubtract}, {c.get(), Sign::kAdd}};
    EXPECT_THAT(AddMasks(masks, offset, lanes), IsOk());
  };
  mask(whole, 0);
  std::vector<std::thread> threads;
  for (std::size_t begin = 0; begin < kSize; begin += 9'001)
    threads.emplace_back([&, begin] {
      const auto piece =
          std::span(pieces).subspan(begin, std::min(kSize - begin, std::size_t{9'001}));
      mask(piece, begin * sizeof(Lane));
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(pieces, whole);
}
TEST(Mask, DisjointPiecesOnManyThreadsGiveTheWhole) {
  ExpectPiecesEqualTheWhole<std::uint32_t>();
  ExpectPiecesEqualTheWhole<std::uint16_t>();
}

// Chi-square over the values of each byte of the word: 255 degrees of freedom, mean 255, standard
// deviation 22.6. Outside 255 +- 6 deviations the words are not uniform, or too even to be random.
template <typename Lane>
void ExpectUniform(LaneBits bits) {
  constexpr std::size_t kSize = 1 << 18;
  std::vector<Lane> lanes(kSize, 12345);  // A constant: what is seen is the mask.
  const auto stream = StreamOf(4711);
  ASSERT_THAT(AddMask(*stream, Sign::kAdd, 0, lanes), IsOk());
  for (int shift = 0; shift < BitsOf(bits); shift += 8) {
    std::array<double, 256> seen{};
    for (const Lane lane : lanes) ++seen[lane >> shift & 0xff];
    double chi = 0;
    constexpr double kExpected = kSize / 256.0;
    for (const double n : seen) chi += (n - kExpected) * (n - kExpected) / kExpected;
    EXPECT_NEAR(chi, 255, 136) << BitsOf(bits) << " bits, shift " << shift;
  }
}
TEST(Mask, MaskedLanesAreUniformWhateverTheyHide) {
  ExpectUniform<std::uint16_t>(LaneBits::k16);
  ExpectUniform<std::uint32_t>(LaneBits::k24);
  ExpectUniform<std::uint32_t>(LaneBits::k32);
}

TEST(Mask, TheLargestWordComesUp) {  // It would not, were words drawn below 2^b - 1.
  std::vector<std::uint16_t> lanes(1 << 20);
  const auto stream = StreamOf(1);
  ASSERT_THAT(AddMask(*stream, Sign::kAdd, 0, lanes), IsOk());
  EXPECT_NE(std::find(lanes.begin(), lanes.end(), 0xffff), lanes.end());
}

TEST(Mask, AStreamThatFailsIsToldToTheCaller) {
  class Broken final : public Keystream {
    Status Fill(std::uint64_t, std::span<std::byte>) override { return Internal("broken"); }
  } broken;
  std::vector<std::uint32_t> lanes(10);
  EXPECT_THAT(AddMask(broken, Sign::kAdd, 0, lanes), HasCode(absl::StatusCode::kInternal));
}

TEST(Wire, LanesArePackedLittleEndianInTheirBits) {
  const std::vector<std::uint32_t> lanes = {0x11223344, 0xffaabbcc};
  Bytes out(8);
  PackLanes(LaneBits::k32, lanes, out);
  EXPECT_EQ(ToHex(out), "44332211ccbbaaff");
  out.resize(6);
  PackLanes(LaneBits::k24, lanes, out);
  EXPECT_EQ(ToHex(out), "443322ccbbaa");
  const std::vector<std::uint16_t> narrow = {0x1122, 0xfffe};
  out.resize(4);
  PackLanes(narrow, out);
  EXPECT_EQ(ToHex(out), "2211feff");
}

TEST(Wire, PackedLanesAddUpModuloTheirGroupAndComeOffAgain) {
  for (const LaneBits bits : {LaneBits::k24, LaneBits::k32}) {
    const auto a = Lanes<std::uint32_t>(1001, 1), b = Lanes<std::uint32_t>(1001, 2);
    Bytes packed(a.size() * WireBytesOf(bits));
    PackLanes(bits, a, packed);
    auto sum = b;
    AddPacked(bits, packed, sum);
    for (std::size_t i = 0; i < a.size(); ++i)
      ASSERT_EQ(SignedOf(bits, sum[i]), SignedOf(bits, a[i] + b[i])) << i;
    AddPacked(bits, packed, sum, Sign::kSubtract);
    EXPECT_EQ(sum, b);
  }
  const auto a = Lanes<std::uint16_t>(1001, 3), b = Lanes<std::uint16_t>(1001, 4);
  Bytes packed(2 * a.size());
  PackLanes(a, packed);
  auto sum = b;
  AddPacked(packed, sum);
  for (std::size_t i = 0; i < a.size(); ++i)
    ASSERT_EQ(sum[i], static_cast<std::uint16_t>(a[i] + b[i])) << i;
  AddPacked(packed, sum, Sign::kSubtract);
  EXPECT_EQ(sum, b);
}

TEST(Lanes, ReadBackAsSignedNumbers) {
  EXPECT_EQ(SignedOf(LaneBits::k16, 0x8000), -32'768);
  EXPECT_EQ(SignedOf(LaneBits::k16, 0x7fff), 32'767);
  EXPECT_EQ(SignedOf(LaneBits::k24, 0xff800000), -8'388'608);
  EXPECT_EQ(SignedOf(LaneBits::k24, 0xab7fffff), 8'388'607);
  EXPECT_EQ(SignedOf(LaneBits::k32, 0xffffffff), -1);
}

TEST(Lanes, OnlySixteenTwentyFourAndThirtyTwoBitsExist) {
  for (const std::uint64_t bits : {16, 24, 32})
    EXPECT_EQ(BitsOf(ParseLaneBits(bits).value()), static_cast<int>(bits));
  for (const std::uint64_t bits : {0ULL, 8ULL, 15ULL, 17ULL, 64ULL, 272ULL, ~0ULL})
    EXPECT_THAT(ParseLaneBits(bits), HasCode(absl::StatusCode::kInvalidArgument)) << bits;
}

}  // namespace
}  // namespace muster::aggregation::secagg
