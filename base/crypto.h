#pragma once
// The port through which secure aggregation reaches cryptography: X25519, Ed25519, HKDF-SHA256,
// AES-256-GCM and AES-128-CTR. platform/openssl_crypto.h has OpenSSL's; tests have a symbolic one.
// Nothing here keeps, prints or compares a secret.
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/rng.h"
#include "base/secret.h"
#include "base/status.h"

namespace muster {

using AgreementPublic = std::array<std::byte, 32>;  // An X25519 public key (RFC 7748 section 5).
using SigningPublic = std::array<std::byte, 32>;    // An Ed25519 public key (RFC 8032 section 5.1).
using Signature = std::array<std::byte, 64>;        // An Ed25519 signature.

// Whether X25519 with this point gives zero whatever the secret: the points of order 1, 2, 4 and 8
// on the curve and its twist, in every encoding (RFC 7748 section 6.1). For public keys.
bool HasLowOrder(const AgreementPublic& key);

// One side of a key agreement.
struct AgreementKey {
  Secret secret;  // 32 bytes.
  AgreementPublic public_key;
};

// A device's identity key: it signs and never leaves. Safe from any thread.
class Signer {
 public:
  virtual ~Signer() = default;
  virtual StatusOr<Signature> Sign(ByteView message) const = 0;
  virtual const SigningPublic& public_key() const = 0;
};

class AddingKeystream;

// A stream of bytes that only its key foretells; any part of it can be had, in any order.
class Keystream {
 public:
  virtual ~Keystream() = default;
  // This stream, when it can add its words in place; else null.
  virtual AddingKeystream* adding() { return nullptr; }
  // out = bytes [offset, offset + out.size()) of the stream. Going on where the last call ended
  // costs nothing extra; any other offset costs a seek. INVALID_ARGUMENT when the end is beyond
  // 2^63 bytes.
  virtual Status Fill(std::uint64_t offset, std::span<std::byte> out) = 0;
};  // Used from one thread at a time; several streams of one key are equal.

// A stream that need not write its bytes anywhere to add them: several times faster than Fill.
class AddingKeystream : public Keystream {
 public:
  AddingKeystream* adding() final { return this; }
  // words[i] += or -= the little-endian word at offset + i * sizeof(words[i]) of the stream, modulo
  // the word. Errors as Fill's; nothing is changed then.
  virtual Status Add(std::uint64_t offset, std::span<std::uint32_t> words) = 0;
  virtual Status Add(std::uint64_t offset, std::span<std::uint16_t> words) = 0;
  virtual Status Subtract(std::uint64_t offset, std::span<std::uint32_t> words) = 0;
  virtual Status Subtract(std::uint64_t offset, std::span<std::uint16_t> words) = 0;
};

// Wrong lengths are INVALID_ARGUMENT; a failing library is INTERNAL. Safe from any thread.
class Crypto : public Hasher {
 public:
  static constexpr std::size_t kAgreementSecretBytes = 32;
  static constexpr std::size_t kSealKeyBytes = 32;
  static constexpr std::size_t kSealNonceBytes = 12;
  static constexpr std::size_t kSealTagBytes = 16;  // What Seal adds to the length.
  static constexpr std::size_t kKeystreamSeedBytes = 32;
  static constexpr std::size_t kMostHkdfBytes = 255 * 32;  // RFC 5869 section 2.3.
  static constexpr std::size_t kMostInfoBytes = 1024;
  static constexpr std::size_t kMostSealedBytes = std::size_t{1} << 30;  // And of aad.

  // X25519 (RFC 7748). The secret is any 32 bytes; clamping is part of the function.
  virtual StatusOr<AgreementKey> NewAgreementKey(SecureRng& rng) = 0;
  virtual StatusOr<AgreementPublic> AgreementPublicOf(const Secret& secret) const = 0;
  // The 32 shared bytes, to be used as the input of Hkdf only. INVALID_ARGUMENT when `theirs` is a
  // point of low order, for which the output would be zero whatever the secret (section 6.1).
  virtual StatusOr<Secret> Agree(const Secret& mine, const AgreementPublic& theirs) const = 0;

  // Agree with each of `theirs`, in their order; the first error ends it.
  virtual StatusOr<std::vector<Secret>> AgreeWithAll(
      const Secret& mine, std::span<const AgreementPublic> theirs) const {
    std::vector<Secret> out;
    for (const AgreementPublic& key : theirs) {
      MUSTER_ASSIGN(Secret agreed, Agree(mine, key));
      out.push_back(std::move(agreed));
    }
    return out;
  }

  // Ed25519 (RFC 8032). UNAUTHENTICATED when the signature does not hold.
  virtual Status Verify(const SigningPublic& key, ByteView message,
                        const Signature& signature) const = 0;

  // HKDF with SHA-256 (RFC 5869): extract, then expand to `length` bytes in 1..kMostHkdfBytes. The
  // input key is not empty; `salt` and `info` may be, and `info` has at most kMostInfoBytes.
  virtual StatusOr<Secret> Hkdf(const Secret& input_key, ByteView salt, ByteView info,
                                std::size_t length) const = 0;

  // AES-256-GCM (SP 800-38D); the sealed text is as long as `plain` and kSealTagBytes more. A
  // (key, nonce) pair may seal one message only.
  virtual StatusOr<Bytes> Seal(const Secret& key, ByteView nonce, ByteView aad,
                               ByteView plain) const = 0;
  // UNAUTHENTICATED when `sealed` was not made with this key, nonce and aad.
  virtual StatusOr<Secret> Open(const Secret& key, ByteView nonce, ByteView aad,
                                ByteView sealed) const = 0;

  // AES-128-CTR (SP 800-38A section 6.5) over zeroes. `seed` is 16 bytes of key, then the 16 bytes
  // of the first counter block, which counts up as one big-endian number.
  virtual StatusOr<std::unique_ptr<Keystream>> NewKeystream(const Secret& seed) const = 0;
};

}  // namespace muster
