// The crypto port by OpenSSL against the vectors of RFC 7748, RFC 8032, RFC 5869 and of GCM's
// specification, and what it refuses.
#include "platform/openssl_crypto.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "platform/secure_rng.h"
#include "tests/support/status_matchers.h"

namespace muster::platform {
namespace {
using muster::testing::HasCode;
using muster::testing::IsOk;
constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kUnauthenticated = absl::StatusCode::kUnauthenticated;

Bytes Hex(std::string_view hex) { return FromHex(hex).value(); }
Secret SecretHex(std::string_view hex) { return Secret(Hex(hex)); }
template <std::size_t kSize>
std::array<std::byte, kSize> ArrayHex(std::string_view hex) {
  std::array<std::byte, kSize> out;
  const Bytes bytes = Hex(hex);
  EXPECT_EQ(bytes.size(), kSize);
  std::copy_n(bytes.begin(), kSize, out.begin());
  return out;
}
AgreementPublic Point(std::string_view hex) { return ArrayHex<32>(hex); }
std::string Text(const StatusOr<Secret>& secret) {
  return secret.ok() ? ToHex(secret->Reveal()) : secret.status().ToString();
}

TEST(X25519, GivesTheValuesOfRfc7748Section5) {
  const OpenSslCrypto crypto;
  EXPECT_EQ(Text(crypto.Agree(
                SecretHex("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4"),
                Point("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c"))),
            "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552");
  // The second one's u has its top bit set, which is ignored.
  EXPECT_EQ(Text(crypto.Agree(
                SecretHex("4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d"),
                Point("e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493"))),
            "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957");
}

TEST(X25519, AThousandIterationsGiveTheValueOfRfc7748Section5) {
  const OpenSslCrypto crypto;
  Bytes k = Hex("0900000000000000000000000000000000000000000000000000000000000000"), u = k;
  for (int i = 0; i < 1000; ++i) {
    const Secret result = crypto.Agree(Secret(k), Point(ToHex(u))).value();
    u = std::exchange(k, Bytes(result.Reveal().begin(), result.Reveal().end()));
    if (i == 0) {
      EXPECT_EQ(ToHex(k), "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079");
    }
  }
  EXPECT_EQ(ToHex(k), "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51");
}

TEST(X25519, BothSidesAgreeAsInRfc7748Section6) {
  const OpenSslCrypto crypto;
  const Secret bob = SecretHex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");
  EXPECT_EQ(ToHex(crypto.AgreementPublicOf(bob).value()),
            "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
  EXPECT_EQ(Text(crypto.Agree(
                bob, Point("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"))),
            "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
}

TEST(X25519, NewKeysAgreeWithEachOtherAndDiffer) {
  OpenSslCrypto crypto;
  OpenSslRng rng;
  const AgreementKey a = crypto.NewAgreementKey(rng).value();
  const AgreementKey b = crypto.NewAgreementKey(rng).value();
  EXPECT_NE(a.public_key, b.public_key);
  EXPECT_EQ(crypto.AgreementPublicOf(a.secret).value(), a.public_key);
  EXPECT_EQ(Text(crypto.Agree(a.secret, b.public_key)), Text(crypto.Agree(b.secret, a.public_key)));
}

// However many: some go eight at a time.
TEST(X25519, AgreesWithManyAsWithEach) {
  OpenSslCrypto crypto;
  OpenSslRng rng;
  const AgreementKey mine = crypto.NewAgreementKey(rng).value();
  std::vector<AgreementPublic> theirs;
  for (std::size_t size = 0; size <= 18; ++size) {
    const std::vector<Secret> agreed = crypto.AgreeWithAll(mine.secret, theirs).value();
    ASSERT_EQ(agreed.size(), size);
    for (std::size_t i = 0; i < size; ++i)
      EXPECT_EQ(ToHex(agreed[i].Reveal()), Text(crypto.Agree(mine.secret, theirs[i])));
    theirs.push_back(crypto.NewAgreementKey(rng).value().public_key);
  }
  EXPECT_THAT(crypto.AgreeWithAll(Secret(Bytes(31)), theirs), HasCode(kInvalid));
}

// The points of order 1, 2, 4 and 8 on the curve and its twist, in each encoding below 2^255: the
// only u for which X25519 gives zero.
TEST(X25519, EveryPointOfLowOrderIsRefusedWhateverItsTopBit) {
  OpenSslCrypto crypto;
  OpenSslRng rng;
  const AgreementKey key = crypto.NewAgreementKey(rng).value();
  for (const char* hex : {"0000000000000000000000000000000000000000000000000000000000000000",
                          "0100000000000000000000000000000000000000000000000000000000000000",
                          "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
                          "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
                          "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                          "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                          "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"}) {
    AgreementPublic point = Point(hex);
    EXPECT_TRUE(HasLowOrder(point)) << hex;
    EXPECT_THAT(crypto.Agree(key.secret, point), HasCode(kInvalid)) << hex;
    point[31] |= std::byte{0x80};
    EXPECT_TRUE(HasLowOrder(point)) << hex << " with its top bit";
    EXPECT_THAT(crypto.Agree(key.secret, point), HasCode(kInvalid)) << hex << " with its top bit";
    EXPECT_THAT(crypto.AgreeWithAll(key.secret, std::vector{key.public_key, point}),
                HasCode(kInvalid));
  }
  EXPECT_FALSE(HasLowOrder(key.public_key));
  // Nothing of the refusals is left behind to fail the next call.
  EXPECT_THAT(crypto.Agree(key.secret, key.public_key), IsOk());
}

TEST(X25519, SecretsOfAnotherLengthAreRefused) {
  const OpenSslCrypto crypto;
  const AgreementPublic nine =
      Point("0900000000000000000000000000000000000000000000000000000000000000");
  for (const std::size_t size : {0, 1, 31, 33, 64}) {
    EXPECT_THAT(crypto.Agree(Secret(Bytes(size)), nine), HasCode(kInvalid)) << size;
    EXPECT_THAT(crypto.AgreementPublicOf(Secret(Bytes(size))), HasCode(kInvalid)) << size;
  }
}

TEST(CryptoPort, SignsAndVerifiesTheSecondVectorOfRfc8032) {
  const OpenSslCrypto crypto;
  const OpenSslSigner signer(
      Ed25519PrivateKey::FromSeed(
          SecretHex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"))
          .value());
  EXPECT_EQ(ToHex(signer.public_key()),
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
  Signature signature = signer.Sign(Hex("72")).value();
  EXPECT_EQ(ToHex(signature),
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
  EXPECT_THAT(crypto.Verify(signer.public_key(), Hex("72"), signature), IsOk());
  EXPECT_THAT(crypto.Verify(signer.public_key(), Hex("73"), signature), HasCode(kUnauthenticated));
  signature[40] ^= std::byte{1};
  EXPECT_THAT(crypto.Verify(signer.public_key(), Hex("72"), signature), HasCode(kUnauthenticated));
}

std::string HexRange(int from, int to) {
  Bytes out;
  for (int i = from; i <= to; ++i) out.push_back(static_cast<std::byte>(i));
  return ToHex(out);
}

TEST(Hkdf, GivesTheValuesOfRfc5869AppendixA) {
  const OpenSslCrypto crypto;
  const Bytes eleven(22, std::byte{0x0b});
  EXPECT_EQ(
      Text(crypto.Hkdf(Secret(eleven), Hex(HexRange(0x00, 0x0c)), Hex(HexRange(0xf0, 0xf9)), 42)),
      "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
  EXPECT_EQ(Text(crypto.Hkdf(SecretHex(HexRange(0x00, 0x4f)), Hex(HexRange(0x60, 0xaf)),
                             Hex(HexRange(0xb0, 0xff)), 82)),
            "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41"
            "c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87");
  EXPECT_EQ(Text(crypto.Hkdf(Secret(eleven), {}, {}, 42)),
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

TEST(Hkdf, LengthsOutsideTheRfcAndAnEmptyKeyAreRefused) {
  const OpenSslCrypto crypto;
  const Secret key(Bytes(32));
  EXPECT_THAT(crypto.Hkdf(key, {}, {}, 0), HasCode(kInvalid));
  EXPECT_THAT(crypto.Hkdf(key, {}, {}, Crypto::kMostHkdfBytes + 1), HasCode(kInvalid));
  EXPECT_THAT(crypto.Hkdf(key, {}, Bytes(Crypto::kMostInfoBytes + 1), 32), HasCode(kInvalid));
  EXPECT_THAT(crypto.Hkdf(Secret({}), {}, {}, 32), HasCode(kInvalid));
  EXPECT_THAT(crypto.Hkdf(key, {}, Bytes(Crypto::kMostInfoBytes), Crypto::kMostHkdfBytes), IsOk());
}

struct GcmVector {
  const char *key, *nonce, *aad, *plain, *sealed;
};
// McGrew and Viega, "The Galois/Counter Mode of Operation", appendix B, test cases 13, 14 and 16:
// the AES-256 vectors with 96-bit nonces of the mode that SP 800-38D specifies.
const GcmVector kGcm[] = {
    {"0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000",
     "", "", "530f8afbc74536b9a963b4f1c4cb738b"},
    {"0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000",
     "", "00000000000000000000000000000000",
     "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"},
    {"feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
     "feedfacedeadbeeffeedfacedeadbeefabaddad2",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
     "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
     "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
     "76fc6ece0f4e1768cddf8853bb2d551b"},
};

TEST(AesGcm, SealsAndOpensTheVectorsOfTheSpecification) {
  const OpenSslCrypto crypto;
  for (const GcmVector& v : kGcm) {
    SCOPED_TRACE(v.sealed);
    const Secret key = SecretHex(v.key);
    EXPECT_EQ(ToHex(crypto.Seal(key, Hex(v.nonce), Hex(v.aad), Hex(v.plain)).value()), v.sealed);
    EXPECT_EQ(Text(crypto.Open(key, Hex(v.nonce), Hex(v.aad), Hex(v.sealed))), v.plain);
  }
}

TEST(AesGcm, AnyChangedBitIsRefused) {
  const OpenSslCrypto crypto;
  const GcmVector& v = kGcm[2];
  const auto open = [&](ByteView key, ByteView nonce, ByteView aad, ByteView sealed) {
    return crypto.Open(Secret(Bytes(key.begin(), key.end())), nonce, aad, sealed);
  };
  Bytes parts[] = {Hex(v.key), Hex(v.nonce), Hex(v.aad), Hex(v.sealed)};
  for (Bytes& part : parts)
    for (std::size_t bit = 0; bit < 8 * part.size(); ++bit) {
      part[bit / 8] ^= std::byte{1} << bit % 8;
      EXPECT_THAT(open(parts[0], parts[1], parts[2], parts[3]), HasCode(kUnauthenticated))
          << "bit " << bit << " of part " << &part - parts;
      part[bit / 8] ^= std::byte{1} << bit % 8;
    }
  EXPECT_THAT(open(parts[0], parts[1], parts[2], parts[3]), IsOk());
}

TEST(AesGcm, WrongLengthsAndTruncatedTextsAreRefused) {
  const OpenSslCrypto crypto;
  const Secret key(Bytes(32));
  const Bytes nonce(12);
  for (const std::size_t size : {0, 16, 24, 31, 33}) {
    EXPECT_THAT(crypto.Seal(Secret(Bytes(size)), nonce, {}, {}), HasCode(kInvalid)) << size;
    EXPECT_THAT(crypto.Open(Secret(Bytes(size)), nonce, {}, Bytes(16)), HasCode(kInvalid)) << size;
  }
  for (const std::size_t size : {0, 8, 11, 13, 16}) {
    EXPECT_THAT(crypto.Seal(key, Bytes(size), {}, {}), HasCode(kInvalid)) << size;
    EXPECT_THAT(crypto.Open(key, Bytes(size), {}, Bytes(16)), HasCode(kInvalid)) << size;
  }
  const Bytes sealed = crypto.Seal(key, nonce, {}, Bytes(40)).value();
  for (std::size_t size = 0; size < sealed.size(); ++size)
    EXPECT_FALSE(crypto.Open(key, nonce, {}, ByteView(sealed).first(size)).ok()) << size;
}

}  // namespace
}  // namespace muster::platform
