#include "coordinator/app/data_dir.h"

#include <muster/v1/context.pb.h>

#include <filesystem>

#include "config/load.h"
#include "platform/csr.h"
#include "platform/dir_ca.h"
#include "platform/private_file.h"
#include "platform/sqlite.h"

namespace muster::coordinator {
namespace {
constexpr Duration kServerLifetime{365LL * 86'400'000};
constexpr Duration kOperatorLifetime{365LL * 86'400'000};
constexpr char kFirstOperator[] = "admin";

bool IsAddress(const std::string& host) {
  return host.find_first_not_of("0123456789.") == std::string::npos ||
         host.find(':') != std::string::npos;
}

std::filesystem::path Absolute(const std::string& path) {
  return std::filesystem::absolute(path).lexically_normal();
}

// Certificate, key and CA in `home`, which is made once the certificate is there.
Status WriteOperator(const platform::CertificateAuthority& ca, const std::string& home,
                     const std::string& name) {
  MUSTER_ASSIGN(const platform::TlsKey key, platform::TlsKey::Generate());
  MUSTER_ASSIGN(const std::string csr, platform::MakeCsr(key));
  MUSTER_ASSIGN(const std::string certificate, ca.IssueOperator(csr, name, kOperatorLifetime));
  MUSTER_ASSIGN(const Secret pem, key.ToPem());
  MUSTER_TRY(platform::MakePrivateDirectory(home));
  MUSTER_TRY(platform::WritePrivateFile(home + "/key.pem", pem));
  MUSTER_TRY(platform::WritePublicFile(home + "/ca.pem", ca.certificate_pem()));
  return platform::WritePublicFile(home + "/certificate.pem", certificate);
}

// `at` is put before the names of the files: nothing, for a directory that will be moved.
Status WriteContext(const std::string& home, const std::string& server, const std::string& at) {
  return platform::WritePublicFile(
      home + "/context.yaml",
      fmt::format("server: {}\nca: {}ca.pem\ncertificate: {}certificate.pem\nkey: {}key.pem\n",
                  server, at, at, at));
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
  const std::string home = Absolute(dir.path) / "operator";
  if (!std::filesystem::exists(home + "/certificate.pem"))
    MUSTER_TRY(WriteOperator(*dir.ca, home, kFirstOperator));
  return WriteContext(home, server, home + "/");
}

StatusOr<std::string> AddOperator(const std::string& dir, const std::string& trust_domain,
                                  const std::string& name, const Clock& clock, SecureRng& rng) {
  const auto first = config::LoadMessage<v1::Access>(dir + "/operator/context.yaml");
  if (!first.ok())
    return Prefixed(first.status(), dir + " is no data directory that musterd has run with");
  const std::filesystem::path place = Absolute(dir) / "operators" / name;
  const std::string home = place / "operator";
  if (name == kFirstOperator || std::filesystem::exists(home + "/certificate.pem"))
    return WithReason(AlreadyExists("operator '{}' is there already", name), Reason::kNAME_TAKEN);
  MUSTER_ASSIGN(const platform::CertificateAuthority ca,
                platform::OpenOrCreateCa(dir + "/ca", trust_domain, clock, rng));
  MUSTER_TRY(WriteOperator(ca, home, name));
  MUSTER_TRY(WriteContext(home, first->message.server(), ""));
  return place.string();
}

}  // namespace muster::coordinator
