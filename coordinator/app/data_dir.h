#pragma once
// The coordinator's data directory: its lock, CA, journal, blobs and files, and the operator's
// certificate that the first start writes.
//
//   LOCK  journal.db  blobs/  files/  ca/  server/  operator/{ca,certificate,key}.pem context.yaml
//   operators/NAME/operator/ of AddOperator, with the same files
#include <memory>
#include <string>

#include "coordinator/store/device_directory.h"
#include "platform/certificate_authority.h"
#include "platform/dir_files.h"
#include "platform/dir_lock.h"
#include "platform/file_blobs.h"
#include "platform/sql_journal.h"
#include "rpc/server.h"

namespace muster::coordinator {

struct DataDir {
  std::string path;
  std::unique_ptr<platform::DirLock> lock;
  std::unique_ptr<platform::CertificateAuthority> ca;
  std::unique_ptr<platform::SqlJournal> journal;
  std::unique_ptr<SqlDeviceDirectory> directory;
  std::unique_ptr<platform::FileBlobs> blobs;
  std::unique_ptr<platform::DirFiles> files;
};

// Opens or makes everything. FAILED_PRECONDITION: DATA_DIR_IN_USE, READ_ONLY.
StatusOr<DataDir> OpenDataDir(const std::string& path, const std::string& trust_domain,
                              const Clock& clock, SecureRng& rng);

// A fresh server certificate from the directory's CA; `host` is added to the names it is good for.
StatusOr<rpc::ServerTls> ServerTlsOf(const DataDir& dir, const std::string& host);

// Writes the first operator's certificate and the context that names `server`, unless they are
// there; the context is renewed when the address changed.
Status WriteOperatorContext(const DataDir& dir, const std::string& server);

// A certificate for the operator `name`, with its key and a context that names the same server as
// the first operator's, in DIR/operators/NAME/operator; musterd may be running. Returns the
// directory to hand over, DIR/operators/NAME. NAME_INVALID; NAME_TAKEN (ALREADY_EXISTS) when the
// operator is there; NOT_FOUND when musterd has not run on DIR.
StatusOr<std::string> AddOperator(const std::string& dir, const std::string& trust_domain,
                                  const std::string& name, const Clock& clock, SecureRng& rng);

}  // namespace muster::coordinator
