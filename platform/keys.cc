#include "platform/keys.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <sodium.h>

#include <algorithm>
#include <iterator>

#include "platform/openssl_ptr.h"
#include "platform/pem.h"

namespace muster::platform {
namespace {
const unsigned char* Octets(ByteView bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

// It signs and checks at half of OpenSSL's price: a secure session of a thousand devices has five
// thousand signatures.
Status ReadySodium() {
  static const bool ready = sodium_init() >= 0;
  return ready ? Ok() : Internal("libsodium cannot be initialised");
}

StatusOr<PkeyHandle> ReadPrivateKey(const Secret& pem) {
  if (pem.Reveal().size() > kMaxPemBytes)
    return InvalidArgument("private key: more than {} bytes of PEM", kMaxPemBytes);
  const BioPtr bio = ReadBio(pem.Reveal());
  if (!bio) return OpenSslError("BIO_new_mem_buf");
  PkeyHandle key(PEM_read_bio_PrivateKey(bio.get(), nullptr, RefusePassword, nullptr));
  if (!key) {
    TakeOpenSslError();
    return InvalidArgument("private key: no unencrypted PEM private key found");
  }
  return key;
}

StatusOr<Secret> WritePrivateKey(EVP_PKEY* key) {
  const BioPtr bio(BIO_new(BIO_s_mem()));  // Wiped by OpenSSL when it grows and when it is freed.
  if (!bio) return OpenSslError("BIO_new");
  if (PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1)
    return OpenSslError("PEM_write_bio_PKCS8PrivateKey");
  const ByteView bytes = BioBytes(bio.get());
  return Secret(Bytes(bytes.begin(), bytes.end()));
}
}  // namespace

void PkeyFree::operator()(evp_pkey_st* key) const { EVP_PKEY_free(key); }

StatusOr<Ed25519PrivateKey> Ed25519PrivateKey::Wrap(PkeyHandle key) {
  if (EVP_PKEY_is_a(key.get(), "ED25519") != 1)
    return InvalidArgument("private key: not an Ed25519 key");
  Ed25519PrivateKey out;
  std::size_t size = out.public_key_.size();
  if (EVP_PKEY_get_raw_public_key(
          key.get(), reinterpret_cast<unsigned char*>(out.public_key_.data()), &size) != 1 ||
      size != out.public_key_.size())
    return OpenSslError("EVP_PKEY_get_raw_public_key");
  Bytes both(crypto_sign_SECRETKEYBYTES);  // libsodium's form: the seed, then the public key.
  size = both.size() - out.public_key_.size();
  const int ok =
      EVP_PKEY_get_raw_private_key(key.get(), reinterpret_cast<unsigned char*>(both.data()), &size);
  std::ranges::copy(out.public_key_, both.end() - std::ssize(out.public_key_));
  out.signing_ = std::make_unique<const Secret>(std::move(both));
  if (ok != 1 || size != crypto_sign_SEEDBYTES) return OpenSslError("EVP_PKEY_get_raw_private_key");
  out.key_ = std::move(key);
  return out;
}

StatusOr<Ed25519PrivateKey> Ed25519PrivateKey::Generate(SecureRng& rng) {
  Bytes seed(32);
  rng.Fill(seed);
  return FromSeed(Secret(std::move(seed)));
}

StatusOr<Ed25519PrivateKey> Ed25519PrivateKey::FromSeed(const Secret& seed) {
  if (seed.Reveal().size() != 32) return InvalidArgument("Ed25519 seed: not 32 bytes");
  PkeyHandle key(EVP_PKEY_new_raw_private_key_ex(nullptr, "ED25519", nullptr, Octets(seed.Reveal()),
                                                 seed.Reveal().size()));
  if (!key) return OpenSslError("EVP_PKEY_new_raw_private_key");
  return Wrap(std::move(key));
}

StatusOr<Ed25519PrivateKey> Ed25519PrivateKey::FromPem(const Secret& pem) {
  MUSTER_ASSIGN(PkeyHandle key, ReadPrivateKey(pem));
  return Wrap(std::move(key));
}

StatusOr<Secret> Ed25519PrivateKey::ToPem() const { return WritePrivateKey(key_.get()); }

StatusOr<std::string> Ed25519PrivateKey::PublicPem() const {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  if (!bio) return OpenSslError("BIO_new");
  if (PEM_write_bio_PUBKEY(bio.get(), key_.get()) != 1) return OpenSslError("PEM_write_bio_PUBKEY");
  return std::string(AsText(BioBytes(bio.get())));
}

StatusOr<Ed25519Signature> Ed25519PrivateKey::Sign(ByteView message) const {
  MUSTER_TRY(ReadySodium());
  Ed25519Signature signature;
  if (crypto_sign_detached(reinterpret_cast<unsigned char*>(signature.data()), nullptr,
                           Octets(message), message.size(), Octets(signing_->Reveal())) != 0)
    return Internal("libsodium gives no Ed25519 signature");
  return signature;
}

Status VerifyEd25519(ByteView public_key, ByteView message, ByteView signature) {
  if (public_key.size() != 32)
    return InvalidArgument("Ed25519 public key: {} bytes, not 32", public_key.size());
  if (signature.size() != 64)
    return InvalidArgument("Ed25519 signature: {} bytes, not 64", signature.size());
  MUSTER_TRY(ReadySodium());
  if (crypto_sign_verify_detached(Octets(signature), Octets(message), message.size(),
                                  Octets(public_key)) == 0)
    return Ok();
  return Unauthenticated("the Ed25519 signature does not hold");
}

StatusOr<TlsKey> TlsKey::Generate() {
  PkeyHandle key(EVP_EC_gen("P-256"));
  if (!key) return OpenSslError("EVP_EC_gen");
  return TlsKey(std::move(key));
}

StatusOr<TlsKey> TlsKey::FromPem(const Secret& pem) {
  MUSTER_ASSIGN(PkeyHandle key, ReadPrivateKey(pem));
  char group[64];
  if (EVP_PKEY_is_a(key.get(), "EC") != 1 ||
      EVP_PKEY_get_group_name(key.get(), group, sizeof group, nullptr) != 1 ||
      std::string_view(group) != "prime256v1") {
    TakeOpenSslError();
    return InvalidArgument("private key: not an ECDSA P-256 key");
  }
  return TlsKey(std::move(key));
}

StatusOr<Secret> TlsKey::ToPem() const { return WritePrivateKey(key_.get()); }

}  // namespace muster::platform
