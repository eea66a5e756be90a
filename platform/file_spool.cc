#include "platform/file_spool.h"

#include <filesystem>

namespace muster::platform {

StatusOr<std::unique_ptr<FileSpool>> FileSpool::Open(const std::string& path) {
  MUSTER_ASSIGN(SpoolFile file, SpoolFile::Open(path));
  MUSTER_TRY(SyncDirectory(std::filesystem::path(path).parent_path().string()));
  return std::unique_ptr<FileSpool>(new FileSpool(std::move(file)));
}

void FileSpool::Append(std::uint32_t tag, ByteView record, std::function<void(Status)> done) {
  Status status;
  std::function<void(Status)> refused;
  bool mine = false;
  {
    absl::MutexLock lock(&mu_);
    status = broken_.ok() ? file_.Append(tag, record) : broken_;
    if (status.ok()) {
      waiting_.push_back(std::move(done));
      mine = !std::exchange(syncing_, true);
    } else {
      refused = std::move(done);
    }
  }
  if (refused) return refused(status);
  if (mine) SyncForAll();
}

void FileSpool::SyncForAll() {
  for (;;) {
    Waiting waiting;
    {
      absl::MutexLock lock(&mu_);
      waiting.swap(waiting_);
      if (waiting.empty()) syncing_ = false;
    }
    if (waiting.empty()) return;
    const Status synced = file_.Sync();
    if (!synced.ok()) {
      absl::MutexLock lock(&mu_);
      broken_ = synced;
    }
    for (const auto& done : waiting) done(synced);
  }
}

StatusOr<SpoolFile::Place> FileSpool::Find(std::uint32_t tag) const {
  absl::MutexLock lock(&mu_);
  return file_.Find(tag);
}

StatusOr<std::uint64_t> FileSpool::SizeOf(std::uint32_t tag) const {
  MUSTER_ASSIGN(const SpoolFile::Place place, Find(tag));
  return place.size;
}

Status FileSpool::Read(std::uint32_t tag, std::uint64_t offset, std::span<std::byte> out) const {
  MUSTER_ASSIGN(const SpoolFile::Place place, Find(tag));
  return file_.Read(place, offset, out);
}

}  // namespace muster::platform
