// AES-128-CTR as a keystream: the vectors of SP 800-38A, and that seeking changes nothing.
#include "platform/openssl_keystream.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>

#include "base/seeded.h"
#include "tests/support/status_matchers.h"

namespace muster::platform {
namespace {
using muster::testing::HasCode;
using muster::testing::IsOk;

Bytes Hex(std::string_view hex) { return FromHex(hex).value(); }
std::unique_ptr<Keystream> StreamOf(std::string_view seed) {
  return NewAesCtrKeystream(Secret(Hex(seed))).value();
}
Bytes Read(Keystream& stream, std::uint64_t offset, std::size_t size) {
  Bytes out(size);
  EXPECT_THAT(stream.Fill(offset, out), IsOk());
  return out;
}

constexpr std::string_view kSeed =
    "000102030405060708090a0b0c0d0e0f"
    "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff";

TEST(AesCtr, GivesTheCiphertextsOfSp80038aSectionF51) {
  const auto stream = StreamOf("2b7e151628aed2a6abf7158809cf4f3cf0f1f2f3f4f5f6f7f8f9fafbfcfdfeff");
  Bytes text =
      Hex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
          "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710");
  const Bytes words = Read(*stream, 0, text.size());
  for (std::size_t i = 0; i < text.size(); ++i) text[i] ^= words[i];
  EXPECT_EQ(ToHex(text),
            "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff"
            "5ae4df3edbd5d35e5b4f09020db03eab1e031dda2fbe03d1792170a0f3009cee");
}

// Both ends as `openssl enc -aes-128-ctr` gives them for 4 MiB of zeroes.
TEST(AesCtr, SeekingToWordTwoToTheTwentyGivesTheWordsOfStreaming) {
  constexpr std::size_t kAt = std::size_t{4} << 20;
  const auto streamed = StreamOf(kSeed);
  const Bytes whole = Read(*streamed, 0, kAt + 32);
  EXPECT_EQ(ToHex(ByteView(whole).first(32)),
            "66a7c7e8345231489751de073316adadb281d700b79e3cada4ad73bb6e9c1fea");
  EXPECT_EQ(ToHex(ByteView(whole).last(32)),
            "830197804d8d58bf3ecbc680c14d45ed490ac9c8a150e6fc977c1b138d602564");
  const auto sought = StreamOf(kSeed);
  EXPECT_EQ(ToHex(Read(*sought, kAt, 32)), ToHex(ByteView(whole).last(32)));
}

TEST(AesCtr, TheCounterCarriesThroughAllSixteenBytes) {
  const char* const seed = "000102030405060708090a0b0c0d0e0fffffffffffffffffffffffffffffffff";
  const Bytes words =
      Hex("3c441f32ce07822364d7a2990e50bb13c6a13b37878f5b826f4f8162a1c8d879"
          "7346139595c0b41e497bbde365f42d0a");  // From `openssl enc`, as above.
  const auto stream = StreamOf(seed);
  EXPECT_EQ(Read(*stream, 0, 48), words);
  for (const std::size_t block : {2, 1, 0}) {
    const auto fresh = StreamOf(seed);
    EXPECT_EQ(ToHex(Read(*fresh, 16 * block, 16)), ToHex(ByteView(words).subspan(16 * block, 16)));
  }
}

TEST(AesCtr, PiecesInAnyOrderAreThoseOfTheWhole) {
  const auto reference = StreamOf(kSeed);
  const Bytes whole = Read(*reference, 0, 100'000);
  const auto stream = StreamOf(kSeed);
  SeededRng rng(7);
  for (int i = 0; i < 500; ++i) {
    const std::size_t offset = rng.Below(whole.size());
    const std::size_t size = rng.Below(std::min<std::size_t>(whole.size() - offset, 20'000) + 1);
    const Bytes piece = Read(*stream, offset, size);
    ASSERT_TRUE(std::equal(piece.begin(), piece.end(), whole.begin() + offset))
        << size << " at " << offset << ", seed 7, step " << i;
  }
}

TEST(AesCtr, EachBitOfTheSeedChangesHalfOfTheStream) {
  constexpr std::size_t kBytes = 4096;
  const auto original = StreamOf(kSeed);
  const Bytes expected = Read(*original, 0, kBytes);
  for (std::size_t bit = 0; bit < 256; ++bit) {
    Bytes seed = Hex(kSeed);
    seed[bit / 8] ^= std::byte{1} << bit % 8;
    const auto stream = StreamOf(ToHex(seed));
    const Bytes other = Read(*stream, 0, kBytes);
    int changed = 0;
    for (std::size_t i = 0; i < kBytes; ++i)
      changed += std::popcount(std::to_integer<unsigned>(other[i] ^ expected[i]));
    // 32,768 bits: 16,384 on average with a standard deviation of 90.5; ten of those either way.
    EXPECT_NEAR(changed, 16'384, 905) << "bit " << bit;
  }
}

TEST(AesCtr, SeedsOfAnotherLengthAndRangesBeyondTheEndAreRefused) {
  constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
  for (const std::size_t size : {0, 16, 31, 33})
    EXPECT_THAT(NewAesCtrKeystream(Secret(Bytes(size))), HasCode(kInvalid)) << size;
  const auto stream = StreamOf(kSeed);
  Bytes out(16);
  EXPECT_THAT(stream->Fill((std::uint64_t{1} << 63) - 16, out), IsOk());
  EXPECT_THAT(stream->Fill((std::uint64_t{1} << 63) - 15, out), HasCode(kInvalid));
  EXPECT_THAT(stream->Fill(~std::uint64_t{0}, out), HasCode(kInvalid));
  // A refusal leaves the stream where it was.
  EXPECT_EQ(ToHex(Read(*stream, 0, 16)), "66a7c7e8345231489751de073316adad");
}

}  // namespace
}  // namespace muster::platform
