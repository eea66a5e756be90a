#include "platform/dir_ca.h"

#include "platform/pem.h"
#include "platform/private_file.h"

namespace muster::platform {
namespace {
StatusOr<CertificateAuthority> CreateIn(const std::string& certificate_path,
                                        const std::string& key_path,
                                        const std::string& trust_domain, const Clock& clock,
                                        SecureRng& rng) {
  MUSTER_ASSIGN(CertificateAuthority ca, CertificateAuthority::Create(trust_domain, clock, rng));
  MUSTER_ASSIGN(const Secret key, ca.key_pem());
  MUSTER_TRY(WritePrivateFile(key_path, key));
  MUSTER_TRY(WritePublicFile(certificate_path, ca.certificate_pem()));
  return ca;
}
}  // namespace

StatusOr<CertificateAuthority> OpenOrCreateCa(const std::string& directory,
                                              const std::string& trust_domain, const Clock& clock,
                                              SecureRng& rng) {
  const std::string certificate_path = directory + "/ca.pem";
  const std::string key_path = directory + "/ca-key.pem";
  MUSTER_TRY(MakePrivateDirectory(directory));
  const auto certificate = ReadTextFile(certificate_path, kMaxPemBytes);
  // A key alone is what a crash left on the first start: nothing was ever signed with it.
  if (absl::IsNotFound(certificate.status()))
    return CreateIn(certificate_path, key_path, trust_domain, clock, rng);
  if (!certificate.ok()) return certificate.status();
  const auto key = ReadPrivateFile(key_path);
  if (absl::IsNotFound(key.status()))
    return FailedPrecondition("{} is there but its key {} is missing; restore it from a backup",
                              certificate_path, key_path);
  if (!key.ok()) return key.status();
  auto ca = CertificateAuthority::Load(*certificate, *key, clock, rng);
  if (!ca.ok()) return Prefixed(ca.status(), directory);
  if (ca->trust_domain() != trust_domain)
    return FailedPrecondition("{} is the CA of trust domain {}, not of {}", certificate_path,
                              ca->trust_domain(), trust_domain);
  return ca;
}

}  // namespace muster::platform
