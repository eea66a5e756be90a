#pragma once
// A spool's folder in memory, on a disk that dies after so many bytes: what was written before is
// there for the next process, a part of the last write too.
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <string>

#include "base/rng.h"
#include "client/telemetry/segment_folder.h"

namespace muster::testing {

struct FrailDisk {
  std::map<std::string, Bytes, std::less<>> files;
  // What may still be written before it dies: a byte each, and one for each change of a name.
  std::uint64_t left = std::numeric_limits<std::uint64_t>::max();
  bool dead = false;
  bool full = false;  // Writing fails, and leaves nothing; names can be changed.
};

class FrailFolder final : public client::SegmentFolder {
 public:
  explicit FrailFolder(std::shared_ptr<FrailDisk> disk) : disk_(std::move(disk)) {}

  StatusOr<std::vector<std::string>> List() override {
    if (disk_->dead) return Dead();
    std::vector<std::string> out;
    for (const auto& [name, bytes] : disk_->files) out.push_back(name);
    return out;
  }
  StatusOr<Bytes> Read(std::string_view file) override {
    if (disk_->dead) return Dead();
    const auto it = disk_->files.find(file);
    if (it == disk_->files.end()) return NotFound("no {}", file);
    return it->second;
  }
  Status Append(std::string_view file, std::uint64_t offset, ByteView bytes) override {
    if (disk_->full) return WithReason(ResourceExhausted("no space"), Reason::kDISK_FULL);
    const std::uint64_t whole = Spend(bytes.size());
    if (whole == 0 && disk_->dead) return Dead();
    Bytes& to = disk_->files[std::string(file)];
    to.resize(offset);
    to.insert(to.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(whole));
    return disk_->dead ? Dead() : Ok();
  }
  Status Cut(std::string_view file, std::uint64_t size) override {
    if (Spend(1) == 0) return Dead();
    disk_->files[std::string(file)].resize(size);
    return Ok();
  }
  Status Replace(std::string_view file, ByteView bytes) override {
    if (disk_->full) return WithReason(ResourceExhausted("no space"), Reason::kDISK_FULL);
    if (Spend(bytes.size()) < bytes.size()) return Dead();  // All or nothing.
    disk_->files[std::string(file)] = Bytes(bytes.begin(), bytes.end());
    return Ok();
  }
  Status Remove(std::string_view file) override {
    if (Spend(1) == 0) return Dead();
    if (const auto it = disk_->files.find(file); it != disk_->files.end()) disk_->files.erase(it);
    return Ok();
  }

 private:
  static Status Dead() { return Unavailable("the disk is dead"); }
  // How much of `bytes` it still takes.
  std::uint64_t Spend(std::uint64_t bytes) {
    if (disk_->dead) return 0;
    const std::uint64_t taken = std::min(bytes, disk_->left);
    disk_->left -= taken;
    disk_->dead = taken < bytes;
    return taken;
  }
  const std::shared_ptr<FrailDisk> disk_;
};

// Ids that differ, and are the same in each run.
class CountingRng final : public SecureRng {
 public:
  void Fill(std::span<std::byte> out) override {
    for (std::byte& b : out) b = static_cast<std::byte>(++count_);
  }

 private:
  std::uint8_t count_ = 0;
};

}  // namespace muster::testing
