#pragma once
// Files in a directory, each replaced as a whole or appended to. '/' in a name makes
// sub-directories. Never leaves the directory: names are checked, and temporary files lie in
// DIR/.tmp.
#include <memory>
#include <string>

#include "base/blobs.h"

namespace muster::platform {

// INVALID_ARGUMENT unless `name` is 1 to 255 characters of [A-Za-z0-9._/-], whose parts between
// '/' are not empty and do not begin with '.' (so no "..", and no name of ours).
Status CheckFileName(std::string_view name);

// Safe from any thread: of two Puts under one name the later rename stands. One process per
// directory (DirLock): Open sweeps what a crash left half-written.
class DirFiles final : public Files {
 public:
  // Makes `directory` when it is missing.
  static StatusOr<std::unique_ptr<DirFiles>> Open(std::string directory);

  // RESOURCE_EXHAUSTED (DISK_FULL) and FAILED_PRECONDITION (READ_ONLY) leave the old bytes.
  Status Put(std::string_view name, std::span<const ByteView> parts) override;
  // Cost: one write and one fdatasync; of a file that is missing those of Put, too.
  Status Append(std::string_view name, ByteView bytes) override;
  StatusOr<Bytes> Get(std::string_view name) override;
  Status Remove(std::string_view name) override;
  // Sorted. Cost: walks the folder that `prefix` names up to its last '/', or the whole directory.
  StatusOr<std::vector<std::string>> List(std::string_view prefix) override;
  StatusOr<std::unique_ptr<Spool>> OpenSpool(std::string_view name) override;

 private:
  explicit DirFiles(std::string directory) : directory_(std::move(directory)) {}
  const std::string directory_;
};

}  // namespace muster::platform
