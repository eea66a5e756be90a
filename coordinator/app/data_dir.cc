#include "coordinator/app/data_dir.h"

#include <filesystem>

#include "platform/csr.h"
#include "platform/dir_ca.h"
#include "platform/private_file.h"
#include "platform/sqlite.h"

namespace muster::coordinator {
namespace {
constexpr Duration kServerLifetime{365LL * 86'400'000};
constexpr Duration kOperatorLifetime{365LL * 86'400'000};

bool IsAddress(const std::string& host) {
  return host.find_first_not_of("0123456789.") == std::string::npos ||
         host.find(':') != std::string::npos;
}
}  // namespace

StatusOr<DataDir> OpenDataDir(const std::string& path, const std::string& trust_domain,
                              const Clock& clock, SecureRng& rng) {
  DataDir dir;
  dir.path = path;
  MUSTER_ASSIGN(dir.lock, platform::DirLock::Acquire(path));
  MUSTER_ASSIGN(platform::CertificateAuthority ca,
                platform::OpenOrCreateCa(path + "/ca", trust_domain, clock, rng));
  dir.ca = std::make_unique<platform::CertificateAuthority>(std::move(ca));
  MUSTER_ASSIGN(dir.journal, platform::SqlJournal::OpenSqlite(path + "/journal.db"));
  MUSTER_ASSIGN(auto sql, platform::Sqlite::Open(path + "/devices.db"));
  MUSTER_ASSIGN(dir.directory, SqlDeviceDirectory::Open(std::move(sql)));
  MUSTER_ASSIGN(dir.blobs, platform::FileBlobs::Open(path + "/blobs"));
  MUSTER_ASSIGN(dir.files, platform::DirFiles::Open(path + "/files"));
  return dir;
}

StatusOr<rpc::ServerTls> ServerTlsOf(const DataDir& dir, const std::string& host) {
  platform::ServerNames names;
  if (!host.empty() && host != "localhost" && host != "0.0.0.0" && host != "::")
    (IsAddress(host) ? names.ips : names.dns).push_back(host);
  // The key lives in memory only: a restart makes a new one under the same CA.
  MUSTER_ASSIGN(const platform::TlsKey key, platform::TlsKey::Generate());
  rpc::ServerTls tls{.certificate_pem = "", .key_pem = Secret({}), .client_ca_pem = ""};
  MUSTER_ASSIGN(std::string certificate, dir.ca->IssueServer(key, names, kServerLifetime));
  MUSTER_ASSIGN(Secret pem, key.ToPem());
  return rpc::ServerTls{std::move(certificate), std::move(pem), dir.ca->certificate_pem()};
}

Status WriteOperatorContext(const DataDir& dir, const std::string& server) {
  const std::string home = std::filesystem::absolute(dir.path).lexically_normal() / "operator";
  MUSTER_TRY(platform::MakePrivateDirectory(home));
  if (!std::filesystem::exists(home + "/certificate.pem")) {
    MUSTER_ASSIGN(const platform::TlsKey key, platform::TlsKey::Generate());
    MUSTER_ASSIGN(const std::string csr, platform::MakeCsr(key));
    MUSTER_ASSIGN(const std::string certificate,
                  dir.ca->IssueOperator(csr, "admin", kOperatorLifetime));
    MUSTER_ASSIGN(const Secret pem, key.ToPem());
    MUSTER_TRY(platform::WritePrivateFile(home + "/key.pem", pem));
    MUSTER_TRY(platform::WritePublicFile(home + "/ca.pem", dir.ca->certificate_pem()));
    MUSTER_TRY(platform::WritePublicFile(home + "/certificate.pem", certificate));
  }
  return platform::WritePublicFile(
      home + "/context.yaml",
      fmt::format("server: {}\nca: {}/ca.pem\ncertificate: {}/certificate.pem\n"
                  "key: {}/key.pem\n",
                  server, home, home, home));
}

}  // namespace muster::coordinator
