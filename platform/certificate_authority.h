#pragma once
// The embedded CA of one trust domain: a P-256 root that signs leaves for devices, operators and
// servers. It decides every name itself: what a request asks for besides its key is ignored.
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/rng.h"
#include "base/secret.h"
#include "base/status.h"
#include "platform/keys.h"
#include "platform/spiffe.h"

struct x509_st;

namespace muster::platform {

// Where a server is reached, beside its identity.
struct ServerNames {
  std::string name = "musterd";
  SpiffeId::Kind kind = SpiffeId::Kind::kServer;  // Or kAuthority.
  std::vector<std::string> dns = {"localhost"};
  std::vector<std::string> ips = {"127.0.0.1", "::1"};
};

// Every leaf: exactly one URI SAN, a random 128-bit serial, valid from 5 minutes ago (clocks of
// devices differ) for `lifetime`, but never beyond the root. Issuing is INVALID_ARGUMENT for a
// lifetime that is not positive (FIELD_INVALID) or a name ParseSpiffe would refuse
// (NAME_INVALID), and FAILED_PRECONDITION once the root has expired. Safe from any thread.
class CertificateAuthority {
 public:
  // A new self-signed root for ten years: CA:TRUE, pathlen 0, keyCertSign and cRLSign.
  static StatusOr<CertificateAuthority> Create(std::string trust_domain, const Clock& clock,
                                               SecureRng& rng);
  // INVALID_ARGUMENT when the certificate is no such root (CERTIFICATE_INVALID) or the key is not
  // its key.
  static StatusOr<CertificateAuthority> Load(std::string_view certificate_pem,
                                             const Secret& key_pem, const Clock& clock,
                                             SecureRng& rng);

  const std::string& trust_domain() const { return trust_domain_; }
  const std::string& certificate_pem() const { return certificate_pem_; }
  StatusOr<Secret> key_pem() const { return key_.ToPem(); }

  // PEM of a clientAuth leaf for spiffe://<domain>/device/<id>; CSR_INVALID as ReadCsr says.
  StatusOr<std::string> IssueDevice(std::string_view csr_pem, const DeviceId& id,
                                    Duration lifetime) const;
  // PEM of a clientAuth leaf for spiffe://<domain>/operator/<name>.
  StatusOr<std::string> IssueOperator(std::string_view csr_pem, std::string_view name,
                                      Duration lifetime) const;
  // PEM of a serverAuth and clientAuth leaf for spiffe://<domain>/server/<name> with the DNS and
  // IP SANs of `names`; INVALID_ARGUMENT (FIELD_INVALID) when one of those is malformed.
  StatusOr<std::string> IssueServer(const TlsKey& key, const ServerNames& names,
                                    Duration lifetime) const;
  // Who holds this certificate. UNAUTHENTICATED (CERTIFICATE_INVALID) unless this CA signed it, it
  // is valid now, and it carries one identity of this trust domain.
  StatusOr<SpiffeId> Verify(std::string_view certificate_pem) const;

 private:
  struct FreeCertificate {
    void operator()(x509_st* certificate) const;
  };
  using CertificateHandle = std::unique_ptr<x509_st, FreeCertificate>;
  struct Leaf;

  CertificateAuthority(std::string trust_domain, std::string certificate_pem,
                       CertificateHandle certificate, TlsKey key, const Clock& clock,
                       SecureRng& rng);
  StatusOr<std::string> Issue(const Leaf& leaf) const;

  std::string trust_domain_;
  std::string certificate_pem_;
  CertificateHandle certificate_;
  TlsKey key_;
  const Clock* clock_;  // Borrowed, as rng_ is; pointers keep this class movable.
  SecureRng* rng_;
};

}  // namespace muster::platform
