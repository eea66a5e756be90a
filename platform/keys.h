#pragma once
// Private keys: Ed25519 for identities and statements, ECDSA P-256 for TLS. They are never
// printed, copied or written here; ToPem hands them out as a Secret.
#include <array>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/rng.h"
#include "base/secret.h"
#include "base/status.h"

struct evp_pkey_st;

namespace muster::platform {

struct PkeyFree {
  void operator()(evp_pkey_st* key) const;
};
using PkeyHandle = std::unique_ptr<evp_pkey_st, PkeyFree>;

using Ed25519PublicKey = std::array<std::byte, 32>;
using Ed25519Signature = std::array<std::byte, 64>;

// RFC 8032. Safe from any thread once made.
class Ed25519PrivateKey {
 public:
  static StatusOr<Ed25519PrivateKey> Generate(SecureRng& rng);
  // The 32 secret bytes of RFC 8032; INVALID_ARGUMENT on another length.
  static StatusOr<Ed25519PrivateKey> FromSeed(const Secret& seed);
  // PKCS #8 PEM, not encrypted, at most 16 KiB; INVALID_ARGUMENT otherwise or for another
  // algorithm.
  static StatusOr<Ed25519PrivateKey> FromPem(const Secret& pem);
  StatusOr<Secret> ToPem() const;
  StatusOr<std::string> PublicPem() const;  // SubjectPublicKeyInfo, as `openssl pkey -pubin` reads.
  StatusOr<Ed25519Signature> Sign(ByteView message) const;
  const Ed25519PublicKey& PublicKey() const { return public_key_; }

 private:
  static StatusOr<Ed25519PrivateKey> Wrap(PkeyHandle key);
  PkeyHandle key_;
  std::unique_ptr<const Secret> signing_;  // The same, for libsodium.
  Ed25519PublicKey public_key_{};
};

// UNAUTHENTICATED when `signature` is not that of `public_key` over `message`; INVALID_ARGUMENT
// when the key has not 32 bytes or the signature not 64. RFC 8032 section 5.1.7 without the
// cofactor; keys and points of small order, which would hold for any message, are refused.
Status VerifyEd25519(ByteView public_key, ByteView message, ByteView signature);

// The key under a TLS certificate. Safe from any thread once made.
class TlsKey {
 public:
  static StatusOr<TlsKey> Generate();
  // PKCS #8 (or SEC 1) PEM, not encrypted, at most 16 KiB, P-256; INVALID_ARGUMENT otherwise.
  static StatusOr<TlsKey> FromPem(const Secret& pem);
  StatusOr<Secret> ToPem() const;
  evp_pkey_st* get() const { return key_.get(); }  // For certificates; still owned here.

 private:
  explicit TlsKey(PkeyHandle key) : key_(std::move(key)) {}
  PkeyHandle key_;
};

}  // namespace muster::platform
