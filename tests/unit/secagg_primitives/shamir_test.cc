// Secret sharing: a golden split, every threshold, and what wrong shares do.
#include "aggregation/secagg/shamir.h"

#include <gtest/gtest.h>

#include <numeric>

#include "tests/support/status_matchers.h"
#include "tests/unit/secagg_primitives/testing.h"

namespace muster::aggregation::secagg {
namespace {
using muster::testing::Fails;
using muster::testing::HasCode;
using muster::testing::IsOk;
constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

static_assert(!std::is_copy_constructible_v<Share> && !std::is_copy_assignable_v<Share>);

// 0, 1, 2, ...: coefficients that another implementation can be given.
class CountingRng final : public SecureRng {
 public:
  void Fill(std::span<std::byte> out) override {
    for (std::byte& b : out) b = static_cast<std::byte>(next_++);
  }

 private:
  unsigned next_ = 0;
};

std::string HexOf(const Share& share) {
  std::array<std::byte, Share::kBytes> bytes;
  share.Write(bytes);
  return ToHex(bytes);
}
Share Again(const Share& share) { return Share(share.Reveal()); }
// The shares of these holders, in their order.
std::vector<Share> Of(const std::vector<Share>& shares, std::span<const std::uint32_t> holders) {
  std::vector<Share> out;
  for (const std::uint32_t holder : holders) out.push_back(Again(shares[holder - 1]));
  return out;
}
StatusOr<Secret> Reconstruct(const std::vector<Share>& shares,
                             std::span<const std::uint32_t> holders) {
  MUSTER_ASSIGN(const Interpolator interpolator, Interpolator::Make(holders));
  return interpolator.Reconstruct(Of(shares, holders));
}
std::string Text(const StatusOr<Secret>& secret) {
  return secret.ok() ? ToHex(secret->Reveal()) : secret.status().ToString();
}
std::vector<std::uint32_t> Shuffled(std::uint32_t holders, SeededRng& rng) {
  std::vector<std::uint32_t> out(holders);
  std::iota(out.begin(), out.end(), 1);
  for (std::size_t i = out.size(); i > 1; --i) std::swap(out[i - 1], out[rng.Below(i)]);
  return out;
}

// Computed with Python's integers: limbs of 52 bits, little-endian; coefficients are the next 61
// bits of the generator, limb by limb.
TEST(Shamir, SplitsTheGoldenSecretIntoTheGoldenShares) {
  Bytes secret(32);
  for (std::size_t i = 0; i < secret.size(); ++i) secret[i] = static_cast<std::byte>(i + 1);
  CountingRng rng;
  const std::vector<Share> shares = SplitSecret(Secret(secret), 3, 5, rng).value();
  ASSERT_EQ(shares.size(), 5u);
  EXPECT_EQ(HexOf(shares[0]),
            "292c2f3235383b16b9cadcee0013450657595c5f62655816aabbcddff10366068386898c8f927416");
  EXPECT_EQ(HexOf(shares[1]),
            "a3a8afb6bdc4cb0a53677d93a9bff51a13161d242b32290b8398aec4daf0561b7d838a91989f850b");
  EXPECT_EQ(HexOf(shares[2]),
            "6d7784919eabb81d4f66829ebad6121e4045525f6c79761eddf713304c68d41e0713202d3a47331f");
  EXPECT_EQ(HexOf(shares[3]),
            "8998adc2d7ec010fadc7eb0f34589c0fe0e6fb10263b4010b8d9fd21466ade1023354a5f74897d11");
  EXPECT_EQ(HexOf(shares[4]),
            "f50b2b4a6988a71e6c8bb9e71544920ff2fa193958778600133e6c9ac8f67411d0e9082847666402");
  const std::uint32_t holders[] = {5, 1, 4};
  EXPECT_EQ(Text(Reconstruct(shares, holders)), ToHex(secret));
}

TEST(ShamirProperty, AnyThresholdOfSharesInAnyOrderGivesTheSecretAndFewerDoNot) {
  for (int seed = 0; seed < Cases(40); ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed=" << seed);
    SeededRng rng(seed);
    SeededSecureRng secure(seed + 1'000'000);
    const auto n = static_cast<std::uint32_t>(1 + rng.Below(seed % 10 == 0 ? 300 : 60));
    const std::size_t t = 1 + rng.Below(n);
    const Secret secret = SecretOf(seed);
    const std::vector<Share> shares = SplitSecret(secret, t, n, secure).value();
    const std::vector<std::uint32_t> holders = Shuffled(n, rng);
    const std::string expected = ToHex(secret.Reveal());
    ASSERT_EQ(Text(Reconstruct(shares, std::span(holders).first(t))), expected);
    ASSERT_EQ(Text(Reconstruct(shares, holders)), expected);  // More than needed do no harm.
    if (t > 1) {
      ASSERT_NE(Text(Reconstruct(shares, std::span(holders).first(t - 1))), expected);
    }
  }
}

TEST(ShamirProperty, AnyChangedShareChangesWhatComesOut) {
  for (int seed = 0; seed < Cases(200); ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed=" << seed);
    SeededRng rng(seed);
    SeededSecureRng secure(seed);
    const Secret secret = SecretOf(seed);
    std::vector<Share> shares = SplitSecret(secret, 4, 7, secure).value();
    const std::size_t changed = rng.Below(4);
    Share::Limbs limbs = shares[changed].Reveal();
    FieldElement& limb = limbs[rng.Below(Share::kLimbs)];
    limb = limb + FieldElement::Reduce(1 + rng.Below(FieldElement::kModulus - 1));
    shares[changed] = Share(limbs);
    const std::uint32_t holders[] = {1, 2, 3, 4};
    ASSERT_NE(Text(Reconstruct(shares, holders)), ToHex(secret.Reveal()));
  }
}

TEST(Shamir, ExtremeSecretsComeBack) {
  for (const int byte : {0x00, 0xff, 0x80, 0x01}) {
    SeededSecureRng rng(byte);
    const Bytes secret(32, static_cast<std::byte>(byte));
    const std::vector<Share> shares = SplitSecret(Secret(secret), 2, 3, rng).value();
    const std::uint32_t holders[] = {3, 1};
    EXPECT_EQ(Text(Reconstruct(shares, holders)), ToHex(secret));
  }
}

TEST(Shamir, OneInterpolatorServesManySecretsOfALargeCohort) {
  constexpr std::uint32_t kHolders = 1024;
  constexpr std::size_t kThreshold = 700;
  SeededRng rng(3);
  const std::vector<std::uint32_t> all = Shuffled(kHolders, rng);
  const auto holders = std::span(all).first(kThreshold);
  const Interpolator interpolator = Interpolator::Make(holders).value();
  for (std::uint64_t i = 0; i < 3; ++i) {
    SeededSecureRng secure(i);
    const Secret secret = SecretOf(i);
    const auto shares = SplitSecret(secret, kThreshold, kHolders, secure).value();
    EXPECT_EQ(Text(interpolator.Reconstruct(Of(shares, holders))), ToHex(secret.Reveal()));
  }
}

// With the secret and t - 1 shares fixed, the missing share takes any value: here one bit of the
// first limb of a share, over many splits of one secret, comes out even.
TEST(Shamir, AShareAloneTellsNothingOfTheSecret) {
  int ones = 0;
  constexpr int kSplits = 4000;
  SeededSecureRng rng(5);
  const Secret secret(Bytes(32));
  for (int i = 0; i < kSplits; ++i)
    ones += SplitSecret(secret, 2, 2, rng).value()[0].Reveal()[0].value() >> 30 & 1;
  EXPECT_NEAR(ones, kSplits / 2, 5 * 32);  // Five standard deviations.
}

TEST(Shamir, SharesSurviveTheirEncoding) {
  SeededSecureRng rng(9);
  const auto shares = SplitSecret(SecretOf(1), 3, 50, rng).value();
  for (const Share& share : shares) {
    std::array<std::byte, Share::kBytes> bytes;
    share.Write(bytes);
    const auto parsed = Share::Parse(bytes);
    ASSERT_THAT(parsed, IsOk());
    EXPECT_EQ(HexOf(*parsed), ToHex(bytes));
  }
}

TEST(Shamir, EncodingsOfAnotherLengthOrWithALimbNotBelowPAreRefused) {
  for (const std::size_t size : {0, 1, 32, 39, 41, 80})
    EXPECT_THAT(Share::Parse(Bytes(size)), Fails(kInvalid, Reason::kARTEFACT_INVALID)) << size;
  for (std::size_t limb = 0; limb < Share::kLimbs; ++limb)
    for (const std::uint64_t value :
         {FieldElement::kModulus, FieldElement::kModulus + 1, ~std::uint64_t{0}}) {
      Bytes bytes(Share::kBytes);
      std::memcpy(bytes.data() + 8 * limb, &value, 8);
      EXPECT_THAT(Share::Parse(bytes), Fails(kInvalid, Reason::kARTEFACT_INVALID))
          << value << " at " << limb;
      const std::uint64_t largest = FieldElement::kModulus - 1;
      std::memcpy(bytes.data() + 8 * limb, &largest, 8);
      EXPECT_THAT(Share::Parse(bytes), IsOk());
    }
}

TEST(Shamir, AResultWithMoreBitsThanASecretIsRefused) {
  const std::uint32_t alone[] = {1};
  const Interpolator one = Interpolator::Make(alone).value();
  for (std::size_t limb = 0; limb < Share::kLimbs; ++limb) {
    const int bits = limb + 1 < Share::kLimbs ? 52 : 48;
    Share::Limbs limbs;
    limbs[limb] = FieldElement::Reduce((std::uint64_t{1} << bits) - 1);
    std::vector<Share> shares;
    shares.emplace_back(limbs);
    EXPECT_THAT(one.Reconstruct(shares), IsOk()) << limb;
    limbs[limb] = FieldElement::Reduce(std::uint64_t{1} << bits);
    shares[0] = Share(limbs);
    EXPECT_THAT(one.Reconstruct(shares), Fails(kInvalid, Reason::kARTEFACT_INVALID)) << limb;
  }
}

TEST(Shamir, SplitsOutsideTheBoundsAreRefused) {
  SeededSecureRng rng(1);
  for (const std::size_t size : {0, 16, 31, 33})
    EXPECT_THAT(SplitSecret(Secret(Bytes(size)), 2, 3, rng), HasCode(kInvalid)) << size;
  const std::pair<std::size_t, std::size_t> bad[] = {
      {0, 3}, {4, 3}, {0, 0}, {1, 0}, {2, kMostHolders + 1}};
  for (const auto& [t, n] : bad)
    EXPECT_THAT(SplitSecret(SecretOf(1), t, n, rng), HasCode(kInvalid)) << t << " of " << n;
  EXPECT_THAT(SplitSecret(SecretOf(1), 1, kMostHolders, rng), IsOk());
}

TEST(Shamir, RespondersThatAreNoSetOfHoldersAreRefused) {
  const std::vector<std::vector<std::uint32_t>> bad = {
      {}, {0}, {1, 0}, {kMostHolders + 1}, {1, 1}, {3, 2, 3}, std::vector<std::uint32_t>(2000, 1)};
  for (const auto& holders : bad)
    EXPECT_THAT(Interpolator::Make(holders), HasCode(kInvalid)) << holders.size();
  const std::uint32_t two[] = {1, 2};
  SeededSecureRng rng(1);
  const auto shares = SplitSecret(SecretOf(1), 2, 3, rng).value();
  EXPECT_THAT(Interpolator::Make(two)->Reconstruct(shares), HasCode(kInvalid));
}

TEST(Shamir, AShareThatMovedAwayIsErased) {
  SeededSecureRng rng(1);
  auto shares = SplitSecret(SecretOf(1), 2, 2, rng).value();
  const std::string before = HexOf(shares[0]);
  const Share moved = std::move(shares[0]);
  EXPECT_EQ(HexOf(moved), before);
  EXPECT_EQ(HexOf(shares[0]), std::string(2 * Share::kBytes, '0'));
  shares[0] = std::move(shares[1]);
  EXPECT_EQ(HexOf(shares[1]), std::string(2 * Share::kBytes, '0'));
}

}  // namespace
}  // namespace muster::aggregation::secagg
