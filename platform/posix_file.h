#pragma once
// File descriptors and the few system calls that durable storage is made of, with every return
// code checked. Never throws, never leaves a descriptor open.
#include <atomic>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/bytes.h"
#include "base/status.h"

namespace muster::platform {

// Owns one descriptor, or none (-1).
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    Fd(std::move(other)).Swap(*this);
    return *this;
  }
  ~Fd();
  int get() const { return fd_; }
  bool open() const { return fd_ >= 0; }

 private:
  void Swap(Fd& other) noexcept { std::swap(fd_, other.fd_); }
  int fd_ = -1;
};

// "what path: No space left on device", with the code and reason that callers act on:
// no space or quota -> RESOURCE_EXHAUSTED (DISK_FULL); no right to write -> FAILED_PRECONDITION
// (READ_ONLY); absent -> NOT_FOUND; anything else -> INTERNAL.
Status ErrnoStatus(int error, std::string_view what, std::string_view path);

// open(2) with O_CLOEXEC; files are made readable by their owner alone.
StatusOr<Fd> OpenFd(const std::string& path, int flags);
// Writes all of `bytes` at the descriptor's position. `path` is for the error text, here and below.
Status WriteAll(const Fd& fd, ByteView bytes, std::string_view path);
// The same at a place of the file; the descriptor's position stays.
Status WriteAt(const Fd& fd, std::uint64_t offset, ByteView bytes, std::string_view path);
// Reads until `out` is full or the file ends; returns the bytes read.
StatusOr<std::size_t> ReadAt(const Fd& fd, std::uint64_t offset, std::span<std::byte> out,
                             std::string_view path);
StatusOr<std::uint64_t> FileSize(const Fd& fd, std::string_view path);
// Cuts the file off at `size`.
Status Truncate(const Fd& fd, std::uint64_t size, std::string_view path);
Status SyncFd(const Fd& fd, std::string_view path);
// Of the file's bytes and length alone: fdatasync(2).
Status SyncData(const Fd& fd, std::string_view path);
// Makes the names in a directory durable.
Status SyncDirectory(const std::string& path);
// Makes `path` and its parents (mode 0700) where they are missing, each name durable.
Status MakeDirectories(const std::string& path);
// Unlinks a file; OK when it is absent.
Status RemoveFile(const std::string& path);
// Unlinks all plain files of a directory: what a crash left half-written.
Status RemoveFilesIn(const std::string& path);

// A file being written beside its final place. Gone without Publish, it leaves nothing. Not
// thread-safe.
class TempFile {
 public:
  // Makes a new file in `directory` under a name that no other TempFile of this process has.
  static StatusOr<TempFile> Create(const std::string& directory);
  TempFile(TempFile&&) noexcept = default;
  TempFile& operator=(TempFile&&) = delete;
  ~TempFile();

  Status Write(ByteView bytes) { return WriteAll(fd_, bytes, path_); }
  // fsync, rename to `directory`/`name` on the same file system, fsync of `directory`.
  Status Publish(const std::string& directory, const std::string& name);

 private:
  TempFile(Fd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}
  Fd fd_;
  std::string path_;
};

}  // namespace muster::platform
