// That a signature which held is not verified again, and that nothing else is believed for it.
#include "platform/remembering_crypto.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "platform/sha256.h"
#include "tests/support/status_matchers.h"
#include "tests/support/symbolic_crypto.h"

namespace muster::platform {
namespace {
using muster::testing::HasCode;
using muster::testing::IsOk;
using muster::testing::SymbolicSigner;
constexpr auto kUnauthenticated = absl::StatusCode::kUnauthenticated;

const OpenSslHasher kHasher;

class CountingCrypto final : public muster::testing::SymbolicCrypto {
 public:
  CountingCrypto() : SymbolicCrypto(kHasher) {}
  Status Verify(const SigningPublic& key, ByteView message,
                const Signature& signature) const override {
    ++verified;
    return SymbolicCrypto::Verify(key, message, signature);
  }
  StatusOr<std::vector<Secret>> AgreeWithAll(
      const Secret& mine, std::span<const AgreementPublic> theirs) const override {
    ++agreed_with_all;
    return SymbolicCrypto::AgreeWithAll(mine, theirs);
  }
  mutable std::atomic<int> verified = 0;
  mutable std::atomic<int> agreed_with_all = 0;
};

class RememberingCryptoTest : public ::testing::Test {
 protected:
  struct Signed {
    Bytes message;
    Signature signature;
  };
  Signed Sign(std::uint64_t number) const {
    Bytes message(8, static_cast<std::byte>(number));
    const Signature signature = signer_.Sign(message).value();
    return {std::move(message), signature};
  }
  Status Verify(const Crypto& crypto, const Signed& s) const {
    return crypto.Verify(signer_.public_key(), s.message, s.signature);
  }
  CountingCrypto real_;
  const SymbolicSigner signer_{real_, 1};
  const SymbolicSigner other_{real_, 2};
};

TEST_F(RememberingCryptoTest, VerifiesWhatHoldsOnce) {
  const RememberingCrypto crypto(real_);
  const Signed s = Sign(1);
  for (int i = 0; i < 3; ++i) EXPECT_THAT(Verify(crypto, s), IsOk());
  EXPECT_EQ(real_.verified, 1);
  EXPECT_EQ(crypto.remembered(), 1u);
}

TEST_F(RememberingCryptoTest, HandsAgreementsWithManyOnTogether) {
  RememberingCrypto crypto(real_);
  muster::testing::SeededSecureRng rng(1);
  const AgreementKey mine = crypto.NewAgreementKey(rng).value();
  const std::vector<AgreementPublic> theirs(3, mine.public_key);
  EXPECT_EQ(crypto.AgreeWithAll(mine.secret, theirs).value().size(), 3u);
  EXPECT_EQ(real_.agreed_with_all, 1);
}

TEST_F(RememberingCryptoTest, DoesNotRememberWhatDoesNotHold) {
  const RememberingCrypto crypto(real_);
  Signed s = Sign(1);
  s.signature[5] ^= std::byte{1};
  for (int i = 0; i < 3; ++i) EXPECT_THAT(Verify(crypto, s), HasCode(kUnauthenticated));
  EXPECT_EQ(real_.verified, 3);
  EXPECT_EQ(crypto.remembered(), 0u);
}

TEST_F(RememberingCryptoTest, BelievesNoOtherKeyMessageOrSignatureForIt) {
  const RememberingCrypto crypto(real_);
  const Signed good = Sign(1);
  ASSERT_THAT(Verify(crypto, good), IsOk());
  EXPECT_THAT(crypto.Verify(other_.public_key(), good.message, good.signature),
              HasCode(kUnauthenticated));
  for (std::size_t bit = 0; bit < 8 * good.message.size(); ++bit) {
    Signed bad = good;
    bad.message[bit / 8] ^= std::byte{1} << bit % 8;
    EXPECT_THAT(Verify(crypto, bad), HasCode(kUnauthenticated));
  }
  for (std::size_t bit = 0; bit < 8 * good.signature.size(); ++bit) {
    Signed bad = good;
    bad.signature[bit / 8] ^= std::byte{1} << bit % 8;
    EXPECT_THAT(Verify(crypto, bad), HasCode(kUnauthenticated));
  }
  Signed longer = good;
  longer.message.push_back(std::byte{0});
  EXPECT_THAT(Verify(crypto, longer), HasCode(kUnauthenticated));
}

TEST_F(RememberingCryptoTest, ForgetsTheOneThatWasNotAskedForLongest) {
  const RememberingCrypto crypto(real_, 2);
  for (const int number : {1, 2, 1, 3}) ASSERT_THAT(Verify(crypto, Sign(number)), IsOk());
  EXPECT_EQ(real_.verified, 3);
  EXPECT_EQ(crypto.remembered(), 2u);
  EXPECT_THAT(Verify(crypto, Sign(1)), IsOk());
  EXPECT_EQ(real_.verified, 3) << "1 was asked for after 2";
  EXPECT_THAT(Verify(crypto, Sign(2)), IsOk());
  EXPECT_EQ(real_.verified, 4) << "2 had to make room for 3";
}

TEST_F(RememberingCryptoTest, WithRoomForNoneVerifiesAll) {
  const RememberingCrypto crypto(real_, 0);
  for (int i = 0; i < 2; ++i) ASSERT_THAT(Verify(crypto, Sign(1)), IsOk());
  EXPECT_EQ(real_.verified, 2);
}

TEST_F(RememberingCryptoTest, AnswersManyThreads) {
  const RememberingCrypto crypto(real_, 8);
  std::atomic<int> wrong = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&, t] {
        for (int i = 0; i < 200; ++i) {
          Signed s = Sign(static_cast<std::uint64_t>((i + t) % 16));
          wrong += Verify(crypto, s).ok() ? 0 : 1;
          s.signature[0] ^= std::byte{1};
          wrong += Verify(crypto, s).ok() ? 1 : 0;
        }
      });
  }
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(crypto.remembered(), 8u);
}

}  // namespace
}  // namespace muster::platform
