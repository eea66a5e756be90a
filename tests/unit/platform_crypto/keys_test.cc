// Ed25519 against RFC 8032's vectors, and what key files may be.
#include "platform/keys.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "platform/secure_rng.h"
#include "platform/sha256.h"

namespace muster::platform {
namespace {

Bytes Hex(std::string_view hex) { return FromHex(hex).value(); }

struct Vector {
  const char* name;
  const char* seed;
  const char* public_key;
  const char* message;
  const char* signature;
};
// RFC 8032 section 7.1, tests 1, 2, 3 and SHA(abc).
const Vector kRfc8032[] = {
    {"TEST 1", "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b"
     "4"
     "6bd25bf5f0595bbe24655141438e7a100b"},
    {"TEST 2", "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11"
     "d"
     "8c387b2eaeb4302aeeb00d291612bb0c00"},
    {"TEST 3", "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc"
     "6"
     "594a7c15e9716ed28dc027beceea1ec40a"},
    {"TEST SHA(abc)", "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
     "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3fee"
     "b"
     "bd454d4423643ce80e2a9ac94fa54ca49f",
     "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e"
     "0"
     "303dca179c138ac17ad9bef1177331a704"},
};

TEST(Ed25519, SignsAndVerifiesTheVectorsOfRfc8032) {
  for (const Vector& vector : kRfc8032) {
    SCOPED_TRACE(vector.name);
    const auto key = Ed25519PrivateKey::FromSeed(Secret(Hex(vector.seed)));
    ASSERT_TRUE(key.ok()) << key.status();
    EXPECT_EQ(ToHex(key->PublicKey()), vector.public_key);
    const auto signature = key->Sign(Hex(vector.message));
    ASSERT_TRUE(signature.ok());
    EXPECT_EQ(ToHex(*signature), vector.signature);
    EXPECT_TRUE(
        VerifyEd25519(Hex(vector.public_key), Hex(vector.message), Hex(vector.signature)).ok());
  }
}

TEST(Ed25519, AnyChangedBitOfMessageKeyOrSignatureIsRefused) {
  const Bytes key = Hex(kRfc8032[2].public_key);
  const Bytes message = Hex(kRfc8032[2].message);
  const Bytes signature = Hex(kRfc8032[2].signature);
  const auto flipped = [](Bytes bytes, std::size_t bit) {
    bytes[bit / 8] ^= std::byte(1 << bit % 8);
    return bytes;
  };
  for (std::size_t bit = 0; bit < 8 * message.size(); ++bit)
    EXPECT_EQ(VerifyEd25519(key, flipped(message, bit), signature).code(),
              absl::StatusCode::kUnauthenticated);
  for (std::size_t bit = 0; bit < 8 * signature.size(); ++bit)
    EXPECT_EQ(VerifyEd25519(key, message, flipped(signature, bit)).code(),
              absl::StatusCode::kUnauthenticated);
  for (std::size_t bit = 0; bit < 8 * key.size(); ++bit)
    EXPECT_FALSE(VerifyEd25519(flipped(key, bit), message, signature).ok());
}

// The neutral element as a key and as R, and S = 0: the equation holds for every message.
TEST(Ed25519, AKeyOfSmallOrderSignsNothing) {
  Bytes key(32), signature(64);
  key[0] = signature[0] = std::byte{1};
  EXPECT_EQ(VerifyEd25519(key, Hex("af82"), signature).code(), absl::StatusCode::kUnauthenticated);
}

TEST(Ed25519, KeysAndSignaturesOfWrongLengthAreInvalidArguments) {
  const Bytes key(32), signature(64);
  for (const std::size_t n : {0u, 31u, 33u, 64u})
    EXPECT_EQ(VerifyEd25519(Bytes(n), {}, signature).code(), absl::StatusCode::kInvalidArgument);
  for (const std::size_t n : {0u, 63u, 65u})
    EXPECT_EQ(VerifyEd25519(key, {}, Bytes(n)).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Ed25519PrivateKey::FromSeed(Secret(Bytes(31))).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(Ed25519, AGeneratedKeyComesBackFromItsPemAndDiffersFromTheNext) {
  OpenSslRng rng;
  const auto key = Ed25519PrivateKey::Generate(rng).value();
  const auto copy = Ed25519PrivateKey::FromPem(key.ToPem().value()).value();
  EXPECT_EQ(copy.PublicKey(), key.PublicKey());
  EXPECT_EQ(copy.Sign(AsBytes("x")).value(), key.Sign(AsBytes("x")).value());
  EXPECT_NE(Ed25519PrivateKey::Generate(rng).value().PublicKey(), key.PublicKey());
}

TEST(Keys, EachKindRefusesTheOthersPem) {
  OpenSslRng rng;
  const Secret identity = Ed25519PrivateKey::Generate(rng).value().ToPem().value();
  const Secret tls = TlsKey::Generate().value().ToPem().value();
  EXPECT_EQ(TlsKey::FromPem(identity).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Ed25519PrivateKey::FromPem(tls).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(TlsKey::FromPem(tls).ok());
}

// PKCS #8 under the password "secret", by `openssl genpkey -algorithm ed25519 -aes-128-cbc`.
constexpr char kEncrypted[] =
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
    "MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAh2hJghpIsOYQICCAAw\n"
    "DAYIKoZIhvcNAgkFADAdBglghkgBZQMEAQIEEKTnts4VSwE8cjxW09oQkr4EQKq7\n"
    "mpKMtMWwgJ4j+ToOmwu3joQ5u11JWiOV7z4qOan4m/DScGWDQKH/ajSbAOYyTHJe\n"
    "SdS4iDPUH66wYL1B3PY=\n"
    "-----END ENCRYPTED PRIVATE KEY-----\n";

TEST(Keys, EncryptedTruncatedOversizedAndEmptyPemIsRefusedWithoutAskingForAPassword) {
  const Secret good = TlsKey::Generate().value().ToPem().value();
  const std::string text(AsText(good.Reveal()));
  for (const std::string& bad :
       {std::string(kEncrypted), text.substr(0, text.size() / 2), std::string(),
        std::string("junk"), std::string(17 * 1024, ' ') + text}) {
    EXPECT_EQ(TlsKey::FromPem(Secret::FromText(bad)).status().code(),
              absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(Ed25519PrivateKey::FromPem(Secret::FromText(bad)).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
}

TEST(SecureRng, FillsEveryByteAndNeverTwiceTheSame) {
  OpenSslRng rng;
  Bytes a(1000), b(1000);
  rng.Fill(a);
  rng.Fill(b);
  EXPECT_NE(a, b);
  EXPECT_LT(std::ranges::count(a, std::byte{0}), 40);  // 3.9 expected; 40 is beyond chance.
  rng.Fill({});
}

TEST(Sha256, GivesTheValuesOfFips180) {
  const OpenSslHasher hasher;
  EXPECT_EQ(hasher.Sha256({}).Hex(),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hasher.Sha256(AsBytes("abc")).Hex(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha256, PiecesGiveTheDigestOfTheWholeHoweverTheyAreCut) {
  std::string text(1000, '\0');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i * 7);
  const Digest whole = OpenSslHasher().Sha256(AsBytes(text));
  Sha256Stream stream;
  for (const std::size_t piece : {1u, 63u, 64u, 65u, 999u, 1000u}) {
    for (std::size_t at = 0; at < text.size(); at += piece)
      stream.Update(AsBytes(std::string_view(text).substr(at, piece)));
    EXPECT_EQ(stream.Finish(), whole) << "pieces of " << piece;  // Begins anew each time.
  }
}

}  // namespace
}  // namespace muster::platform
