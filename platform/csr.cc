#include "platform/csr.h"

#include <openssl/core_names.h>
#include <openssl/pem.h>

#include "platform/openssl_ptr.h"
#include "platform/pem.h"

namespace muster::platform {
namespace {
constexpr int kMinRsaBits = 2048;
constexpr int kMaxRsaBits = 8192;  // Verification costs CPU before we know who asks.

Status Invalid(std::string_view what) {
  TakeOpenSslError();
  return WithReason(InvalidArgument("certificate request: {}", what), Reason::kCSR_INVALID);
}

// Curve parameters given in full instead of by name can describe another curve (CVE-2020-0601).
bool IsAcceptedCurve(const EVP_PKEY* key) {
  char group[64];
  char encoding[64];
  if (EVP_PKEY_get_group_name(key, group, sizeof group, nullptr) != 1 ||
      EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_EC_ENCODING, encoding, sizeof encoding,
                                     nullptr) != 1)
    return false;
  const std::string_view name = group;
  return (name == "prime256v1" || name == "secp384r1") &&
         std::string_view(encoding) == OSSL_PKEY_EC_ENCODING_GROUP;
}

bool IsAcceptedKey(const EVP_PKEY* key) {
  if (EVP_PKEY_is_a(key, "ED25519") == 1) return true;
  if (EVP_PKEY_is_a(key, "EC") == 1) return IsAcceptedCurve(key);
  const int bits = EVP_PKEY_get_bits(key);
  return EVP_PKEY_is_a(key, "RSA") == 1 && bits >= kMinRsaBits && bits <= kMaxRsaBits;
}
}  // namespace

StatusOr<std::string> MakeCsr(const TlsKey& key) {
  const X509ReqPtr request(X509_REQ_new());
  const BioPtr bio(BIO_new(BIO_s_mem()));
  if (!request || !bio || X509_REQ_set_version(request.get(), X509_REQ_VERSION_1) != 1 ||
      X509_REQ_set_pubkey(request.get(), key.get()) != 1 ||
      X509_REQ_sign(request.get(), key.get(), EVP_sha256()) == 0 ||
      PEM_write_bio_X509_REQ(bio.get(), request.get()) != 1)
    return OpenSslError("certificate request");
  return std::string(AsText(BioBytes(bio.get())));
}

StatusOr<PkeyHandle> ReadCsr(std::string_view csr_pem) {
  if (csr_pem.size() > kMaxPemBytes) return Invalid("more than 16 KiB of PEM");
  const BioPtr bio = ReadBio(AsBytes(csr_pem));
  if (!bio) return OpenSslError("BIO_new_mem_buf");
  const X509ReqPtr request(PEM_read_bio_X509_REQ(bio.get(), nullptr, RefusePassword, nullptr));
  if (!request) return Invalid("no PEM certificate request found");
  PkeyHandle key(X509_REQ_get_pubkey(request.get()));
  if (!key) return Invalid("unreadable public key");
  if (!IsAcceptedKey(key.get()))
    return Invalid("the key is none of ECDSA P-256, P-384, Ed25519, RSA of 2048 to 8192 bits");
  if (X509_REQ_verify(request.get(), key.get()) != 1)
    return Invalid("not signed by the key that it carries");
  TakeOpenSslError();
  return key;
}

}  // namespace muster::platform
