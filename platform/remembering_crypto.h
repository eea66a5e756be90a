#pragma once
// A crypto port that verifies a signature once: the nodes of one agent, and a coordinator in each
// of its sessions, are shown the same statements and keys again and again. It remembers what held,
// never what did not, and never a secret.
#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <list>
#include <map>

#include "base/crypto.h"

namespace muster::platform {

// Safe from any thread, as the port it stands before.
class RememberingCrypto final : public Crypto {
 public:
  // Enough for four sessions of a thousand devices, each of which a device checks 3,500 signatures
  // for; 2.5 MB when full.
  static constexpr std::size_t kMostRemembered = 16'384;

  // `real` is borrowed. The `most` signatures that were asked about last are remembered; 0: none.
  explicit RememberingCrypto(Crypto& real, std::size_t most = kMostRemembered)
      : real_(real), most_(most) {}

  // By the hash of key, signature and message: no other triple has it (SHA-256). Cost: a hash of
  // 96 bytes more than the message, and O(log most), where the signature has held before.
  Status Verify(const SigningPublic& key, ByteView message,
                const Signature& signature) const override;
  std::size_t remembered() const;

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
  using Recent = std::list<Digest>;  // The newest first.
  bool Recall(const Digest& triple) const;
  void Remember(const Digest& triple) const;

  Crypto& real_;
  const std::size_t most_;
  mutable absl::Mutex mu_;
  mutable Recent recent_ ABSL_GUARDED_BY(mu_);
  // A tree: whoever signs much cannot choose hashes that fall together.
  mutable std::map<Digest, Recent::iterator> places_ ABSL_GUARDED_BY(mu_);
};

}  // namespace muster::platform
