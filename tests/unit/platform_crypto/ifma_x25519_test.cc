// X25519 with eight points at a time against libsodium's with one, and the vectors of RFC 7748.
#include "platform/ifma_x25519.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "base/seeded.h"
#include "platform/openssl_crypto.h"

namespace muster::platform {
namespace {

constexpr std::uint64_t kSeed = 7748;
using Points = std::array<AgreementPublic, kIfmaPoints>;

AgreementPublic Point(std::string_view hex) {
  AgreementPublic out;
  std::ranges::copy(FromHex(hex).value(), out.begin());
  return out;
}

// Points at which carries and the last reduction are at their limits: small, close to the modulus
// on either side, close to 2^256, with limbs that are all ones.
AgreementPublic Extreme(SeededRng& rng) {
  AgreementPublic out;
  out.fill(rng.Next() % 2 == 0 ? std::byte{0} : std::byte{0xff});
  out[rng.Next() % 32] = static_cast<std::byte>(rng.Next());
  out[0] = static_cast<std::byte>(rng.Next());
  return out;
}
AgreementPublic Random(SeededRng& rng) {
  AgreementPublic out;
  for (std::byte& b : out) b = static_cast<std::byte>(rng.Next());
  return out;
}

class IfmaX25519Test : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!HasIfma()) GTEST_SKIP() << "this processor has no AVX-512 IFMA";
    RecordProperty("seed", kSeed);
  }
  static Bytes All(ByteView secret, const Points& points) {
    Bytes out(32 * kIfmaPoints);
    IfmaX25519(secret, points, std::span(out).first<32 * kIfmaPoints>());
    return out;
  }
  // As a single agreement gives it, and zeroes where that is refused.
  Bytes One(ByteView secret, const AgreementPublic& point) const {
    const auto agreed = crypto_.Agree(Secret(Bytes(secret.begin(), secret.end())), point);
    if (!agreed.ok()) return Bytes(32);
    return Bytes(agreed->Reveal().begin(), agreed->Reveal().end());
  }
  void ExpectEachAsAlone(ByteView secret, const Points& points) const {
    const Bytes all = All(secret, points);
    for (std::size_t i = 0; i < points.size(); ++i)
      ASSERT_EQ(ToHex(ByteView(all).subspan(32 * i, 32)), ToHex(One(secret, points[i])))
          << "seed " << kSeed << ", point " << ToHex(points[i]) << " in place " << i;
  }
  const OpenSslCrypto crypto_;
};

TEST_F(IfmaX25519Test, GivesTheValuesOfRfc7748InEveryPlace) {
  const Bytes secret =
      FromHex("4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d").value();
  Points points;
  points.fill(Point("e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493"));
  const Bytes all = All(secret, points);
  for (std::size_t i = 0; i < points.size(); ++i)
    EXPECT_EQ(ToHex(ByteView(all).subspan(32 * i, 32)),
              "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957");
}

TEST_F(IfmaX25519Test, AThousandIterationsGiveTheValueOfRfc7748) {
  Bytes k = FromHex("0900000000000000000000000000000000000000000000000000000000000000").value();
  AgreementPublic u = Point(ToHex(k));
  for (int i = 0; i < 1000; ++i) {
    Points points;
    points.fill(u);
    const Bytes all = All(k, points);
    std::ranges::copy(k, u.begin());
    k.assign(all.begin() + 32 * (i % 8), all.begin() + 32 * (i % 8) + 32);
  }
  EXPECT_EQ(ToHex(k), "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51");
}

TEST_F(IfmaX25519Test, GivesForEachPointWhatItGivesAlone) {
  SeededRng rng(kSeed);
  for (int run = 0; run < 200; ++run) {
    Points points;
    for (AgreementPublic& point : points) point = rng.Next() % 2 == 0 ? Extreme(rng) : Random(rng);
    ExpectEachAsAlone(run % 4 == 0 ? Extreme(rng) : Random(rng), points);
  }
}

TEST_F(IfmaX25519Test, GivesZeroForPointsOfLowOrderAndLeavesTheirNeighboursAlone) {
  SeededRng rng(kSeed);
  Points points;
  for (AgreementPublic& point : points) point = Random(rng);
  points[1] = Point("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800");
  points[4] = Point("0000000000000000000000000000000000000000000000000000000000000000");
  points[6] = Point("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f");
  ExpectEachAsAlone(Random(rng), points);
}
}  // namespace
}  // namespace muster::platform
