#pragma once
// The file under a Spool: records one behind the other, each with its header at a place that a disk
// can be written at without the page cache.
#include <cstdint>
#include <map>
#include <string>

#include "base/bytes.h"
#include "base/status.h"
#include "platform/posix_file.h"

namespace muster::platform {

// Used from one thread at a time, but for Read.
class SpoolFile {
 public:
  // Of 4 KiB, the largest block that disks have.
  static constexpr std::size_t kBlock = 4096;
  // Longer records are written and read past the page cache, where the file system can: they are
  // read once, and copying them into fresh pages costs more than all else that is done with them.
  static constexpr std::size_t kLong = 256 * 1024;

  struct Place {
    std::uint64_t begin;
    std::uint64_t size;
  };

  // Opens or makes it, and cuts off what a crash left half-written.
  static StatusOr<SpoolFile> Open(const std::string& path);

  // Written, not yet durable. After an error nothing of it is left, or the error says that this
  // could not be.
  Status Append(std::uint32_t tag, ByteView record);
  // NOT_FOUND: no record has this tag.
  StatusOr<Place> Find(std::uint32_t tag) const;
  // Safe from any thread.
  Status Read(const Place& place, std::uint64_t offset, std::span<std::byte> out) const;
  // Makes what was written durable. Safe from any thread.
  Status Sync() const { return SyncData(fd_, path_); }

 private:
  SpoolFile(Fd fd, Fd direct, std::string path)
      : fd_(std::move(fd)), direct_(std::move(direct)), path_(std::move(path)) {}
  Status Scan();
  Status Write(std::uint32_t tag, ByteView record);
  Status WriteLong(ByteView header, ByteView record);
  Status ReadLong(std::uint64_t from, std::span<std::byte> out) const;

  Fd fd_;
  Fd direct_;  // None where the file system has no way past its cache.
  std::string path_;
  std::map<std::uint32_t, Place> places_;
  std::uint64_t end_ = 0;
};

}  // namespace muster::platform
