#pragma once
// Blobs as files named by their content: DIR/ab/cdef… (the 64 hex digits of the SHA-256, cut after
// two). Written in DIR/tmp, hashed once on the way, fsynced, renamed, directory fsynced. Never
// reads a blob back to check it: readers that need that compare digests themselves.
#include <memory>
#include <string>

#include "base/blobs.h"

namespace muster::platform {

// Safe from any thread; a writer belongs to one thread at a time. One process per directory
// (DirLock): Open sweeps what a crash left half-written.
class FileBlobs final : public Blobs {
 public:
  // Makes `directory` when it is missing. Errors as ErrnoStatus has them.
  static StatusOr<std::unique_ptr<FileBlobs>> Open(std::string directory);

  // Errors of writers: RESOURCE_EXHAUSTED (DISK_FULL), FAILED_PRECONDITION (READ_ONLY); after one
  // the writer refuses everything with the same error.
  StatusOr<std::unique_ptr<BlobWriter>> Create() override;
  StatusOr<std::unique_ptr<BlobReader>> Open(const Digest& digest) override;
  StatusOr<bool> Has(const Digest& digest) override;
  Status Remove(const Digest& digest) override;

 private:
  explicit FileBlobs(std::string directory) : directory_(std::move(directory)) {}
  const std::string directory_;
};

}  // namespace muster::platform
