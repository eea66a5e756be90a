#include "platform/dir_files.h"

#include <fcntl.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "platform/file_spool.h"
#include "platform/posix_file.h"

namespace muster::platform {
namespace {
constexpr std::size_t kMaxName = 255;

bool IsNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-' || c == '/';
}

Status AppendAll(const Fd& fd, ByteView bytes, const std::string& path) {
  MUSTER_ASSIGN(const std::uint64_t end, FileSize(fd, path));
  Status written = WriteAt(fd, end, bytes, path);
  if (written.ok()) written = SyncData(fd, path);
  if (written.ok()) return Ok();
  // The disk may have taken all of it before it failed: gone is only what is durably cut off.
  Status cut = Truncate(fd, end, path);
  if (cut.ok()) cut = SyncData(fd, path);
  return cut.ok() ? written : DataLoss("{}; then {}", MessageOf(written), MessageOf(cut));
}
}  // namespace

Status CheckFileName(std::string_view name) {
  if (name.empty() || name.size() > kMaxName)
    return InvalidArgument("a file name of {} characters", name.size());
  bool part_begins = true;
  for (const char c : name) {
    if (!IsNameCharacter(c)) return InvalidArgument("a file name with a foreign character");
    if (part_begins && (c == '/' || c == '.'))
      return InvalidArgument("'{}' has a part that is empty or begins with '.'", name);
    part_begins = c == '/';
  }
  if (part_begins) return InvalidArgument("'{}' ends in '/'", name);
  return Ok();
}

StatusOr<std::unique_ptr<DirFiles>> DirFiles::Open(std::string directory) {
  MUSTER_TRY(MakeDirectories(directory + "/.tmp"));
  MUSTER_TRY(RemoveFilesIn(directory + "/.tmp"));
  return std::unique_ptr<DirFiles>(new DirFiles(std::move(directory)));
}

Status DirFiles::Put(std::string_view name, std::span<const ByteView> parts) {
  MUSTER_TRY(CheckFileName(name));
  const std::filesystem::path target = std::filesystem::path(directory_) / name;
  MUSTER_TRY(MakeDirectories(target.parent_path().string()));
  MUSTER_ASSIGN(TempFile file, TempFile::Create(directory_ + "/.tmp"));
  for (const ByteView part : parts) MUSTER_TRY(file.Write(part));
  return file.Publish(target.parent_path().string(), target.filename().string());
}

Status DirFiles::Append(std::string_view name, ByteView bytes) {
  MUSTER_TRY(CheckFileName(name));
  const std::string path = fmt::format("{}/{}", directory_, name);
  StatusOr<Fd> fd = OpenFd(path, O_WRONLY);
  if (absl::IsNotFound(fd.status())) {
    MUSTER_TRY(Put(name, {}));  // With its name durable, and the folders that it is in.
    fd = OpenFd(path, O_WRONLY);
  }
  MUSTER_TRY(fd.status());
  return AppendAll(*fd, bytes, path);
}

StatusOr<Bytes> DirFiles::Get(std::string_view name) {
  MUSTER_TRY(CheckFileName(name));
  const std::string path = fmt::format("{}/{}", directory_, name);
  MUSTER_ASSIGN(const Fd fd, OpenFd(path, O_RDONLY));
  MUSTER_ASSIGN(const std::uint64_t size, FileSize(fd, path));
  Bytes out(size);
  MUSTER_ASSIGN(const std::size_t read, ReadAt(fd, 0, out, path));
  if (read != size) return DataLoss("{} became shorter while it was read", path);
  return out;
}

Status DirFiles::Remove(std::string_view name) {
  MUSTER_TRY(CheckFileName(name));
  return RemoveFile(fmt::format("{}/{}", directory_, name));
}

StatusOr<std::vector<std::string>> DirFiles::List(std::string_view prefix) {
  std::vector<std::string> names;
  const std::string_view folder = prefix.substr(0, prefix.rfind('/') + 1);  // Or nothing.
  if (!folder.empty() && !CheckFileName(folder.substr(0, folder.size() - 1)).ok()) return names;
  std::error_code error;
  std::filesystem::recursive_directory_iterator it(std::filesystem::path(directory_) / folder,
                                                   error),
      end;
  if (!folder.empty() &&
      (error == std::errc::no_such_file_or_directory || error == std::errc::not_a_directory))
    return names;
  for (; !error && it != end; it.increment(error)) {
    if (it->path().filename().native().starts_with('.')) {
      it.disable_recursion_pending();
      continue;
    }
    std::string name = it->path().lexically_relative(directory_).native();
    if (it->is_regular_file(error) && name.starts_with(prefix)) names.push_back(std::move(name));
  }
  if (error) return ErrnoStatus(error.value(), "cannot list", directory_);
  std::sort(names.begin(), names.end());
  return names;
}

StatusOr<std::unique_ptr<Spool>> DirFiles::OpenSpool(std::string_view name) {
  MUSTER_TRY(CheckFileName(name));
  const std::string path = fmt::format("{}/{}", directory_, name);
  MUSTER_TRY(MakeDirectories(std::filesystem::path(path).parent_path().string()));
  return FileSpool::Open(path);
}

}  // namespace muster::platform
