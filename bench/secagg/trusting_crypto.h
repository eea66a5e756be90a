#pragma once
// The crypto port for devices that a bench needs but does not measure: they believe every
// signature. What they send is made by the same code and is the same, so the server's work is too.
#include "base/crypto.h"

namespace muster::bench {

class TrustingCrypto final : public Crypto {
 public:
  explicit TrustingCrypto(Crypto& real) : real_(real) {}  // Borrowed.

  Digest Sha256(ByteView bytes) const override { return real_.Sha256(bytes); }
  StatusOr<AgreementKey> NewAgreementKey(SecureRng& rng) override {
    return real_.NewAgreementKey(rng);
  }
  StatusOr<AgreementPublic> AgreementPublicOf(const Secret& secret) const override {
    return real_.AgreementPublicOf(secret);
  }
  StatusOr<Secret> Agree(const Secret& mine, const AgreementPublic& theirs) const override {
    return real_.Agree(mine, theirs);
  }
  StatusOr<std::vector<Secret>> AgreeWithAll(
      const Secret& mine, std::span<const AgreementPublic> theirs) const override {
    return real_.AgreeWithAll(mine, theirs);
  }
  Status Verify(const SigningPublic&, ByteView, const Signature&) const override { return Ok(); }
  StatusOr<Secret> Hkdf(const Secret& input_key, ByteView salt, ByteView info,
                        std::size_t length) const override {
    return real_.Hkdf(input_key, salt, info, length);
  }
  StatusOr<Bytes> Seal(const Secret& key, ByteView nonce, ByteView aad,
                       ByteView plain) const override {
    return real_.Seal(key, nonce, aad, plain);
  }
  StatusOr<Secret> Open(const Secret& key, ByteView nonce, ByteView aad,
                        ByteView sealed) const override {
    return real_.Open(key, nonce, aad, sealed);
  }
  StatusOr<std::unique_ptr<Keystream>> NewKeystream(const Secret& seed) const override {
    return real_.NewKeystream(seed);
  }

 private:
  Crypto& real_;
};  // Safe from any thread.

}  // namespace muster::bench
