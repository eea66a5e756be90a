#include "tests/support/memory_blobs.h"

#include <algorithm>
#include <optional>

#include "platform/dir_files.h"
#include "platform/sha256.h"

namespace muster::testing {
namespace {
class MemoryReader final : public BlobReader {
 public:
  explicit MemoryReader(std::shared_ptr<const Bytes> bytes) : bytes_(std::move(bytes)) {}
  std::uint64_t size() const override { return bytes_->size(); }
  Status Read(std::uint64_t offset, std::span<std::byte> out) const override {
    if (offset > size() || out.size() > size() - offset)
      return MakeStatus(absl::StatusCode::kOutOfRange, "beyond the end of the blob");
    std::copy_n(bytes_->begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
    return Ok();
  }

 private:
  const std::shared_ptr<const Bytes> bytes_;
};

class MemoryWriter final : public BlobWriter {
 public:
  MemoryWriter(std::shared_ptr<MemoryBlobs::Disk> disk, const FaultHook& fault)
      : disk_(std::move(disk)), fault_(fault) {}

  Status Write(ByteView bytes) override {
    if (digest_) return FailedPrecondition("the blob is committed");
    if (status_.ok()) status_ = AskFault(fault_, "blob.write");
    if (status_.ok()) bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    return status_;
  }

  StatusOr<Digest> Commit() override {
    if (digest_) return *digest_;
    if (status_.ok()) status_ = AskFault(fault_, "blob.commit");
    if (!status_.ok()) return status_;
    const Digest digest = platform::OpenSslHasher().Sha256(bytes_);
    {
      absl::MutexLock lock(&disk_->mu);
      disk_->blobs[digest] = std::make_shared<const Bytes>(std::move(bytes_));
    }
    status_ = AskFault(fault_, "blob.commit.done");
    if (!status_.ok()) return status_;
    digest_ = digest;
    return digest;
  }

 private:
  const std::shared_ptr<MemoryBlobs::Disk> disk_;
  const FaultHook fault_;
  Bytes bytes_;
  Status status_;
  std::optional<Digest> digest_;
};

class MemorySpool final : public Spool {
 public:
  MemorySpool(std::shared_ptr<MemoryFiles::Disk> disk, std::string name, FaultHook fault)
      : disk_(std::move(disk)), name_(std::move(name)), fault_(std::move(fault)) {}

  void Append(std::uint32_t tag, ByteView record, std::function<void(Status)> done) override {
    if (const Status fault = AskFault(fault_, "file.put"); !fault.ok()) return done(fault);
    {
      absl::MutexLock lock(&disk_->mu);
      disk_->spools[name_][tag] = Bytes(record.begin(), record.end());
    }
    done(AskFault(fault_, "file.put.done"));
  }
  StatusOr<std::uint64_t> SizeOf(std::uint32_t tag) const override {
    absl::MutexLock lock(&disk_->mu);
    MUSTER_ASSIGN(const Bytes* record, Find(tag));
    return record->size();
  }
  Status Read(std::uint32_t tag, std::uint64_t offset, std::span<std::byte> out) const override {
    absl::MutexLock lock(&disk_->mu);
    MUSTER_ASSIGN(const Bytes* record, Find(tag));
    if (offset > record->size() || out.size() > record->size() - offset)
      return DataLoss("record {} of {} has {} bytes", tag, name_, record->size());
    std::copy_n(record->begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
    return Ok();
  }

 private:
  StatusOr<const Bytes*> Find(std::uint32_t tag) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(disk_->mu) {
    const auto spool = disk_->spools.find(name_);
    if (spool != disk_->spools.end())
      if (const auto record = spool->second.find(tag); record != spool->second.end())
        return &record->second;
    return NotFound("{} has no record {}", name_, tag);
  }

  const std::shared_ptr<MemoryFiles::Disk> disk_;
  const std::string name_;
  const FaultHook fault_;
};
}  // namespace

StatusOr<std::unique_ptr<BlobWriter>> MemoryBlobs::Create() {
  MUSTER_TRY(AskFault(fault_, "blob.create"));
  return std::make_unique<MemoryWriter>(disk_, fault_);
}

StatusOr<std::unique_ptr<BlobReader>> MemoryBlobs::Open(const Digest& digest) {
  absl::MutexLock lock(&disk_->mu);
  const auto it = disk_->blobs.find(digest);
  if (it == disk_->blobs.end())
    return WithReason(NotFound("no blob {}", digest.ToString()), Reason::kBLOB_NOT_FOUND);
  return std::make_unique<MemoryReader>(it->second);
}

StatusOr<bool> MemoryBlobs::Has(const Digest& digest) {
  absl::MutexLock lock(&disk_->mu);
  return disk_->blobs.contains(digest);
}

Status MemoryBlobs::Remove(const Digest& digest) {
  MUSTER_TRY(AskFault(fault_, "blob.remove"));
  {
    absl::MutexLock lock(&disk_->mu);
    disk_->blobs.erase(digest);
  }
  return AskFault(fault_, "blob.remove.done");
}

Status MemoryFiles::Put(std::string_view name, std::span<const ByteView> parts) {
  MUSTER_TRY(platform::CheckFileName(name));
  MUSTER_TRY(AskFault(fault_, "file.put"));
  Bytes bytes;
  for (const ByteView part : parts) bytes.insert(bytes.end(), part.begin(), part.end());
  {
    absl::MutexLock lock(&disk_->mu);
    disk_->files.insert_or_assign(std::string(name), std::move(bytes));
  }
  return AskFault(fault_, "file.put.done");
}

Status MemoryFiles::Append(std::string_view name, ByteView bytes) {
  MUSTER_TRY(platform::CheckFileName(name));
  MUSTER_TRY(AskFault(fault_, "file.put"));
  {
    absl::MutexLock lock(&disk_->mu);
    Bytes& file = disk_->files[std::string(name)];
    file.insert(file.end(), bytes.begin(), bytes.end());
  }
  const Status fault = AskFault(fault_, "file.put.done");
  return fault.ok() ? Ok() : DataLoss("{}", MessageOf(fault));
}

StatusOr<Bytes> MemoryFiles::Get(std::string_view name) {
  MUSTER_TRY(platform::CheckFileName(name));
  absl::MutexLock lock(&disk_->mu);
  const auto it = disk_->files.find(name);
  if (it == disk_->files.end()) return NotFound("no file {}", name);
  return it->second;
}

Status MemoryFiles::Remove(std::string_view name) {
  MUSTER_TRY(platform::CheckFileName(name));
  MUSTER_TRY(AskFault(fault_, "file.remove"));
  {
    absl::MutexLock lock(&disk_->mu);
    if (const auto it = disk_->files.find(name); it != disk_->files.end()) disk_->files.erase(it);
    if (const auto it = disk_->spools.find(name); it != disk_->spools.end())
      disk_->spools.erase(it);
  }
  return AskFault(fault_, "file.remove.done");
}

StatusOr<std::vector<std::string>> MemoryFiles::List(std::string_view prefix) {
  std::vector<std::string> names;
  absl::MutexLock lock(&disk_->mu);
  for (const auto& item : disk_->files)
    if (item.first.starts_with(prefix)) names.push_back(item.first);
  for (const auto& item : disk_->spools)
    if (item.first.starts_with(prefix)) names.push_back(item.first);
  std::ranges::sort(names);
  return names;
}

StatusOr<std::unique_ptr<Spool>> MemoryFiles::OpenSpool(std::string_view name) {
  MUSTER_TRY(platform::CheckFileName(name));
  absl::MutexLock lock(&disk_->mu);
  disk_->spools[std::string(name)];
  return std::make_unique<MemorySpool>(disk_, std::string(name), fault_);
}

}  // namespace muster::testing
