#pragma once
// Blobs and Files in memory, for the simulator and for tests of what stands on them. Never touches
// the disk.
#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/blobs.h"
#include "tests/support/fault.h"

namespace muster::testing {

// Safe from any thread; a writer belongs to one thread at a time.
class MemoryBlobs final : public Blobs {
 public:
  // What stays when the process of a simulated machine dies: give it to the next MemoryBlobs.
  struct Disk {
    absl::Mutex mu;
    std::map<Digest, std::shared_ptr<const Bytes>> blobs ABSL_GUARDED_BY(mu);
  };

  static std::shared_ptr<Disk> NewDisk() { return std::make_shared<Disk>(); }
  explicit MemoryBlobs(FaultHook fault = {}) : MemoryBlobs(NewDisk(), std::move(fault)) {}
  explicit MemoryBlobs(std::shared_ptr<Disk> disk, FaultHook fault = {})
      : disk_(std::move(disk)), fault_(std::move(fault)) {}

  StatusOr<std::unique_ptr<BlobWriter>> Create() override;
  StatusOr<std::unique_ptr<BlobReader>> Open(const Digest& digest) override;
  StatusOr<bool> Has(const Digest& digest) override;
  Status Remove(const Digest& digest) override;

 private:
  const std::shared_ptr<Disk> disk_;
  const FaultHook fault_;
};

// Safe from any thread.
class MemoryFiles final : public Files {
 public:
  struct Disk {
    absl::Mutex mu;
    std::map<std::string, Bytes, std::less<>> files ABSL_GUARDED_BY(mu);
    std::map<std::string, std::map<std::uint32_t, Bytes>, std::less<>> spools ABSL_GUARDED_BY(mu);
  };

  static std::shared_ptr<Disk> NewDisk() { return std::make_shared<Disk>(); }
  explicit MemoryFiles(FaultHook fault = {}) : MemoryFiles(NewDisk(), std::move(fault)) {}
  explicit MemoryFiles(std::shared_ptr<Disk> disk, FaultHook fault = {})
      : disk_(std::move(disk)), fault_(std::move(fault)) {}

  Status Put(std::string_view name, std::span<const ByteView> parts) override;
  // Asks for faults as Put does; one after it was written is DATA_LOSS.
  Status Append(std::string_view name, ByteView bytes) override;
  StatusOr<Bytes> Get(std::string_view name) override;
  Status Remove(std::string_view name) override;
  StatusOr<std::vector<std::string>> List(std::string_view prefix) override;
  // Its appends ask for faults as Put does.
  StatusOr<std::unique_ptr<Spool>> OpenSpool(std::string_view name) override;

 private:
  const std::shared_ptr<Disk> disk_;
  const FaultHook fault_;
};

}  // namespace muster::testing
