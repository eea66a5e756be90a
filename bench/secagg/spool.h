#pragma once
// A session's spool as the coordinator keeps it, but without syncs: how long a disk takes is no
// processor time, and nobody recovers a bench.
#include <filesystem>
#include <map>

#include "base/blobs.h"
#include "platform/posix_file.h"

namespace muster::bench {

class UnsyncedSpool final : public Spool {
 public:
  explicit UnsyncedSpool(const std::filesystem::path& path);

  void Append(std::uint32_t tag, ByteView record, std::function<void(Status)> done) override;
  StatusOr<std::uint64_t> SizeOf(std::uint32_t tag) const override;
  Status Read(std::uint32_t tag, std::uint64_t offset, std::span<std::byte> out) const override;

 private:
  struct Place {
    std::uint64_t begin;
    std::uint64_t size;
  };
  const std::string path_;
  const platform::Fd fd_;
  std::map<std::uint32_t, Place> places_;
  std::uint64_t end_ = 0;
};  // Used from one thread.

}  // namespace muster::bench
