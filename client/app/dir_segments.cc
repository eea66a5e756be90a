#include "client/app/dir_segments.h"

#include <fcntl.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace muster::client {
namespace {
constexpr std::size_t kMostOpen = 4;
constexpr char kTemporary[] = ".new";
}  // namespace

StatusOr<std::vector<std::string>> DirSegments::List() {
  std::vector<std::string> out;
  std::error_code error;
  for (std::filesystem::directory_iterator it(folder_, error), end; !error && it != end;
       it.increment(error))
    if (it->is_regular_file(error)) out.push_back(it->path().filename().string());
  if (error && error != std::errc::no_such_file_or_directory)
    return platform::ErrnoStatus(error.value(), "cannot list", folder_);
  std::ranges::sort(out);
  return out;
}

StatusOr<Bytes> DirSegments::Read(std::string_view file) {
  const std::string path = PathOf(file);
  MUSTER_ASSIGN(const platform::Fd fd, platform::OpenFd(path, O_RDONLY));
  MUSTER_ASSIGN(const std::uint64_t size, platform::FileSize(fd, path));
  Bytes out(size);
  MUSTER_ASSIGN(const std::size_t read, platform::ReadAt(fd, 0, out, path));
  out.resize(read);
  return out;
}

Status DirSegments::Append(std::string_view file, std::uint64_t offset, ByteView bytes) {
  const std::string path = PathOf(file);
  auto it = open_.find(file);
  const bool begins = it == open_.end();
  if (begins) {
    if (open_.size() == kMostOpen) open_.clear();
    MUSTER_TRY(platform::MakeDirectories(folder_));
    MUSTER_ASSIGN(platform::Fd fd, platform::OpenFd(path, O_WRONLY | O_CREAT));
    it = open_.emplace(std::string(file), std::move(fd)).first;
  }
  MUSTER_TRY(platform::WriteAt(it->second, offset, bytes, path));
  MUSTER_TRY(platform::SyncData(it->second, path));
  return begins ? platform::SyncDirectory(folder_) : Ok();
}

Status DirSegments::Cut(std::string_view file, std::uint64_t size) {
  const std::string path = PathOf(file);
  MUSTER_ASSIGN(const platform::Fd fd, platform::OpenFd(path, O_WRONLY));
  MUSTER_TRY(platform::Truncate(fd, size, path));
  return platform::SyncFd(fd, path);
}

Status DirSegments::Replace(std::string_view file, ByteView bytes) {
  MUSTER_TRY(platform::MakeDirectories(folder_));
  // The same name each time, so what a crash leaves is overwritten by the next one.
  const std::string beside = PathOf(file) + kTemporary;
  MUSTER_ASSIGN(const platform::Fd fd, platform::OpenFd(beside, O_WRONLY | O_CREAT | O_TRUNC));
  MUSTER_TRY(platform::WriteAll(fd, bytes, beside));
  MUSTER_TRY(platform::SyncFd(fd, beside));
  std::error_code error;
  std::filesystem::rename(beside, PathOf(file), error);
  if (error) return platform::ErrnoStatus(error.value(), "cannot rename to", PathOf(file));
  return platform::SyncDirectory(folder_);
}

Status DirSegments::Remove(std::string_view file) {
  if (const auto it = open_.find(file); it != open_.end()) open_.erase(it);
  return platform::RemoveFile(PathOf(file));
}

}  // namespace muster::client
