#pragma once
// A Spool in a file: writers write one after the other, and one of them syncs for all.
#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <memory>
#include <string>
#include <vector>

#include "base/blobs.h"
#include "platform/spool_file.h"

namespace muster::platform {

class FileSpool final : public Spool {
 public:
  // Makes the file durable in its directory, which must be there.
  static StatusOr<std::unique_ptr<FileSpool>> Open(const std::string& path);

  void Append(std::uint32_t tag, ByteView record, std::function<void(Status)> done) override;
  StatusOr<std::uint64_t> SizeOf(std::uint32_t tag) const override;
  Status Read(std::uint32_t tag, std::uint64_t offset, std::span<std::byte> out) const override;

 private:
  using Waiting = std::vector<std::function<void(Status)>>;
  explicit FileSpool(SpoolFile file) : file_(std::move(file)) {}
  StatusOr<SpoolFile::Place> Find(std::uint32_t tag) const;
  void SyncForAll();

  mutable absl::Mutex mu_;
  SpoolFile file_;  // Under mu_, but for its reads and syncs.
  Waiting waiting_ ABSL_GUARDED_BY(mu_);
  bool syncing_ ABSL_GUARDED_BY(mu_) = false;  // Somebody will sync for those who wait.
  Status broken_ ABSL_GUARDED_BY(mu_);         // A sync failed: what is on disk is not known.
};

}  // namespace muster::platform
