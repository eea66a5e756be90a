#include "bench/secagg/spool.h"

#include <fcntl.h>

#include "bench/require.h"

namespace muster::bench {

UnsyncedSpool::UnsyncedSpool(const std::filesystem::path& path)
    : path_(path.string()), fd_(Require(platform::OpenFd(path_, O_CREAT | O_RDWR))) {}

void UnsyncedSpool::Append(std::uint32_t tag, ByteView record, std::function<void(Status)> done) {
  const Status written = platform::WriteAt(fd_, end_, record, path_);
  places_[tag] = {end_, record.size()};
  end_ += record.size();
  done(written);
}

StatusOr<std::uint64_t> UnsyncedSpool::SizeOf(std::uint32_t tag) const {
  return places_.at(tag).size;
}

Status UnsyncedSpool::Read(std::uint32_t tag, std::uint64_t offset,
                           std::span<std::byte> out) const {
  const Place place = places_.at(tag);
  Require(offset + out.size() <= place.size, "the record is long enough");
  return platform::ReadAt(fd_, place.begin + offset, out, path_).status();
}

}  // namespace muster::bench
