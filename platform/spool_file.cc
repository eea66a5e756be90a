#include "platform/spool_file.h"

#include <fcntl.h>

#include <algorithm>
#include <memory>
#include <new>

namespace muster::platform {
namespace {
// In the order of the machine's bytes: a spool does not outlive a session, nor leave its machine.
struct Header {
  std::uint32_t magic;
  std::uint32_t tag;
  std::uint64_t size;
};
constexpr std::uint32_t kMagic = 0x4c4f'5053;  // "SPOL"

// What blocks go through, and the same for all that a thread writes and reads: memory that was used
// before is not given by the system anew, page by page.
std::span<std::byte> Blocks() {
  constexpr std::size_t kSize = std::size_t{1} << 20;
  struct Free {
    void operator()(std::byte* bytes) const {
      ::operator delete[](bytes, std::align_val_t(SpoolFile::kBlock));
    }
  };
  thread_local const std::unique_ptr<std::byte[], Free> buffer(
      new (std::align_val_t(SpoolFile::kBlock)) std::byte[kSize]);
  return {buffer.get(), kSize};
}

std::uint64_t RoundUp(std::uint64_t size) {
  return (size + SpoolFile::kBlock - 1) / SpoolFile::kBlock * SpoolFile::kBlock;
}

Fd OpenDirect(const std::string& path) {
  StatusOr<Fd> fd = OpenFd(path, O_RDWR | O_DIRECT);
  return fd.ok() ? *std::move(fd) : Fd();
}
}  // namespace

StatusOr<SpoolFile> SpoolFile::Open(const std::string& path) {
  MUSTER_ASSIGN(Fd fd, OpenFd(path, O_RDWR | O_CREAT));
  SpoolFile file(std::move(fd), OpenDirect(path), path);
  MUSTER_TRY(file.Scan());
  return file;
}

// Records are written one after the other, so what a crash cut short is the last of them. It goes:
// whoever sent its bytes could have made them look like records.
Status SpoolFile::Scan() {
  MUSTER_ASSIGN(const std::uint64_t size, FileSize(fd_, path_));
  Header header{};
  while (end_ < size && size - end_ >= sizeof header) {
    MUSTER_TRY(ReadAt(fd_, end_, std::as_writable_bytes(std::span(&header, 1)), path_).status());
    const std::uint64_t begin = end_ + sizeof header;
    if (header.magic != kMagic || header.size > size - begin) break;
    places_[header.tag] = {begin, header.size};
    end_ = RoundUp(begin + header.size);
  }
  return end_ < size ? Truncate(fd_, end_, path_) : Ok();
}

Status SpoolFile::Append(std::uint32_t tag, ByteView record) {
  const Status written = Write(tag, record);
  if (written.ok()) return Ok();
  const Status cut = Truncate(fd_, end_, path_);
  return cut.ok() ? written : cut;
}

Status SpoolFile::Write(std::uint32_t tag, ByteView record) {
  const Header header{kMagic, tag, record.size()};
  const ByteView head = std::as_bytes(std::span(&header, 1));
  const std::uint64_t begin = end_ + sizeof header;
  if (record.size() >= kLong && direct_.open()) {
    MUSTER_TRY(WriteLong(head, record));
  } else {
    MUSTER_TRY(WriteAt(fd_, end_, head, path_));
    MUSTER_TRY(WriteAt(fd_, begin, record, path_));
  }
  places_[tag] = {begin, record.size()};
  end_ = RoundUp(begin + record.size());
  return Ok();
}

// Whole blocks, the last with zeroes behind.
Status SpoolFile::WriteLong(ByteView header, ByteView record) {
  const std::span<std::byte> buffer = Blocks();
  std::ranges::copy(header, buffer.begin());
  std::size_t filled = header.size();
  for (std::uint64_t at = end_; filled > 0 || !record.empty();) {
    const std::size_t taken = std::min(record.size(), buffer.size() - filled);
    std::ranges::copy(record.first(taken), buffer.begin() + static_cast<std::ptrdiff_t>(filled));
    record = record.subspan(taken);
    filled += taken;
    const std::size_t blocks = RoundUp(filled);
    std::ranges::fill(buffer.subspan(filled, blocks - filled), std::byte{});
    MUSTER_TRY(WriteAt(direct_, at, buffer.first(blocks), path_));
    at += blocks;
    filled = 0;
  }
  return Ok();
}

StatusOr<SpoolFile::Place> SpoolFile::Find(std::uint32_t tag) const {
  const auto place = places_.find(tag);
  if (place == places_.end()) return NotFound("{} has no record {}", path_, tag);
  return place->second;
}

Status SpoolFile::Read(const Place& place, std::uint64_t offset, std::span<std::byte> out) const {
  if (offset > place.size || out.size() > place.size - offset)
    return DataLoss("{}: a record has {} bytes; {} at {} are wanted", path_, place.size, out.size(),
                    offset);
  if (out.size() >= kLong && direct_.open()) return ReadLong(place.begin + offset, out);
  MUSTER_ASSIGN(const std::size_t read, ReadAt(fd_, place.begin + offset, out, path_));
  if (read != out.size()) return DataLoss("{} became shorter", path_);
  return Ok();
}

Status SpoolFile::ReadLong(std::uint64_t from, std::span<std::byte> out) const {
  const std::span<std::byte> buffer = Blocks();
  while (!out.empty()) {
    const std::size_t before = from % kBlock;
    const std::size_t wanted = std::min(out.size(), buffer.size() - before);
    const std::span<std::byte> blocks = buffer.first(RoundUp(before + wanted));
    MUSTER_ASSIGN(const std::size_t read, ReadAt(direct_, from - before, blocks, path_));
    if (read < before + wanted) return DataLoss("{} became shorter", path_);
    std::ranges::copy(blocks.subspan(before, wanted), out.begin());
    out = out.subspan(wanted);
    from += wanted;
  }
  return Ok();
}

}  // namespace muster::platform
