#pragma once
// A session's spool as the coordinator keeps it, but without syncs: how long a disk takes is no
// processor time, and nobody recovers a bench.
#include <filesystem>

#include "base/blobs.h"
#include "platform/spool_file.h"

namespace muster::bench {

class UnsyncedSpool final : public Spool {
 public:
  explicit UnsyncedSpool(const std::filesystem::path& path);

  void Append(std::uint32_t tag, ByteView record, std::function<void(Status)> done) override;
  StatusOr<std::uint64_t> SizeOf(std::uint32_t tag) const override;
  Status Read(std::uint32_t tag, std::uint64_t offset, std::span<std::byte> out) const override;

 private:
  platform::SpoolFile file_;
};  // Used from one thread.

}  // namespace muster::bench
