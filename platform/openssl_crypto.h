#pragma once
// The crypto port (base/crypto.h) by OpenSSL 3, and by libsodium where it is faster: Ed25519's
// checks and X25519; many agreements at once are ours where the processor can (ifma_x25519.h).
// Algorithms are fetched once; every return code is looked at, and no secret
// outlives the call that made it.
#include "base/crypto.h"
#include "platform/keys.h"

namespace muster::platform {

// Stateless but for what it fetched; safe from any thread. Ends the process when OpenSSL lacks an
// algorithm: no caller can go on without.
class OpenSslCrypto final : public Crypto {
 public:
  OpenSslCrypto();

  Digest Sha256(ByteView bytes) const override;
  StatusOr<AgreementKey> NewAgreementKey(SecureRng& rng) override;
  StatusOr<AgreementPublic> AgreementPublicOf(const Secret& secret) const override;
  StatusOr<Secret> Agree(const Secret& mine, const AgreementPublic& theirs) const override;
  StatusOr<std::vector<Secret>> AgreeWithAll(
      const Secret& mine, std::span<const AgreementPublic> theirs) const override;
  Status Verify(const SigningPublic& key, ByteView message,
                const Signature& signature) const override;
  StatusOr<Secret> Hkdf(const Secret& input_key, ByteView salt, ByteView info,
                        std::size_t length) const override;
  StatusOr<Bytes> Seal(const Secret& key, ByteView nonce, ByteView aad,
                       ByteView plain) const override;
  StatusOr<Secret> Open(const Secret& key, ByteView nonce, ByteView aad,
                        ByteView sealed) const override;
  StatusOr<std::unique_ptr<Keystream>> NewKeystream(const Secret& seed) const override;
};

// A device's identity key as the port wants it.
class OpenSslSigner final : public Signer {
 public:
  explicit OpenSslSigner(Ed25519PrivateKey key) : key_(std::move(key)) {}
  StatusOr<Signature> Sign(ByteView message) const override { return key_.Sign(message); }
  const SigningPublic& public_key() const override { return key_.PublicKey(); }

 private:
  Ed25519PrivateKey key_;
};  // Safe from any thread.

}  // namespace muster::platform
