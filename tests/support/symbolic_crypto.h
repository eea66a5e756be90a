#pragma once
// The crypto port as algebra: every operation gives what the real one would be equal to, and hides
// nothing. Signatures hold, seals open and agreements meet exactly when they should, a hundred
// times faster than real ones; who could know what is for the test to say, from who was told what.
#include <algorithm>
#include <memory>
#include <string_view>

#include "base/crypto.h"
#include "base/seeded.h"

namespace muster::testing {

// Bytes for keys that a test can name by a seed.
class SeededSecureRng final : public SecureRng {
 public:
  explicit SeededSecureRng(std::uint64_t seed) : rng_(seed) {}
  void Fill(std::span<std::byte> out) override {
    for (std::byte& b : out) b = static_cast<std::byte>(rng_.Next() >> 56);
  }

 private:
  SeededRng rng_;
};

class SymbolicCrypto : public Crypto {
 public:
  explicit SymbolicCrypto(const Hasher& hasher) : hasher_(hasher) {}

  Digest Sha256(ByteView bytes) const override { return hasher_.Sha256(bytes); }

  StatusOr<AgreementKey> NewAgreementKey(SecureRng& rng) override {
    Bytes secret(kAgreementSecretBytes);
    rng.Fill(secret);
    const AgreementPublic key = PublicOf(secret);
    return AgreementKey{Secret(std::move(secret)), key};
  }
  StatusOr<AgreementPublic> AgreementPublicOf(const Secret& secret) const override {
    return PublicOf(secret.Reveal());
  }
  StatusOr<Secret> Agree(const Secret& mine, const AgreementPublic& theirs) const override {
    if (theirs == AgreementPublic{}) return InvalidArgument("a point of low order");
    const AgreementPublic own = PublicOf(mine.Reveal());
    return Secret(HashOf("agreed", {std::min(own, theirs), std::max(own, theirs)}));
  }

  Status Verify(const SigningPublic& key, ByteView message,
                const Signature& signature) const override {
    if (SignatureOf(key, message) == signature) return Ok();
    return Unauthenticated("the signature does not hold");
  }
  Signature SignatureOf(const SigningPublic& key, ByteView message) const {
    const Bytes half = HashOf("signed", {key, message});
    Signature out;
    std::copy(half.begin(), half.end(), out.begin());
    std::copy(half.begin(), half.end(), out.begin() + 32);
    return out;
  }

  StatusOr<Secret> Hkdf(const Secret& input_key, ByteView salt, ByteView info,
                        std::size_t length) const override {
    Bytes out = HashOf("derived", {input_key.Reveal(), salt, info});
    if (length != out.size()) return InvalidArgument("this derives 32 bytes");
    return Secret(std::move(out));
  }

  StatusOr<Bytes> Seal(const Secret& key, ByteView nonce, ByteView aad,
                       ByteView plain) const override {
    Bytes out(plain.begin(), plain.end());
    const Bytes tag = HashOf("sealed", {key.Reveal(), nonce, aad, plain});
    out.insert(out.end(), tag.begin(), tag.begin() + kSealTagBytes);
    return out;
  }
  StatusOr<Secret> Open(const Secret& key, ByteView nonce, ByteView aad,
                        ByteView sealed) const override {
    if (sealed.size() < kSealTagBytes) return Unauthenticated("shorter than a tag");
    const ByteView plain = sealed.first(sealed.size() - kSealTagBytes);
    const Bytes again = SymbolicCrypto::Seal(key, nonce, aad, plain).value();
    if (!std::equal(again.begin(), again.end(), sealed.begin(), sealed.end()))
      return Unauthenticated("the seal does not hold");
    return Secret(Bytes(plain.begin(), plain.end()));
  }

  StatusOr<std::unique_ptr<Keystream>> NewKeystream(const Secret& seed) const override {
    return std::make_unique<Stream>(SeedOf({AsText(seed.Reveal())}));
  }

 private:
  class Stream final : public Keystream {
   public:
    explicit Stream(std::uint64_t seed) : seed_(seed) {}
    Status Fill(std::uint64_t offset, std::span<std::byte> out) override {
      for (std::byte& b : out) {
        const std::uint64_t word = SeededRng(seed_ + offset / 8).Next();
        b = static_cast<std::byte>(word >> (8 * (offset++ % 8)));
      }
      return Ok();
    }

   private:
    std::uint64_t seed_;
  };

  AgreementPublic PublicOf(ByteView secret) const {
    const Bytes hash = HashOf("public", {secret});
    AgreementPublic key;
    std::copy(hash.begin(), hash.end(), key.begin());
    return key;
  }
  Bytes HashOf(std::string_view operation, std::initializer_list<ByteView> parts) const {
    Bytes text(AsBytes(operation).begin(), AsBytes(operation).end());
    for (const ByteView part : parts) {
      text.push_back(static_cast<std::byte>(part.size()));
      text.insert(text.end(), part.begin(), part.end());
    }
    const Digest digest = hasher_.Sha256(text);
    return {digest.bytes().begin(), digest.bytes().end()};
  }

  const Hasher& hasher_;
};

class SymbolicSigner final : public Signer {
 public:
  SymbolicSigner(const SymbolicCrypto& crypto, std::uint64_t seed) : crypto_(crypto) {
    SeededSecureRng(seed).Fill(key_);
  }
  StatusOr<Signature> Sign(ByteView message) const override {
    return crypto_.SignatureOf(key_, message);
  }
  const SigningPublic& public_key() const override { return key_; }

 private:
  const SymbolicCrypto& crypto_;
  SigningPublic key_{};
};

}  // namespace muster::testing
