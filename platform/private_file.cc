#include "platform/private_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "platform/posix_file.h"

namespace muster::platform {
namespace {
constexpr std::size_t kMaxKeyBytes = 64 * 1024;
constexpr mode_t kOthers = S_IRWXG | S_IRWXO;

Status WriteFile(const std::string& path, ByteView content, mode_t mode) {
  const std::string parent = std::filesystem::path(path).parent_path().string();
  const std::string temporary = path + ".new";
  MUSTER_TRY(RemoveFile(temporary));  // What a crash left, with whatever mode.
  {
    MUSTER_ASSIGN(const Fd fd, OpenFd(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW));
    if (::fchmod(fd.get(), mode) != 0) return ErrnoStatus(errno, "cannot chmod", temporary);
    MUSTER_TRY(WriteAll(fd, content, temporary));
    MUSTER_TRY(SyncFd(fd, temporary));
  }
  if (std::rename(temporary.c_str(), path.c_str()) != 0)
    return ErrnoStatus(errno, "cannot rename to", path);
  return SyncDirectory(parent.empty() ? "." : parent);
}

Status CheckPrivate(const struct stat& st, const std::string& path, std::string_view remedy) {
  if ((st.st_mode & kOthers) == 0) return Ok();
  return FailedPrecondition("{} is open to group or others (mode {:04o}); run: chmod {} {}", path,
                            st.st_mode & 07777, remedy, path);
}

// O_NONBLOCK, or a FIFO in the file's place would hold us for ever.
StatusOr<Fd> OpenRegular(const std::string& path, struct stat& st) {
  MUSTER_ASSIGN(Fd fd, OpenFd(path, O_RDONLY | O_NONBLOCK));
  if (::fstat(fd.get(), &st) != 0) return ErrnoStatus(errno, "cannot stat", path);
  if (!S_ISREG(st.st_mode)) return FailedPrecondition("{} is not a regular file", path);
  return fd;
}

// Reads one byte more than allowed, as sizes of growing files and of /proc say nothing.
StatusOr<std::size_t> ReadBounded(const Fd& fd, std::span<std::byte> out, const std::string& path) {
  MUSTER_ASSIGN(const std::size_t size, ReadAt(fd, 0, out, path));
  if (size == out.size())
    return ResourceExhausted("{} is longer than {} bytes", path, out.size() - 1);
  return size;
}
}  // namespace

Status WritePrivateFile(const std::string& path, const Secret& content) {
  return WriteFile(path, content.Reveal(), 0600);
}

Status WritePublicFile(const std::string& path, std::string_view content) {
  return WriteFile(path, AsBytes(content), 0644);
}

StatusOr<Secret> ReadPrivateFile(const std::string& path) {
  struct stat st {};
  MUSTER_ASSIGN(const Fd fd, OpenRegular(path, st));
  MUSTER_TRY(CheckPrivate(st, path, "600"));
  Bytes buffer(kMaxKeyBytes + 1);
  auto size = ReadBounded(fd, buffer, path);
  if (!size.ok()) explicit_bzero(buffer.data(), buffer.size());
  if (!size.ok()) return std::move(size).status();
  buffer.resize(*size);  // Keeps its allocation, so no copy is left behind.
  return Secret(std::move(buffer));
}

StatusOr<std::string> ReadTextFile(const std::string& path, std::size_t max_bytes) {
  struct stat st {};
  MUSTER_ASSIGN(const Fd fd, OpenRegular(path, st));
  if (static_cast<std::uint64_t>(st.st_size) > max_bytes)
    return ResourceExhausted("{} is longer than {} bytes", path, max_bytes);
  std::string text(static_cast<std::size_t>(st.st_size) + 1, '\0');
  MUSTER_ASSIGN(const std::size_t size,
                ReadBounded(fd, std::as_writable_bytes(std::span(text.data(), text.size())), path));
  text.resize(size);
  return text;
}

Status MakePrivateDirectory(const std::string& path) {
  MUSTER_TRY(MakeDirectories(path));
  struct stat st {};
  if (::stat(path.c_str(), &st) != 0) return ErrnoStatus(errno, "cannot stat", path);
  if (!S_ISDIR(st.st_mode)) return FailedPrecondition("{} is not a directory", path);
  return CheckPrivate(st, path, "700");
}

}  // namespace muster::platform
