// CheckTorchScript on foreign bytes: whatever it says, it reads nothing beyond them.
#include "registry/torchscript.h"

#include <cstring>

namespace {
class Foreign final : public muster::BlobReader {
 public:
  explicit Foreign(std::span<const std::byte> bytes) : bytes_(bytes) {}
  std::uint64_t size() const override { return bytes_.size(); }
  muster::Status Read(std::uint64_t offset, std::span<std::byte> out) const override {
    if (offset > bytes_.size() || out.size() > bytes_.size() - offset) std::abort();
    if (!out.empty()) std::memcpy(out.data(), bytes_.data() + offset, out.size());
    return muster::Ok();
  }

 private:
  const std::span<const std::byte> bytes_;
};
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Foreign file(std::as_bytes(std::span(data, size)));
  (void)muster::registry::CheckTorchScript(file);
  return 0;
}
