// AES-128-CTR as a keystream, by each way that this processor has: the vectors of SP 800-38A, that
// seeking changes nothing, and that all ways give the same bytes.
#include "platform/openssl_keystream.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>

#include "base/seeded.h"
#include "platform/vaes_keystream.h"
#include "tests/support/status_matchers.h"

namespace muster::platform {
namespace {
using muster::testing::HasCode;
using muster::testing::IsOk;

Bytes Hex(std::string_view hex) { return FromHex(hex).value(); }
enum class Way { kOpenSsl, kVaes256, kVaes512 };
constexpr VaesWidth WidthOf(Way way) {
  return way == Way::kVaes512 ? VaesWidth::k512 : VaesWidth::k256;
}
void PrintTo(Way way, std::ostream* out) {
  *out << (way == Way::kOpenSsl ? "OpenSSL" : way == Way::kVaes256 ? "VAES256" : "VAES512");
}

class AesCtr : public ::testing::TestWithParam<Way> {
 protected:
  void SetUp() override {
    if (GetParam() != Way::kOpenSsl && !HasVaes(WidthOf(GetParam())))
      GTEST_SKIP() << "this processor has no VAES of that width";
  }
  static std::unique_ptr<Keystream> StreamOf(std::string_view seed) {
    const Secret secret(Hex(seed));
    return GetParam() == Way::kOpenSsl ? NewOpenSslKeystream(secret).value()
                                       : NewVaesKeystream(WidthOf(GetParam()), secret);
  }
};
Bytes Read(Keystream& stream, std::uint64_t offset, std::size_t size) {
  Bytes out(size);
  EXPECT_THAT(stream.Fill(offset, out), IsOk());
  return out;
}

constexpr std::string_view kSeed =
    "000102030405060708090a0b0c0d0e0f"
    "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff";

TEST_P(AesCtr, GivesTheCiphertextsOfSp80038aSectionF51) {
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
TEST_P(AesCtr, SeekingToWordTwoToTheTwentyGivesTheWordsOfStreaming) {
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

TEST_P(AesCtr, TheCounterCarriesThroughAllSixteenBytes) {
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

TEST_P(AesCtr, PiecesInAnyOrderAreThoseOfTheWhole) {
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

TEST_P(AesCtr, EachBitOfTheSeedChangesHalfOfTheStream) {
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

TEST_P(AesCtr, RangesBeyondTheEndAreRefused) {
  constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
  const auto stream = StreamOf(kSeed);
  Bytes out(16);
  EXPECT_THAT(stream->Fill((std::uint64_t{1} << 63) - 16, out), IsOk());
  EXPECT_THAT(stream->Fill((std::uint64_t{1} << 63) - 15, out), HasCode(kInvalid));
  EXPECT_THAT(stream->Fill(~std::uint64_t{0}, out), HasCode(kInvalid));
  // A refusal leaves the stream where it was.
  EXPECT_EQ(ToHex(Read(*stream, 0, 16)), "66a7c7e8345231489751de073316adad");
  if (AddingKeystream* const adding = stream->adding()) {
    std::vector<std::uint32_t> words(4);
    EXPECT_THAT(adding->Add((std::uint64_t{1} << 63) - 15, words), HasCode(kInvalid));
    EXPECT_EQ(words, std::vector<std::uint32_t>(4));
  }
}

INSTANTIATE_TEST_SUITE_P(Ways, AesCtr,
                         ::testing::Values(Way::kOpenSsl, Way::kVaes256, Way::kVaes512),
                         [](const auto& way) { return ::testing::PrintToString(way.param); });

TEST(AesCtrKeystream, SeedsOfAnotherLengthAreRefused) {
  for (const std::size_t size : {0, 16, 31, 33}) {
    const Secret seed((Bytes(size)));
    EXPECT_THAT(NewAesCtrKeystream(seed), HasCode(absl::StatusCode::kInvalidArgument)) << size;
    EXPECT_THAT(NewOpenSslKeystream(seed), HasCode(absl::StatusCode::kInvalidArgument)) << size;
  }
}

// A seed whose counter soon overflows its low half, or all of itself, in one case of two.
Bytes RandomSeed(SeededRng& rng) {
  Bytes seed(32);
  for (std::byte& b : seed) b = static_cast<std::byte>(rng.Next() >> 56);
  const std::size_t ones = rng.Below(2) == 0 ? 0 : 8 * (1 + rng.Below(2));
  for (std::size_t i = 0; i < ones; ++i) seed[31 - i] = std::byte{0xff};
  if (ones > 0) seed[31] = static_cast<std::byte>(rng.Next() >> 56);
  return seed;
}
// Near the start, where counters overflow, and anywhere; of any alignment.
std::uint64_t RandomOffset(SeededRng& rng) {
  return rng.Below(3) == 0 ? rng.Next() >> 2 : rng.Below(10'000);
}

template <typename Word>
void ExpectSameSums(SeededRng& rng, Keystream& reference, AddingKeystream& adding) {
  const std::uint64_t offset = RandomOffset(rng);
  std::vector<Word> words(rng.Below(3000));
  for (Word& word : words) word = static_cast<Word>(rng.Next() >> 32);
  const std::vector<Word> before = words;
  std::vector<Word> stream(words.size());
  ASSERT_THAT(reference.Fill(offset, std::as_writable_bytes(std::span(stream))), IsOk());
  ASSERT_THAT(adding.Add(offset, std::span<Word>(words)), IsOk());
  for (std::size_t i = 0; i < words.size(); ++i)
    ASSERT_EQ(words[i], static_cast<Word>(before[i] + stream[i])) << i << " at " << offset;
  ASSERT_THAT(adding.Subtract(offset, std::span<Word>(words)), IsOk());
  ASSERT_EQ(words, before) << "at " << offset;
}

class VaesKeystream : public ::testing::TestWithParam<VaesWidth> {};

TEST_P(VaesKeystream, GivesAndAddsTheBytesOfOpenSslForAnySeedOffsetAndLength) {
  if (!HasVaes(GetParam())) GTEST_SKIP() << "this processor has no VAES of that width";
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed=" << seed);
    SeededRng rng(seed);
    const Secret key(RandomSeed(rng));
    const auto reference = NewOpenSslKeystream(key).value();
    const auto stream = NewVaesKeystream(GetParam(), key);
    ASSERT_NE(stream->adding(), nullptr);
    for (int i = 0; i < 5; ++i) {
      const std::uint64_t offset = RandomOffset(rng);
      const std::size_t size = rng.Below(5000);
      ASSERT_EQ(Read(*stream, offset, size), Read(*reference, offset, size))
          << size << " at " << offset;
      ExpectSameSums<std::uint32_t>(rng, *reference, *stream->adding());
      ExpectSameSums<std::uint16_t>(rng, *reference, *stream->adding());
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Widths, VaesKeystream, ::testing::Values(VaesWidth::k256, VaesWidth::k512),
                         [](const auto& width) {
                           return width.param == VaesWidth::k256 ? "Bits256" : "Bits512";
                         });

TEST(AesCtrKeystream, TakesTheVectorInstructionsWhereTheyAre) {
  const auto stream = NewAesCtrKeystream(Secret(Bytes(32))).value();
  EXPECT_EQ(stream->adding() != nullptr, WidestVaes().has_value());
}

}  // namespace
}  // namespace muster::platform
