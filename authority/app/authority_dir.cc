#include "authority/app/authority_dir.h"

#include <filesystem>

#include "platform/csr.h"
#include "platform/dir_ca.h"
#include "platform/private_file.h"

namespace muster::authority {
namespace {

namespace fs = std::filesystem;
constexpr Duration kYear = std::chrono::hours(24 * 365);

bool IsAddress(const std::string& host) {
  return host.find_first_not_of("0123456789.") == std::string::npos ||
         host.find(':') != std::string::npos;
}

StatusOr<platform::Ed25519PrivateKey> MakeKey(const std::string& path, SecureRng& rng) {
  MUSTER_ASSIGN(auto key, platform::Ed25519PrivateKey::Generate(rng));
  MUSTER_ASSIGN(const Secret pem, key.ToPem());
  MUSTER_TRY(platform::WritePrivateFile(path, pem));
  return key;
}

// The private half is written first, so authority.pub always has its key beside it.
StatusOr<platform::Ed25519PrivateKey> OpenKey(const std::string& dir, SecureRng& rng) {
  const std::string path = dir + "/signing-key.pem";
  const std::string public_path = dir + "/authority.pub";
  const StatusOr<Secret> pem = platform::ReadPrivateFile(path);
  if (pem.ok()) {
    auto key = platform::Ed25519PrivateKey::FromPem(*pem);
    return key.ok() ? std::move(key) : Prefixed(key.status(), path);
  }
  if (pem.status().code() != absl::StatusCode::kNotFound) return pem.status();
  if (fs::exists(public_path)) {
    return FailedPrecondition(
        "{} is missing, but {} is there: restore the key, or begin with another directory", path,
        public_path);
  }
  return MakeKey(path, rng);
}

Status WriteIdentity(const platform::CertificateAuthority& ca, const std::string& home) {
  MUSTER_ASSIGN(const platform::TlsKey key, platform::TlsKey::Generate());
  MUSTER_ASSIGN(const std::string csr, platform::MakeCsr(key));
  MUSTER_ASSIGN(const std::string certificate, ca.IssueOperator(csr, "admin", kYear));
  MUSTER_ASSIGN(const Secret pem, key.ToPem());
  MUSTER_TRY(platform::WritePrivateFile(home + "/key.pem", pem));
  MUSTER_TRY(platform::WritePublicFile(home + "/ca.pem", ca.certificate_pem()));
  return platform::WritePublicFile(home + "/certificate.pem", certificate);
}

}  // namespace

StatusOr<AuthorityDir> OpenAuthorityDir(const std::string& path, const Clock& clock,
                                        SecureRng& rng) {
  AuthorityDir dir;
  dir.path = path;
  MUSTER_TRY(platform::MakePrivateDirectory(path));
  MUSTER_ASSIGN(dir.lock, platform::DirLock::Acquire(path));
  MUSTER_ASSIGN(auto ca, platform::OpenOrCreateCa(path + "/ca", kTrustDomain, clock, rng));
  dir.ca = std::make_unique<platform::CertificateAuthority>(std::move(ca));
  MUSTER_ASSIGN(auto key, OpenKey(path, rng));
  MUSTER_TRY(platform::WritePublicFile(path + "/authority.pub", ToHex(key.PublicKey()) + "\n"));
  dir.signer = std::make_unique<KeySigner>(std::move(key));
  MUSTER_ASSIGN(dir.journal, platform::SqlJournal::OpenSqlite(path + "/journal.db"));
  return dir;
}

StatusOr<rpc::ServerTls> ServerTlsOf(const AuthorityDir& dir, const std::string& host) {
  platform::ServerNames names;
  names.name = "authority";
  names.kind = platform::SpiffeId::Kind::kAuthority;
  if (host != "localhost" && host != "0.0.0.0" && host != "::") {
    (IsAddress(host) ? names.ips : names.dns).push_back(host);
  }
  // The key lives in memory alone: a restart makes a new one under the same CA.
  MUSTER_ASSIGN(const platform::TlsKey key, platform::TlsKey::Generate());
  MUSTER_ASSIGN(std::string certificate, dir.ca->IssueServer(key, names, kYear));
  MUSTER_ASSIGN(Secret pem, key.ToPem());
  return rpc::ServerTls{std::move(certificate), std::move(pem), dir.ca->certificate_pem()};
}

Status WriteOperator(const AuthorityDir& dir, const std::string& server) {
  const std::string home = fs::absolute(dir.path).lexically_normal() / "operator";
  MUSTER_TRY(platform::MakePrivateDirectory(home));
  if (!fs::exists(home + "/certificate.pem")) MUSTER_TRY(WriteIdentity(*dir.ca, home));
  return platform::WritePublicFile(
      home + "/context.yaml",
      fmt::format("server: {}\nca: ca.pem\ncertificate: certificate.pem\nkey: key.pem\n", server));
}

}  // namespace muster::authority
