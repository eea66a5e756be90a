#pragma once
// The folder of a spool on a real disk.
#include <map>
#include <string>

#include "client/telemetry/segment_folder.h"
#include "platform/posix_file.h"

namespace muster::client {

class DirSegments final : public SegmentFolder {
 public:
  // The folder is made when something is written.
  explicit DirSegments(std::string folder) : folder_(std::move(folder)) {}

  StatusOr<std::vector<std::string>> List() override;
  StatusOr<Bytes> Read(std::string_view file) override;
  Status Append(std::string_view file, std::uint64_t offset, ByteView bytes) override;
  Status Cut(std::string_view file, std::uint64_t size) override;
  Status Replace(std::string_view file, ByteView bytes) override;
  Status Remove(std::string_view file) override;

 private:
  std::string PathOf(std::string_view file) const { return fmt::format("{}/{}", folder_, file); }
  const std::string folder_;
  // Those that are being written: one a class.
  std::map<std::string, platform::Fd, std::less<>> open_;
};

}  // namespace muster::client
