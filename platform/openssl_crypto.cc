#include "platform/openssl_crypto.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <sodium.h>

#include <algorithm>

#include "platform/ifma_x25519.h"
#include "platform/openssl_keystream.h"
#include "platform/openssl_ptr.h"
#include "platform/sha256.h"

namespace muster::platform {
namespace {
using CipherCtxPtr = OpenSslPtr<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>;  // Wipes the key.
using KdfCtxPtr = OpenSslPtr<EVP_KDF_CTX, EVP_KDF_CTX_free>;           // Wipes the input key.

constexpr std::size_t kTag = Crypto::kSealTagBytes;

unsigned char* Octets(Bytes& bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }
const unsigned char* Octets(ByteView bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

Status CheckSize(const char* what, std::size_t size, std::size_t wanted) {
  if (size == wanted) return Ok();
  return InvalidArgument("{}: {} bytes, not {}", what, size, wanted);
}
Status CheckAtMost(const char* what, std::size_t size, std::size_t most) {
  if (size <= most) return Ok();
  return InvalidArgument("{}: {} bytes, at most {} are allowed", what, size, most);
}

Status LowOrder() {
  return InvalidArgument("X25519: the peer's public key is a point of low order");
}

// With up to kIfmaPoints of `theirs` at once; those that lack are repeated.
Status AgreeWithSome(const Secret& mine, std::span<const AgreementPublic> theirs,
                     std::vector<Secret>& out) {
  std::array<AgreementPublic, kIfmaPoints> points;
  for (std::size_t i = 0; i < points.size(); ++i)
    points[i] = theirs[std::min(i, theirs.size() - 1)];
  Bytes bytes(Crypto::kAgreementSecretBytes * points.size());
  IfmaX25519(mine.Reveal(), points, std::span(bytes).first<32 * kIfmaPoints>());
  const Secret all(std::move(bytes));
  for (std::size_t i = 0; i < theirs.size(); ++i) {
    const ByteView agreed =
        all.Reveal().subspan(Crypto::kAgreementSecretBytes * i, Crypto::kAgreementSecretBytes);
    if (sodium_is_zero(Octets(agreed), agreed.size()) != 0) return LowOrder();
    out.emplace_back(Bytes(agreed.begin(), agreed.end()));
  }
  return Ok();
}

// Fetched once: an implicit fetch costs more than sealing a share.
const EVP_CIPHER* Aes256Gcm() {
  static const EVP_CIPHER* const cipher = [] {
    const EVP_CIPHER* fetched = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
    if (fetched == nullptr) OpenSslDie("EVP_CIPHER_fetch");
    return fetched;
  }();
  return cipher;
}
EVP_KDF* HkdfAlgorithm() {
  static EVP_KDF* const kdf = [] {
    EVP_KDF* fetched = EVP_KDF_fetch(nullptr, "HKDF", nullptr);
    if (fetched == nullptr) OpenSslDie("EVP_KDF_fetch");
    return fetched;
  }();
  return kdf;
}

OSSL_PARAM OctetParam(const char* name, ByteView bytes) {
  // OpenSSL takes no address for no parameter; the bytes are only read.
  static unsigned char nothing = 0;
  void* const data =
      bytes.empty() ? &nothing : const_cast<void*>(static_cast<const void*>(bytes.data()));
  return OSSL_PARAM_construct_octet_string(name, data, bytes.size());
}

Status CheckSealing(const Secret& key, ByteView nonce, ByteView aad, std::size_t text) {
  MUSTER_TRY(CheckSize("AES-256-GCM key", key.Reveal().size(), Crypto::kSealKeyBytes));
  MUSTER_TRY(CheckSize("AES-256-GCM nonce", nonce.size(), Crypto::kSealNonceBytes));
  MUSTER_TRY(CheckAtMost("AES-256-GCM aad", aad.size(), Crypto::kMostSealedBytes));
  return CheckAtMost("AES-256-GCM text", text, Crypto::kMostSealedBytes);
}
}  // namespace

OpenSslCrypto::OpenSslCrypto() {
  Aes256Gcm();
  HkdfAlgorithm();
  if (sodium_init() < 0) OpenSslDie("libsodium");
}

Digest OpenSslCrypto::Sha256(ByteView bytes) const { return OpenSslHasher().Sha256(bytes); }

StatusOr<AgreementKey> OpenSslCrypto::NewAgreementKey(SecureRng& rng) {
  Bytes bytes(kAgreementSecretBytes);
  rng.Fill(bytes);
  Secret secret(std::move(bytes));
  MUSTER_ASSIGN(const AgreementPublic public_key, AgreementPublicOf(secret));
  return AgreementKey{std::move(secret), public_key};
}

StatusOr<AgreementPublic> OpenSslCrypto::AgreementPublicOf(const Secret& secret) const {
  MUSTER_TRY(CheckSize("X25519 secret", secret.Reveal().size(), kAgreementSecretBytes));
  AgreementPublic out;
  if (crypto_scalarmult_base(reinterpret_cast<unsigned char*>(out.data()),
                             Octets(secret.Reveal())) != 0)
    return Internal("X25519: no public key");
  return out;
}

StatusOr<Secret> OpenSslCrypto::Agree(const Secret& mine, const AgreementPublic& theirs) const {
  MUSTER_TRY(CheckSize("X25519 secret", mine.Reveal().size(), kAgreementSecretBytes));
  Bytes bytes(kAgreementSecretBytes);
  // Any 32 bytes are a public key; it fails, in constant time, where the result is zero.
  const int ok = crypto_scalarmult(reinterpret_cast<unsigned char*>(bytes.data()),
                                   Octets(mine.Reveal()), Octets(ByteView(theirs)));
  Secret shared(std::move(bytes));
  if (ok != 0) return LowOrder();
  return shared;
}

StatusOr<std::vector<Secret>> OpenSslCrypto::AgreeWithAll(
    const Secret& mine, std::span<const AgreementPublic> theirs) const {
  static const bool can = HasIfma();
  if (!can) return Crypto::AgreeWithAll(mine, theirs);
  MUSTER_TRY(CheckSize("X25519 secret", mine.Reveal().size(), kAgreementSecretBytes));
  std::vector<Secret> out;
  out.reserve(theirs.size());
  // Eight cost less than two one by one.
  while (theirs.size() > 1) {
    const auto some = theirs.first(std::min(kIfmaPoints, theirs.size()));
    MUSTER_TRY(AgreeWithSome(mine, some, out));
    theirs = theirs.subspan(some.size());
  }
  if (theirs.size() == 1) {
    MUSTER_ASSIGN(Secret last, Agree(mine, theirs.front()));
    out.push_back(std::move(last));
  }
  return out;
}

Status OpenSslCrypto::Verify(const SigningPublic& key, ByteView message,
                             const Signature& signature) const {
  return VerifyEd25519(key, message, signature);
}

StatusOr<Secret> OpenSslCrypto::Hkdf(const Secret& input_key, ByteView salt, ByteView info,
                                     std::size_t length) const {
  if (input_key.Reveal().empty()) return InvalidArgument("HKDF: an empty input key");
  if (length == 0 || length > kMostHkdfBytes)
    return InvalidArgument("HKDF: {} bytes asked for, 1 to {} can be had", length, kMostHkdfBytes);
  MUSTER_TRY(CheckAtMost("HKDF info", info.size(), kMostInfoBytes));
  char digest[] = "SHA256";
  const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
                               OctetParam(OSSL_KDF_PARAM_KEY, input_key.Reveal()),
                               OctetParam(OSSL_KDF_PARAM_SALT, salt),
                               OctetParam(OSSL_KDF_PARAM_INFO, info), OSSL_PARAM_construct_end()};
  const KdfCtxPtr context(EVP_KDF_CTX_new(HkdfAlgorithm()));
  Bytes bytes(length);
  const int ok = context ? EVP_KDF_derive(context.get(), Octets(bytes), length, params) : 0;
  Secret out(std::move(bytes));
  if (ok != 1) return OpenSslError("HKDF");
  return out;
}

StatusOr<Bytes> OpenSslCrypto::Seal(const Secret& key, ByteView nonce, ByteView aad,
                                    ByteView plain) const {
  MUSTER_TRY(CheckSealing(key, nonce, aad, plain.size()));
  const CipherCtxPtr context(EVP_CIPHER_CTX_new());
  Bytes out(plain.size() + kTag);
  int n = 0;
  if (!context ||
      EVP_EncryptInit_ex2(context.get(), Aes256Gcm(), Octets(key.Reveal()), Octets(nonce),
                          nullptr) != 1 ||
      (!aad.empty() && EVP_EncryptUpdate(context.get(), nullptr, &n, Octets(aad),
                                         static_cast<int>(aad.size())) != 1) ||
      (!plain.empty() && EVP_EncryptUpdate(context.get(), Octets(out), &n, Octets(plain),
                                           static_cast<int>(plain.size())) != 1) ||
      EVP_EncryptFinal_ex(context.get(), Octets(out) + plain.size(), &n) != 1 ||
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, kTag, Octets(out) + plain.size()) !=
          1)
    return OpenSslError("AES-256-GCM");
  return out;
}

StatusOr<Secret> OpenSslCrypto::Open(const Secret& key, ByteView nonce, ByteView aad,
                                     ByteView sealed) const {
  MUSTER_TRY(CheckSealing(key, nonce, aad, sealed.size()));
  if (sealed.size() < kTag)
    return InvalidArgument("AES-256-GCM: {} sealed bytes, a tag alone has {}", sealed.size(), kTag);
  const ByteView body = sealed.first(sealed.size() - kTag);
  Bytes tag(sealed.end() - kTag, sealed.end());  // OpenSSL's argument is not const.
  const CipherCtxPtr context(EVP_CIPHER_CTX_new());
  Bytes plain(body.size());
  int n = 0;
  const bool ready =
      context &&
      EVP_DecryptInit_ex2(context.get(), Aes256Gcm(), Octets(key.Reveal()), Octets(nonce),
                          nullptr) == 1 &&
      (aad.empty() || EVP_DecryptUpdate(context.get(), nullptr, &n, Octets(aad),
                                        static_cast<int>(aad.size())) == 1) &&
      (body.empty() || EVP_DecryptUpdate(context.get(), Octets(plain), &n, Octets(body),
                                         static_cast<int>(body.size())) == 1) &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, kTag, Octets(tag)) == 1;
  unsigned char none[kTag];  // CTR leaves nothing for the last call to write.
  const int authentic = ready ? EVP_DecryptFinal_ex(context.get(), none, &n) : 0;
  Secret out(std::move(plain));  // From here what was decrypted is wiped on every way out.
  if (!ready) return OpenSslError("AES-256-GCM");
  if (authentic != 1) {
    TakeOpenSslError();
    return Unauthenticated("AES-256-GCM: the sealed text is not authentic");
  }
  return out;
}

StatusOr<std::unique_ptr<Keystream>> OpenSslCrypto::NewKeystream(const Secret& seed) const {
  return NewAesCtrKeystream(seed);
}

}  // namespace muster::platform
