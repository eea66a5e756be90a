#include "platform/sha256.h"

#include "platform/openssl_ptr.h"

namespace muster::platform {
namespace {
// Fetched once: an implicit fetch doubles the cost of a short message.
const EVP_MD* Algorithm() {
  static const EVP_MD* const algorithm = [] {
    const EVP_MD* fetched = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    if (fetched == nullptr) OpenSslDie("EVP_MD_fetch");
    return fetched;
  }();
  return algorithm;
}

Digest ToDigest(const std::array<std::byte, 32>& out, int ok) {
  if (ok != 1) OpenSslDie("SHA-256");
  return Digest(out);
}
}  // namespace

Digest OpenSslHasher::Sha256(ByteView bytes) const {
  std::array<std::byte, 32> out;
  const int ok =
      EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(out.data()), nullptr,
                 Algorithm(), nullptr);
  return ToDigest(out, ok);
}

void Sha256Stream::Free::operator()(evp_md_ctx_st* context) const { EVP_MD_CTX_free(context); }

Sha256Stream::Sha256Stream() : context_(EVP_MD_CTX_new()) {
  if (!context_ || EVP_DigestInit_ex2(context_.get(), Algorithm(), nullptr) != 1)
    OpenSslDie("SHA-256");
}

void Sha256Stream::Update(ByteView bytes) {
  if (EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) != 1) OpenSslDie("SHA-256");
}

Digest Sha256Stream::Finish() {
  std::array<std::byte, 32> out;
  const int ok =
      EVP_DigestFinal_ex(context_.get(), reinterpret_cast<unsigned char*>(out.data()), nullptr);
  if (EVP_DigestInit_ex2(context_.get(), Algorithm(), nullptr) != 1) OpenSslDie("SHA-256");
  return ToDigest(out, ok);
}

}  // namespace muster::platform
