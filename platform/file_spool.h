#pragma once
// A Spool in a file: a header of 16 bytes before each record, read once when it is opened.
#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/blobs.h"
#include "platform/posix_file.h"

namespace muster::platform {

// Cost: an Append writes under a lock; one of those who wait syncs for all.
class FileSpool final : public Spool {
 public:
  // Makes the file durable in its directory, which must be there.
  static StatusOr<std::unique_ptr<FileSpool>> Open(const std::string& path);

  void Append(std::uint32_t tag, ByteView record, std::function<void(Status)> done) override;
  StatusOr<std::uint64_t> SizeOf(std::uint32_t tag) const override;
  Status Read(std::uint32_t tag, std::uint64_t offset, std::span<std::byte> out) const override;

 private:
  struct Place {
    std::uint64_t begin;
    std::uint64_t size;
  };
  using Waiting = std::vector<std::function<void(Status)>>;
  FileSpool(Fd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}
  Status Scan() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  Status Write(std::uint32_t tag, ByteView record) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void SyncForAll();
  StatusOr<Place> Find(std::uint32_t tag) const;

  const Fd fd_;
  const std::string path_;
  mutable absl::Mutex mu_;
  std::map<std::uint32_t, Place> places_ ABSL_GUARDED_BY(mu_);
  std::uint64_t end_ ABSL_GUARDED_BY(mu_) = 0;
  Waiting waiting_ ABSL_GUARDED_BY(mu_);
  bool syncing_ ABSL_GUARDED_BY(mu_) = false;  // Somebody will sync for those who wait.
  Status broken_ ABSL_GUARDED_BY(mu_);         // A sync failed: what is on disk is not known.
};

}  // namespace muster::platform
