#include "bench/secagg/spool.h"

#include "bench/require.h"

namespace muster::bench {

UnsyncedSpool::UnsyncedSpool(const std::filesystem::path& path)
    : file_(Require(platform::SpoolFile::Open(path.string()))) {}

void UnsyncedSpool::Append(std::uint32_t tag, ByteView record, std::function<void(Status)> done) {
  done(file_.Append(tag, record));
}

StatusOr<std::uint64_t> UnsyncedSpool::SizeOf(std::uint32_t tag) const {
  MUSTER_ASSIGN(const platform::SpoolFile::Place place, file_.Find(tag));
  return place.size;
}

Status UnsyncedSpool::Read(std::uint32_t tag, std::uint64_t offset,
                           std::span<std::byte> out) const {
  MUSTER_ASSIGN(const platform::SpoolFile::Place place, file_.Find(tag));
  return file_.Read(place, offset, out);
}

}  // namespace muster::bench
