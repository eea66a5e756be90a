#include "platform/file_blobs.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <optional>

#include "platform/posix_file.h"
#include "platform/sha256.h"

namespace muster::platform {
namespace {
struct Place {
  std::string directory;
  std::string name;
  std::string Path() const { return directory + "/" + name; }
};

Place PlaceOf(const std::string& root, const Digest& digest) {
  const std::string hex = digest.Hex();
  return {root + "/" + hex.substr(0, 2), hex.substr(2)};
}

class FileReader final : public BlobReader {
 public:
  FileReader(Fd fd, std::uint64_t size, std::string path)
      : fd_(std::move(fd)), size_(size), path_(std::move(path)) {}

  std::uint64_t size() const override { return size_; }
  Status Read(std::uint64_t offset, std::span<std::byte> out) const override {
    if (offset > size_ || out.size() > size_ - offset)
      return MakeStatus(absl::StatusCode::kOutOfRange,
                        fmt::format("bytes {}+{} of a blob of {}", offset, out.size(), size_));
    MUSTER_ASSIGN(const std::size_t read, ReadAt(fd_, offset, out, path_));
    if (read != out.size()) return DataLoss("{} is shorter than it was when opened", path_);
    return Ok();
  }

 private:
  const Fd fd_;
  const std::uint64_t size_;
  const std::string path_;
};

class FileWriter final : public BlobWriter {
 public:
  FileWriter(const std::string& root, TempFile file) : root_(root), file_(std::move(file)) {}

  Status Write(ByteView bytes) override {
    if (digest_) return FailedPrecondition("the blob is committed");
    if (!status_.ok()) return status_;
    status_ = file_.Write(bytes);
    if (status_.ok()) hash_.Update(bytes);
    return status_;
  }

  StatusOr<Digest> Commit() override {
    if (digest_) return *digest_;
    if (!status_.ok()) return status_;
    const Digest digest = hash_.Finish();
    const Place place = PlaceOf(root_, digest);
    status_ = MakeDirectories(place.directory);
    // Renaming over an equal blob is harmless, and mends one that the disk has spoilt.
    if (status_.ok()) status_ = file_.Publish(place.directory, place.name);
    if (!status_.ok()) return status_;
    digest_ = digest;
    return digest;
  }

 private:
  const std::string root_;
  TempFile file_;
  Sha256Stream hash_;
  Status status_;  // The first failure; bytes are missing after it.
  std::optional<Digest> digest_;
};

}  // namespace

StatusOr<std::unique_ptr<FileBlobs>> FileBlobs::Open(std::string directory) {
  MUSTER_TRY(MakeDirectories(directory + "/tmp"));
  MUSTER_TRY(RemoveFilesIn(directory + "/tmp"));
  return std::unique_ptr<FileBlobs>(new FileBlobs(std::move(directory)));
}

StatusOr<std::unique_ptr<BlobWriter>> FileBlobs::Create() {
  MUSTER_ASSIGN(TempFile file, TempFile::Create(directory_ + "/tmp"));
  return std::make_unique<FileWriter>(directory_, std::move(file));
}

StatusOr<std::unique_ptr<BlobReader>> FileBlobs::Open(const Digest& digest) {
  std::string path = PlaceOf(directory_, digest).Path();
  StatusOr<Fd> fd = OpenFd(path, O_RDONLY);
  if (absl::IsNotFound(fd.status()))
    return WithReason(NotFound("no blob {}", digest.ToString()), Reason::kBLOB_NOT_FOUND);
  if (!fd.ok()) return fd.status();
  MUSTER_ASSIGN(const std::uint64_t size, FileSize(*fd, path));
  return std::make_unique<FileReader>(*std::move(fd), size, std::move(path));
}

StatusOr<bool> FileBlobs::Has(const Digest& digest) {
  const std::string path = PlaceOf(directory_, digest).Path();
  if (::access(path.c_str(), F_OK) == 0) return true;
  if (errno == ENOENT) return false;
  return ErrnoStatus(errno, "cannot look for", path);
}

Status FileBlobs::Remove(const Digest& digest) {
  return RemoveFile(PlaceOf(directory_, digest).Path());
}

}  // namespace muster::platform
