#include "registry/artefacts.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/safetensors.h"
#include "registry/torchscript.h"

namespace muster::registry {
namespace {
constexpr std::size_t kPiece = 1 << 20;  // A multiple of a value's size.

template <typename... Args>
Status Refused(fmt::format_string<Args...> f, Args&&... args) {
  return WithReason(InvalidArgument(f, std::forward<Args>(args)...), Reason::kARTEFACT_INVALID);
}

StatusOr<std::unique_ptr<BlobReader>> Open(Blobs& blobs, const Digest& digest) {
  auto reader = blobs.Open(digest);
  if (reader.status().code() == absl::StatusCode::kNotFound)
    return WithReason(
        FailedPrecondition("there is no artefact {}; put it first", digest.ToString()),
        Reason::kBLOB_NOT_FOUND);
  return reader;
}

StatusOr<SafetensorsIndex> ReadIndex(const BlobReader& file) {
  Bytes head(std::min<std::uint64_t>(sizeof(std::uint64_t), file.size()));
  MUSTER_TRY(file.Read(0, head));
  MUSTER_ASSIGN(const std::uint64_t size, SafetensorsHeadBytes(head, file.size()));
  head.resize(size);
  MUSTER_TRY(file.Read(0, head));
  return ParseSafetensorsHead(head, file.size());
}

Status CheckFinite(const BlobReader& file, const SafetensorsIndex::Entry& tensor) {
  Bytes piece;
  for (std::uint64_t at = tensor.begin; at < tensor.end; at += piece.size()) {
    piece.resize(std::min<std::uint64_t>(kPiece, tensor.end - at));
    MUSTER_TRY(file.Read(at, piece));
    for (std::size_t i = 0; i < piece.size(); i += sizeof(float)) {
      float value = 0;
      std::memcpy(&value, piece.data() + i, sizeof(value));
      if (!std::isfinite(value))
        return Refused("tensor '{}' holds a value that is not finite",
                       tensor.spec.name.substr(0, 80));
    }
  }
  return Ok();
}
}  // namespace

StatusOr<std::uint64_t> CountParameters(Blobs& blobs, const Digest& params) {
  MUSTER_ASSIGN(const auto file, Open(blobs, params));
  MUSTER_ASSIGN(const SafetensorsIndex index, ReadIndex(*file));
  std::vector<TensorSpec> specs;
  for (const auto& tensor : index.tensors) specs.push_back(tensor.spec);
  const StatusOr<Layout> layout = Layout::Make(std::move(specs));
  if (!layout.ok()) return WithReason(layout.status(), Reason::kARTEFACT_INVALID);
  if (layout->size() == 0) return Refused("the file holds no parameters");
  for (const auto& tensor : index.tensors) MUSTER_TRY(CheckFinite(*file, tensor));
  return layout->size();
}

Status CheckModule(Blobs& blobs, const Digest& module) {
  MUSTER_ASSIGN(const auto file, Open(blobs, module));
  return CheckTorchScript(*file);
}

}  // namespace muster::registry
