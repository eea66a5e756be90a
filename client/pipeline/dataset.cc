#include "client/pipeline/dataset.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "base/safetensors.h"
#include "client/pipeline/file_bytes.h"

namespace muster::client {
namespace {
constexpr std::uint64_t kMaxFileBytes = 4ULL << 30;

Status Unreadable(const std::filesystem::path& path, std::string_view why) {
  return WithReason(InvalidArgument("{}: {}", path.string(), why), Reason::kDATA_UNREADABLE);
}

StatusOr<std::vector<float>> Values(const std::filesystem::path& path, const TensorView& tensor) {
  std::vector<float> out(tensor.bytes.size() / sizeof(float));
  std::memcpy(out.data(), tensor.bytes.data(), tensor.bytes.size());
  if (!std::all_of(out.begin(), out.end(), [](float v) { return std::isfinite(v); }))
    return Unreadable(path,
                      fmt::format("tensor '{}' has a value that is not finite", tensor.spec.name));
  return out;
}
}  // namespace

Status WriteDataset(const Dataset& d, const std::filesystem::path& path) {
  const auto n = static_cast<std::int64_t>(d.examples);
  const std::array specs = {
      TensorSpec{"x", DType::kF32, {n, static_cast<std::int64_t>(d.inputs)}},
      TensorSpec{"y", DType::kF32, {n, static_cast<std::int64_t>(d.outputs)}}};
  const std::string header = SafetensorsHeader(specs);
  const std::array parts = {AsBytes(header), std::as_bytes(std::span(d.x)),
                            std::as_bytes(std::span(d.y))};
  return WriteFileBytes(path, parts);
}

StatusOr<Dataset> ReadDataset(const std::filesystem::path& path) {
  const StatusOr<Bytes> bytes = ReadFileBytes(path, kMaxFileBytes);
  if (!bytes.ok()) return WithReason(bytes.status(), Reason::kDATA_UNREADABLE);
  const StatusOr<SafetensorsView> file = ParseSafetensors(*bytes);
  if (!file.ok())
    return WithReason(Prefixed(file.status(), path.string()), Reason::kDATA_UNREADABLE);
  const TensorView* const x = file->Find("x");
  const TensorView* const y = file->Find("y");
  for (const TensorView* t : {x, y})
    if (t == nullptr || t->spec.dtype != DType::kF32 || t->spec.shape.size() != 2)
      return Unreadable(path, "needs F32 tensors 'x' [n, inputs] and 'y' [n, outputs]");
  if (x->spec.shape[0] != y->spec.shape[0])
    return Unreadable(path, fmt::format("'x' is {} and 'y' is {}: unlike numbers of examples",
                                        ShapeText(x->spec.shape), ShapeText(y->spec.shape)));
  Dataset out{.examples = static_cast<std::uint64_t>(x->spec.shape[0]),
              .inputs = static_cast<std::uint64_t>(x->spec.shape[1]),
              .outputs = static_cast<std::uint64_t>(y->spec.shape[1]),
              .x = {},
              .y = {}};
  if (out.examples == 0 || out.inputs == 0 || out.outputs == 0)
    return WithReason(InvalidArgument("{}: no example in it", path.string()), Reason::kDATA_EMPTY);
  MUSTER_ASSIGN(out.x, Values(path, *x));
  MUSTER_ASSIGN(out.y, Values(path, *y));
  return out;
}

}  // namespace muster::client
