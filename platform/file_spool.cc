#include "platform/file_spool.h"

#include <fcntl.h>

#include <array>
#include <cstring>
#include <filesystem>

namespace muster::platform {
namespace {
// In the order of the machine's bytes: a spool does not outlive a session, nor leave its machine.
struct Header {
  std::uint32_t magic;
  std::uint32_t tag;
  std::uint64_t size;
};
constexpr std::uint32_t kMagic = 0x4c4f'5053;  // "SPOL"
}  // namespace

StatusOr<std::unique_ptr<FileSpool>> FileSpool::Open(const std::string& path) {
  MUSTER_ASSIGN(Fd fd, OpenFd(path, O_RDWR | O_CREAT));
  MUSTER_TRY(SyncDirectory(std::filesystem::path(path).parent_path().string()));
  std::unique_ptr<FileSpool> spool(new FileSpool(std::move(fd), path));
  absl::MutexLock lock(&spool->mu_);
  MUSTER_TRY(spool->Scan());
  return spool;
}

// Records are written one after the other, so what a crash cut short is the last of them. It goes:
// whoever sent its bytes could have made them look like records.
Status FileSpool::Scan() {
  MUSTER_ASSIGN(const std::uint64_t size, FileSize(fd_, path_));
  Header header{};
  while (size - end_ >= sizeof header) {
    MUSTER_TRY(ReadAt(fd_, end_, std::as_writable_bytes(std::span(&header, 1)), path_).status());
    const std::uint64_t begin = end_ + sizeof header;
    if (header.magic != kMagic || header.size > size - begin) break;
    places_[header.tag] = {begin, header.size};
    end_ = begin + header.size;
  }
  return end_ < size ? Truncate(fd_, end_, path_) : Ok();
}

void FileSpool::Append(std::uint32_t tag, ByteView record, std::function<void(Status)> done) {
  Status status;
  bool mine = false;
  {
    absl::MutexLock lock(&mu_);
    status = broken_.ok() ? Write(tag, record) : broken_;
    if (status.ok()) {
      waiting_.push_back(std::move(done));
      mine = !std::exchange(syncing_, true);
    } else if (broken_.ok()) {
      broken_ = Truncate(fd_, end_, path_);  // Half a record.
    }
  }
  if (!status.ok()) return done(status);
  if (mine) SyncForAll();
}

Status FileSpool::Write(std::uint32_t tag, ByteView record) {
  const Header header{kMagic, tag, record.size()};
  MUSTER_TRY(WriteAt(fd_, end_, std::as_bytes(std::span(&header, 1)), path_));
  const std::uint64_t begin = end_ + sizeof header;
  MUSTER_TRY(WriteAt(fd_, begin, record, path_));
  places_[tag] = {begin, record.size()};
  end_ = begin + record.size();
  return Ok();
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
    const Status synced = SyncData(fd_, path_);
    if (!synced.ok()) {
      absl::MutexLock lock(&mu_);
      broken_ = synced;
    }
    for (const auto& done : waiting) done(synced);
  }
}

StatusOr<FileSpool::Place> FileSpool::Find(std::uint32_t tag) const {
  absl::MutexLock lock(&mu_);
  const auto place = places_.find(tag);
  if (place == places_.end()) return NotFound("{} has no record {}", path_, tag);
  return place->second;
}

StatusOr<std::uint64_t> FileSpool::SizeOf(std::uint32_t tag) const {
  MUSTER_ASSIGN(const Place place, Find(tag));
  return place.size;
}

Status FileSpool::Read(std::uint32_t tag, std::uint64_t offset, std::span<std::byte> out) const {
  MUSTER_ASSIGN(const Place place, Find(tag));
  if (offset > place.size || out.size() > place.size - offset)
    return DataLoss("{}: record {} has {} bytes; {} at {} are wanted", path_, tag, place.size,
                    out.size(), offset);
  MUSTER_ASSIGN(const std::size_t read, ReadAt(fd_, place.begin + offset, out, path_));
  if (read != out.size()) return DataLoss("{} became shorter", path_);
  return Ok();
}

}  // namespace muster::platform
