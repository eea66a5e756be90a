#include "platform/dir_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>

namespace muster::platform {
namespace {
// "process 4711", or "another process" in the instant before the holder has written its pid.
std::string HolderOf(const Fd& fd, const std::string& path) {
  std::array<std::byte, 20> raw;
  const StatusOr<std::size_t> size = ReadAt(fd, 0, raw, path);
  long pid = 0;
  if (size.ok()) {
    const std::string_view text = AsText(std::span(raw).first(*size));
    std::from_chars(text.data(), text.data() + text.size(), pid);
  }
  return pid > 0 ? fmt::format("process {}", pid) : "another process";
}
}  // namespace

StatusOr<std::unique_ptr<DirLock>> DirLock::Acquire(const std::string& directory) {
  MUSTER_TRY(MakeDirectories(directory));
  const std::string path = directory + "/LOCK";
  MUSTER_ASSIGN(Fd fd, OpenFd(path, O_RDWR | O_CREAT));
  while (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    if (errno != EWOULDBLOCK) return ErrnoStatus(errno, "cannot lock", path);
    return WithReason(
        FailedPrecondition("data directory {} is in use by {}", directory, HolderOf(fd, path)),
        Reason::kDATA_DIR_IN_USE);
  }
  if (::ftruncate(fd.get(), 0) != 0) return ErrnoStatus(errno, "cannot truncate", path);
  MUSTER_TRY(WriteAll(fd, AsBytes(fmt::format("{}\n", ::getpid())), path));
  return std::unique_ptr<DirLock>(new DirLock(std::move(fd)));
}

}  // namespace muster::platform
