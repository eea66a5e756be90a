#include "platform/certificate.h"

#include <openssl/pem.h>
#include <time.h>

#include "platform/pem.h"
#include "platform/sha256.h"
#include "platform/x509_util.h"

namespace muster::platform {
namespace {
Status Invalid(Status status) {
  return WithReason(std::move(status), Reason::kCERTIFICATE_INVALID);
}
}  // namespace

StatusOr<X509Ptr> ReadCertificate(std::string_view pem) {
  if (pem.size() > kMaxPemBytes)
    return Invalid(InvalidArgument("certificate: more than {} bytes of PEM", kMaxPemBytes));
  const BioPtr bio = ReadBio(AsBytes(pem));
  if (!bio) return OpenSslError("BIO_new_mem_buf");
  X509Ptr certificate(PEM_read_bio_X509(bio.get(), nullptr, RefusePassword, nullptr));
  if (!certificate) {
    TakeOpenSslError();
    return Invalid(InvalidArgument("certificate: no PEM certificate found"));
  }
  return certificate;
}

StatusOr<std::string> WriteCertificate(X509* certificate) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  if (!bio || PEM_write_bio_X509(bio.get(), certificate) != 1)
    return OpenSslError("PEM_write_bio_X509");
  return std::string(AsText(BioBytes(bio.get())));
}

std::vector<std::string> UriSans(const X509* certificate) {
  std::vector<std::string> out;
  // Two SAN extensions make X509_get_ext_d2i give none, so they count as no identity.
  const GeneralNamesPtr names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_URI) continue;
    const ASN1_IA5STRING* uri = name->d.uniformResourceIdentifier;
    out.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(uri)),
                     static_cast<std::size_t>(ASN1_STRING_length(uri)));
  }
  return out;
}

StatusOr<Timestamp> ToTimestamp(const ASN1_TIME* time) {
  std::tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1)
    return Invalid(InvalidArgument("certificate: unreadable time"));
  return Timestamp(std::chrono::seconds(timegm(&parts)));
}

StatusOr<SpiffeId> SpiffeOf(std::string_view certificate_pem) {
  MUSTER_ASSIGN(const X509Ptr certificate, ReadCertificate(certificate_pem));
  const auto uris = UriSans(certificate.get());
  if (uris.size() != 1)
    return Invalid(Unauthenticated("certificate: {} URI SANs, not one", uris.size()));
  auto id = ParseSpiffe(uris.front());
  if (!id.ok()) return Invalid(Unauthenticated("certificate: {}", MessageOf(id.status())));
  return id;
}

StatusOr<Timestamp> NotBefore(std::string_view certificate_pem) {
  MUSTER_ASSIGN(const X509Ptr certificate, ReadCertificate(certificate_pem));
  return ToTimestamp(X509_get0_notBefore(certificate.get()));
}

StatusOr<Timestamp> NotAfter(std::string_view certificate_pem) {
  MUSTER_ASSIGN(const X509Ptr certificate, ReadCertificate(certificate_pem));
  return ToTimestamp(X509_get0_notAfter(certificate.get()));
}

StatusOr<Bytes> CertificateDer(std::string_view certificate_pem) {
  MUSTER_ASSIGN(const X509Ptr certificate, ReadCertificate(certificate_pem));
  const BioPtr bio(BIO_new(BIO_s_mem()));
  if (!bio || i2d_X509_bio(bio.get(), certificate.get()) != 1) return OpenSslError("i2d_X509");
  const ByteView der = BioBytes(bio.get());
  return Bytes(der.begin(), der.end());
}

StatusOr<std::string> CertificateDerBase64(std::string_view certificate_pem) {
  MUSTER_ASSIGN(const Bytes der, CertificateDer(certificate_pem));
  std::string out((der.size() + 2) / 3 * 4 + 1, '\0');  // EVP_EncodeBlock ends it with a NUL.
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                   reinterpret_cast<const unsigned char*>(der.data()),
                                   static_cast<int>(der.size()));
  out.resize(static_cast<std::size_t>(size));
  return out;
}

StatusOr<Digest> CertificateFingerprint(std::string_view certificate_pem) {
  MUSTER_ASSIGN(const Bytes der, CertificateDer(certificate_pem));
  return OpenSslHasher().Sha256(der);
}

}  // namespace muster::platform
