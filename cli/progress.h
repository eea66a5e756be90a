#pragma once
// A progress bar for work that takes long, on the terminal's error output, or nothing at all.
#include <string>

#include "base/blobs.h"
#include "cli/world.h"

namespace muster::cli {

// "uploading net.pt  ███░░░  45%  1.2 MiB of 2.7 MiB"; without the bar when the total is not known
// (0). Pure.
std::string ProgressText(const std::string& label, std::uint64_t done, std::uint64_t total);

// Shows up after half a second, redraws at most ten times a second, and is wiped at the end.
class Progress {
 public:
  Progress(World& world, std::string label, std::uint64_t total);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  void At(std::uint64_t done);

 private:
  World& world_;
  const std::string label_;
  const std::uint64_t total_;
  Timestamp next_;
  bool shown_ = false;
};

// A blob that tells how far it has been read.
class ProgressBlob final : public BlobReader {
 public:
  ProgressBlob(const BlobReader& blob, Progress& progress) : blob_(blob), progress_(progress) {}
  std::uint64_t size() const override { return blob_.size(); }
  Status Read(std::uint64_t offset, std::span<std::byte> out) const override {
    progress_.At(offset + out.size());
    return blob_.Read(offset, out);
  }

 private:
  const BlobReader& blob_;
  Progress& progress_;
};

}  // namespace muster::cli
