#include "platform/posix_file.h"

#include <absl/synchronization/mutex.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

namespace muster::platform {
namespace {
constexpr mode_t kFileMode = 0600;
constexpr mode_t kDirectoryMode = 0700;

std::string ParentOf(const std::string& path) {
  const std::string parent = std::filesystem::path(path).parent_path().string();
  return parent.empty() ? "." : parent;
}

Status MakeMissing(const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return Ok();
  const std::string parent = ParentOf(path);
  if (parent != path) MUSTER_TRY(MakeMissing(parent));
  if (::mkdir(path.c_str(), kDirectoryMode) != 0 && errno != EEXIST)
    return ErrnoStatus(errno, "cannot make directory", path);
  return SyncDirectory(parent);
}
}  // namespace

Fd::~Fd() {
  if (fd_ >= 0) ::close(fd_);  // What matters was fsynced before; close has nothing left to lose.
}

Status ErrnoStatus(int error, std::string_view what, std::string_view path) {
  const std::string text =
      fmt::format("{} {}: {}", what, path, std::generic_category().message(error));
  switch (error) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return WithReason(ResourceExhausted("{}", text), Reason::kDISK_FULL);
    case EROFS:
    case EACCES:
    case EPERM: return WithReason(FailedPrecondition("{}", text), Reason::kREAD_ONLY);
    case ENOENT: return NotFound("{}", text);
    case EMFILE:
    case ENFILE: return ResourceExhausted("{}", text);
    default: return Internal("{}", text);
  }
}

StatusOr<Fd> OpenFd(const std::string& path, int flags) {
  for (;;) {
    Fd fd(::open(path.c_str(), flags | O_CLOEXEC, kFileMode));
    if (fd.open()) return fd;
    if (errno != EINTR) return ErrnoStatus(errno, "cannot open", path);
  }
}

Status WriteAll(const Fd& fd, ByteView bytes, std::string_view path) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd.get(), bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return ErrnoStatus(errno, "cannot write", path);
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return Ok();
}

Status WriteAt(const Fd& fd, std::uint64_t offset, ByteView bytes, std::string_view path) {
  while (!bytes.empty()) {
    const ssize_t n = ::pwrite(fd.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return ErrnoStatus(errno, "cannot write", path);
    bytes = bytes.subspan(static_cast<std::size_t>(n));
    offset += static_cast<std::uint64_t>(n);
  }
  return Ok();
}

StatusOr<std::size_t> ReadAt(const Fd& fd, std::uint64_t offset, std::span<std::byte> out,
                             std::string_view path) {
  std::size_t done = 0;
  while (done < out.size()) {
    const ssize_t n =
        ::pread(fd.get(), out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return ErrnoStatus(errno, "cannot read", path);
    if (n == 0) break;
    done += static_cast<std::size_t>(n);
  }
  return done;
}

StatusOr<std::uint64_t> FileSize(const Fd& fd, std::string_view path) {
  struct stat st {};
  if (::fstat(fd.get(), &st) != 0) return ErrnoStatus(errno, "cannot stat", path);
  return static_cast<std::uint64_t>(st.st_size);
}

Status Truncate(const Fd& fd, std::uint64_t size, std::string_view path) {
  while (::ftruncate(fd.get(), static_cast<off_t>(size)) != 0)
    if (errno != EINTR) return ErrnoStatus(errno, "cannot truncate", path);
  return Ok();
}

Status SyncFd(const Fd& fd, std::string_view path) {
  while (::fsync(fd.get()) != 0)
    if (errno != EINTR) return ErrnoStatus(errno, "cannot fsync", path);
  return Ok();
}

Status SyncData(const Fd& fd, std::string_view path) {
  while (::fdatasync(fd.get()) != 0)
    if (errno != EINTR) return ErrnoStatus(errno, "cannot fdatasync", path);
  return Ok();
}

Status SyncDirectory(const std::string& path) {
  MUSTER_ASSIGN(const Fd fd, OpenFd(path, O_RDONLY | O_DIRECTORY));
  return SyncFd(fd, path);
}

Status MakeDirectories(const std::string& path) {
  // Under a lock, so that nobody builds on a directory that another thread made but has not synced.
  static absl::Mutex mu;
  absl::MutexLock lock(&mu);
  return MakeMissing(path);
}

Status RemoveFile(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT)
    return ErrnoStatus(errno, "cannot remove", path);
  return Ok();
}

Status RemoveFilesIn(const std::string& path) {
  std::error_code error;
  for (std::filesystem::directory_iterator it(path, error), end; !error && it != end;
       it.increment(error))
    if (!it->is_directory(error)) MUSTER_TRY(RemoveFile(it->path().string()));
  return error ? ErrnoStatus(error.value(), "cannot list", path) : Ok();
}

StatusOr<TempFile> TempFile::Create(const std::string& directory) {
  static std::atomic<std::uint64_t> counter{0};
  std::string path = fmt::format("{}/{}-{}", directory, ::getpid(), counter.fetch_add(1));
  MUSTER_ASSIGN(Fd fd, OpenFd(path, O_WRONLY | O_CREAT | O_EXCL));
  return TempFile(std::move(fd), std::move(path));
}

TempFile::~TempFile() {
  // A failure here leaves a file that the next Open sweeps.
  if (fd_.open() && !path_.empty()) ::unlink(path_.c_str());
}

Status TempFile::Publish(const std::string& directory, const std::string& name) {
  const std::string target = directory + "/" + name;
  MUSTER_TRY(SyncFd(fd_, path_));
  if (::rename(path_.c_str(), target.c_str()) != 0)
    return ErrnoStatus(errno, "cannot rename to", target);
  path_.clear();
  return SyncDirectory(directory);
}

}  // namespace muster::platform
