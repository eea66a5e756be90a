#include "platform/certificate_authority.h"

#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <utility>

#include "platform/certificate.h"
#include "platform/csr.h"
#include "platform/x509_util.h"

namespace muster::platform {
namespace {
constexpr Duration kRootLifetime = std::chrono::hours(24) * 3652;  // Ten years.
constexpr Duration kBackdated = std::chrono::minutes(5);

Status Field(std::string_view what) {
  return WithReason(InvalidArgument("{}", what), Reason::kFIELD_INVALID);
}

Status SetSerial(X509* certificate, SecureRng& rng) {
  std::array<std::byte, 16> bytes;
  rng.Fill(bytes);
  const OpenSslPtr<BIGNUM, BN_free> number(
      BN_bin2bn(reinterpret_cast<const unsigned char*>(bytes.data()),
                static_cast<int>(bytes.size()), nullptr));
  if (!number || BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) == nullptr)
    return OpenSslError("serial number");
  return Ok();
}

// X.509 counts in seconds.
Status SetTimes(X509* certificate, Timestamp not_before, Timestamp not_after) {
  const auto seconds = [](Timestamp t) { return static_cast<time_t>(UnixMillis(t) / 1000); };
  if (ASN1_TIME_set(X509_getm_notBefore(certificate), seconds(not_before)) == nullptr ||
      ASN1_TIME_set(X509_getm_notAfter(certificate), seconds(not_after)) == nullptr)
    return OpenSslError("validity");
  return Ok();
}

// Subjects say what a certificate is for, to people; identities are in the SAN alone.
Status SetCommonName(X509_NAME* name, const char* text) {
  if (X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                 reinterpret_cast<const unsigned char*>(text), -1, -1, 0) != 1)
    return OpenSslError("subject");
  return Ok();
}

// `value` in OpenSSL's configuration syntax: constants only, never foreign text.
Status AddExtension(X509* certificate, X509* issuer, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const OpenSslPtr<X509_EXTENSION, X509_EXTENSION_free> extension(
      X509V3_EXT_conf_nid(nullptr, &context, nid, value));
  if (!extension || X509_add_ext(certificate, extension.get(), -1) != 1)
    return OpenSslError("extension");
  return Ok();
}

// Takes text as it is, so nothing in it can begin another name. `type` is GEN_URI or GEN_DNS.
Status AddTextName(GENERAL_NAMES* names, int type, std::string_view text) {
  OpenSslPtr<GENERAL_NAME, GENERAL_NAME_free> name(GENERAL_NAME_new());
  OpenSslPtr<ASN1_IA5STRING, ASN1_IA5STRING_free> value(ASN1_IA5STRING_new());
  if (!name || !value ||
      ASN1_STRING_set(value.get(), text.data(), static_cast<int>(text.size())) != 1)
    return OpenSslError("subject alternative name");
  GENERAL_NAME_set0_value(name.get(), type, value.release());
  if (sk_GENERAL_NAME_push(names, name.get()) == 0) return OpenSslError("sk_GENERAL_NAME_push");
  name.release();
  return Ok();
}

Status AddIp(GENERAL_NAMES* names, const std::string& ip) {
  OpenSslPtr<GENERAL_NAME, GENERAL_NAME_free> name(GENERAL_NAME_new());
  OpenSslPtr<ASN1_OCTET_STRING, ASN1_OCTET_STRING_free> value(a2i_IPADDRESS(ip.c_str()));
  if (!value || ip.find('\0') != ip.npos) {
    TakeOpenSslError();
    return Field("server certificate: not an IPv4 or IPv6 address");
  }
  if (!name) return OpenSslError("subject alternative name");
  GENERAL_NAME_set0_value(name.get(), GEN_IPADD, value.release());
  if (sk_GENERAL_NAME_push(names, name.get()) == 0) return OpenSslError("sk_GENERAL_NAME_push");
  name.release();
  return Ok();
}

Status CheckDnsName(std::string_view dns) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.';
  };
  if (dns.empty() || dns.size() > 253 || !std::ranges::all_of(dns, allowed))
    return Field("server certificate: not a DNS name");
  return Ok();
}

Status AddSans(X509* certificate, std::string_view uri, const std::vector<std::string>& dns,
               const std::vector<std::string>& ips) {
  const GeneralNamesPtr names(GENERAL_NAMES_new());
  if (!names) return OpenSslError("GENERAL_NAMES_new");
  MUSTER_TRY(AddTextName(names.get(), GEN_URI, uri));
  for (const std::string& name : dns) {
    MUSTER_TRY(CheckDnsName(name));
    MUSTER_TRY(AddTextName(names.get(), GEN_DNS, name));
  }
  for (const std::string& ip : ips) MUSTER_TRY(AddIp(names.get(), ip));
  if (X509_add1_ext_i2d(certificate, NID_subject_alt_name, names.get(), 0, 0) != 1)
    return OpenSslError("subject alternative names");
  return Ok();
}

StatusOr<std::string> MakeRoot(const std::string& trust_domain, const TlsKey& key, Timestamp now,
                               SecureRng& rng) {
  const X509Ptr root(X509_new());
  if (!root || X509_set_version(root.get(), X509_VERSION_3) != 1 ||
      X509_set_pubkey(root.get(), key.get()) != 1)
    return OpenSslError("root certificate");
  MUSTER_TRY(SetSerial(root.get(), rng));
  MUSTER_TRY(SetTimes(root.get(), now - kBackdated, now + kRootLifetime));
  MUSTER_TRY(SetCommonName(X509_get_subject_name(root.get()), "Muster root"));
  if (X509_set_issuer_name(root.get(), X509_get_subject_name(root.get())) != 1)
    return OpenSslError("issuer");
  const auto add = [&](int nid, const char* value) {
    return AddExtension(root.get(), root.get(), nid, value);
  };
  MUSTER_TRY(add(NID_basic_constraints, "critical,CA:TRUE,pathlen:0"));
  MUSTER_TRY(add(NID_key_usage, "critical,keyCertSign,cRLSign"));
  MUSTER_TRY(add(NID_subject_key_identifier, "hash"));
  // SPIFFE X.509-SVID section 3.1: a signing certificate's id is its trust domain, without a path.
  MUSTER_TRY(AddSans(root.get(), "spiffe://" + trust_domain, {}, {}));
  if (X509_sign(root.get(), key.get(), EVP_sha256()) == 0) return OpenSslError("X509_sign");
  return WriteCertificate(root.get());
}

Status NoRoot(std::string_view what) {
  TakeOpenSslError();
  return WithReason(InvalidArgument("CA certificate: {}", what), Reason::kCERTIFICATE_INVALID);
}

// The trust domain of a certificate that may sign others.
StatusOr<std::string> RootDomain(X509* root) {
  constexpr std::string_view kScheme = "spiffe://";
  if (X509_check_ca(root) != 1 || X509_get_pathlen(root) != 0) return NoRoot("not a Muster root");
  if (X509_self_signed(root, 1) != 1) return NoRoot("not signed by its own key");
  const auto uris = UriSans(root);
  if (uris.size() != 1 || !uris.front().starts_with(kScheme))
    return NoRoot("names no trust domain");
  std::string domain = uris.front().substr(kScheme.size());
  if (!CheckTrustDomain(domain).ok()) return NoRoot("names no trust domain");
  return domain;
}
}  // namespace

struct CertificateAuthority::Leaf {
  SpiffeId id;
  EVP_PKEY* key;
  Duration lifetime;
  const char* subject;
  const char* usage;
  std::vector<std::string> dns = {};
  std::vector<std::string> ips = {};
};

void CertificateAuthority::FreeCertificate::operator()(x509_st* certificate) const {
  X509_free(certificate);
}

CertificateAuthority::CertificateAuthority(std::string trust_domain, std::string certificate_pem,
                                           CertificateHandle certificate, TlsKey key,
                                           const Clock& clock, SecureRng& rng)
    : trust_domain_(std::move(trust_domain)),
      certificate_pem_(std::move(certificate_pem)),
      certificate_(std::move(certificate)),
      key_(std::move(key)),
      clock_(&clock),
      rng_(&rng) {}

StatusOr<CertificateAuthority> CertificateAuthority::Create(std::string trust_domain,
                                                            const Clock& clock, SecureRng& rng) {
  MUSTER_TRY(CheckTrustDomain(trust_domain));
  MUSTER_ASSIGN(const TlsKey key, TlsKey::Generate());
  MUSTER_ASSIGN(const std::string pem, MakeRoot(trust_domain, key, clock.Now(), rng));
  MUSTER_ASSIGN(const Secret key_pem, key.ToPem());
  return Load(pem, key_pem, clock, rng);
}

StatusOr<CertificateAuthority> CertificateAuthority::Load(std::string_view certificate_pem,
                                                          const Secret& key_pem, const Clock& clock,
                                                          SecureRng& rng) {
  MUSTER_ASSIGN(X509Ptr root, ReadCertificate(certificate_pem));
  MUSTER_ASSIGN(std::string domain, RootDomain(root.get()));
  MUSTER_ASSIGN(TlsKey key, TlsKey::FromPem(key_pem));
  if (X509_check_private_key(root.get(), key.get()) != 1) {
    TakeOpenSslError();
    return InvalidArgument("CA: the private key does not belong to the certificate");
  }
  MUSTER_ASSIGN(std::string pem, WriteCertificate(root.get()));
  return CertificateAuthority(std::move(domain), std::move(pem), CertificateHandle(root.release()),
                              std::move(key), clock, rng);
}

StatusOr<std::string> CertificateAuthority::Issue(const Leaf& leaf) const {
  MUSTER_TRY(CheckSpiffeName(leaf.id.name));
  const Timestamp now = clock_->Now();
  MUSTER_ASSIGN(const Timestamp root_end, ToTimestamp(X509_get0_notAfter(certificate_.get())));
  if (leaf.lifetime <= Duration(0)) return Field("certificate: the lifetime must be positive");
  if (now >= root_end) return FailedPrecondition("the CA certificate has expired");
  const X509Ptr out(X509_new());
  if (!out || X509_set_version(out.get(), X509_VERSION_3) != 1 ||
      X509_set_pubkey(out.get(), leaf.key) != 1 ||
      X509_set_issuer_name(out.get(), X509_get_subject_name(certificate_.get())) != 1)
    return OpenSslError("certificate");
  MUSTER_TRY(SetSerial(out.get(), *rng_));
  const Duration lifetime = std::min<Duration>(leaf.lifetime, root_end - now);
  MUSTER_TRY(SetTimes(out.get(), now - kBackdated, now + lifetime));
  MUSTER_TRY(SetCommonName(X509_get_subject_name(out.get()), leaf.subject));
  const auto add = [&](int nid, const char* value) {
    return AddExtension(out.get(), certificate_.get(), nid, value);
  };
  MUSTER_TRY(add(NID_basic_constraints, "critical,CA:FALSE"));
  MUSTER_TRY(add(NID_key_usage, "critical,digitalSignature"));
  MUSTER_TRY(add(NID_ext_key_usage, leaf.usage));
  MUSTER_TRY(add(NID_subject_key_identifier, "hash"));
  MUSTER_TRY(add(NID_authority_key_identifier, "keyid:always"));
  MUSTER_TRY(AddSans(out.get(), leaf.id.Uri(), leaf.dns, leaf.ips));
  if (X509_sign(out.get(), key_.get(), EVP_sha256()) == 0) return OpenSslError("X509_sign");
  return WriteCertificate(out.get());
}

StatusOr<std::string> CertificateAuthority::IssueDevice(std::string_view csr_pem,
                                                        const DeviceId& id,
                                                        Duration lifetime) const {
  MUSTER_ASSIGN(const PkeyHandle key, ReadCsr(csr_pem));
  return Issue({.id = {trust_domain_, SpiffeId::Kind::kDevice, id.value()},
                .key = key.get(),
                .lifetime = lifetime,
                .subject = "Muster device",
                .usage = "clientAuth"});
}

StatusOr<std::string> CertificateAuthority::IssueOperator(std::string_view csr_pem,
                                                          std::string_view name,
                                                          Duration lifetime) const {
  MUSTER_ASSIGN(const PkeyHandle key, ReadCsr(csr_pem));
  return Issue({.id = {trust_domain_, SpiffeId::Kind::kOperator, std::string(name)},
                .key = key.get(),
                .lifetime = lifetime,
                .subject = "Muster operator",
                .usage = "clientAuth"});
}

StatusOr<std::string> CertificateAuthority::IssueServer(const TlsKey& key, const ServerNames& names,
                                                        Duration lifetime) const {
  return Issue({.id = {trust_domain_, names.kind, names.name},
                .key = key.get(),
                .lifetime = lifetime,
                .subject = "Muster server",
                .usage = "serverAuth,clientAuth",
                .dns = names.dns,
                .ips = names.ips});
}

StatusOr<SpiffeId> CertificateAuthority::Verify(std::string_view certificate_pem) const {
  const auto refuse = [](std::string_view why) {
    TakeOpenSslError();
    return WithReason(Unauthenticated("certificate: {}", why), Reason::kCERTIFICATE_INVALID);
  };
  MUSTER_ASSIGN(const X509Ptr certificate, ReadCertificate(certificate_pem));
  const OpenSslPtr<X509_STORE, X509_STORE_free> store(X509_STORE_new());
  const OpenSslPtr<X509_STORE_CTX, X509_STORE_CTX_free> context(X509_STORE_CTX_new());
  if (!store || !context || X509_STORE_add_cert(store.get(), certificate_.get()) != 1 ||
      X509_STORE_CTX_init(context.get(), store.get(), certificate.get(), nullptr) != 1)
    return OpenSslError("X509_STORE");
  X509_VERIFY_PARAM_set_time(X509_STORE_CTX_get0_param(context.get()),
                             static_cast<time_t>(UnixMillis(clock_->Now()) / 1000));
  if (X509_verify_cert(context.get()) != 1)
    return refuse(X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get())));
  MUSTER_ASSIGN(SpiffeId id, SpiffeOf(certificate_pem));
  if (id.trust_domain != trust_domain_) return refuse("it is of another trust domain");
  return id;
}

}  // namespace muster::platform
