#include "client/pipeline/file_bytes.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace muster::client {
namespace {
namespace fs = std::filesystem;

struct CloseFile {
  void operator()(std::FILE* f) const { std::fclose(f); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

Status WriteError(const fs::path& path, int error) {
  const std::string text = fmt::format("writing {}: {}", path.string(), std::strerror(error));
  if (error == ENOSPC || error == EDQUOT)
    return WithReason(ResourceExhausted("{}", text), Reason::kDISK_FULL);
  if (error == EROFS || error == EACCES)
    return WithReason(FailedPrecondition("{}", text), Reason::kREAD_ONLY);
  return Unavailable("{}", text);
}

Status WriteParts(const fs::path& path, std::span<const ByteView> parts) {
  File file(std::fopen(path.c_str(), "wb"));
  if (!file) return WriteError(path, errno);
  for (const ByteView part : parts)
    if (std::fwrite(part.data(), 1, part.size(), file.get()) != part.size())
      return WriteError(path, errno);
  // The buffer's last bytes go out here, so a full disk may show only now.
  if (std::fclose(file.release()) != 0) return WriteError(path, errno);
  return Ok();
}
}  // namespace

StatusOr<Bytes> ReadFileBytes(const fs::path& path, std::uint64_t max_bytes) {
  std::error_code error;
  const fs::file_status status = fs::symlink_status(path, error);
  if (status.type() == fs::file_type::not_found) return NotFound("{} is missing", path.string());
  if (error) return Unavailable("{}: {}", path.string(), error.message());
  if (!fs::is_regular_file(status))
    return InvalidArgument("{} is not a regular file", path.string());
  const std::uintmax_t size = fs::file_size(path, error);
  if (error) return Unavailable("{}: {}", path.string(), error.message());
  if (size > max_bytes)
    return ResourceExhausted("{} has {} bytes; at most {} are allowed", path.string(), size,
                             max_bytes);
  const File file(std::fopen(path.c_str(), "rb"));
  if (!file) return Unavailable("{}: {}", path.string(), std::strerror(errno));
  Bytes out(size);
  if (std::fread(out.data(), 1, out.size(), file.get()) != out.size())
    return Unavailable("{} changed or could not be read", path.string());
  return out;
}

std::string ReadFileTail(const fs::path& path, std::size_t max_bytes) {
  std::error_code error;
  if (!fs::is_regular_file(fs::symlink_status(path, error))) return {};
  const File file(std::fopen(path.c_str(), "rb"));
  if (!file || std::fseek(file.get(), 0, SEEK_END) != 0) return {};
  const long size = std::ftell(file.get());
  const long start = size - static_cast<long>(max_bytes);
  if (size <= 0 || std::fseek(file.get(), start > 0 ? start : 0, SEEK_SET) != 0) return {};
  std::string out(max_bytes, '\0');
  out.resize(std::fread(out.data(), 1, out.size(), file.get()));
  return out;
}

Status WriteFileBytes(const fs::path& path, std::span<const ByteView> parts) {
  fs::path beside = path;
  beside += ".tmp";
  std::error_code ignored;
  if (const Status written = WriteParts(beside, parts); !written.ok()) {
    fs::remove(beside, ignored);
    return written;
  }
  if (std::rename(beside.c_str(), path.c_str()) != 0) {
    const int error = errno;
    fs::remove(beside, ignored);
    return WriteError(path, error);
  }
  return Ok();
}

}  // namespace muster::client
