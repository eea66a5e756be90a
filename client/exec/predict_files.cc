#include "client/exec/predict_files.h"

#include <array>
#include <cstring>

#include "base/safetensors.h"
#include "client/exec/children.h"
#include "client/pipeline/file_bytes.h"
#include "client/pipeline/one_line.h"

namespace muster::client {
namespace {
constexpr std::uint64_t kMaxExampleBytes = 4ULL << 30;
constexpr std::uint64_t kHeaderRoom = 64 << 10;

Status WriteMatrix(const char* name, std::span<const float> values, std::size_t width,
                   const std::filesystem::path& path) {
  const std::array specs = {TensorSpec{
      name,
      DType::kF32,
      {static_cast<std::int64_t>(values.size() / width), static_cast<std::int64_t>(width)}}};
  const std::string header = SafetensorsHeader(specs);
  const std::array parts = {AsBytes(header), std::as_bytes(values)};
  return WriteFileBytes(path, parts);
}

StatusOr<Examples> ReadMatrix(const char* name, const std::filesystem::path& path,
                              std::uint64_t most) {
  MUSTER_ASSIGN(const Bytes file, ReadFileBytes(path, most));
  MUSTER_ASSIGN(const SafetensorsView view, ParseSafetensors(file));
  const TensorView* const tensor = view.Find(name);
  if (tensor == nullptr || tensor->spec.dtype != DType::kF32 || tensor->spec.shape.size() != 2 ||
      tensor->spec.shape[0] < 1 || tensor->spec.shape[1] < 1)
    return InvalidArgument("needs an F32 tensor '{}' [n, width]", name);
  Examples out{static_cast<std::size_t>(tensor->spec.shape[1]),
               std::vector<float>(tensor->bytes.size() / sizeof(float))};
  std::memcpy(out.x.data(), tensor->bytes.data(), tensor->bytes.size());
  return out;
}
}  // namespace

Status WriteExamples(std::span<const float> x, std::size_t width,
                     const std::filesystem::path& path) {
  return WriteMatrix("x", x, width, path);
}

StatusOr<Examples> ReadExamples(const std::filesystem::path& path) {
  StatusOr<Examples> out = ReadMatrix("x", path, kMaxExampleBytes);
  if (!out.ok()) return WithReason(Prefixed(out.status(), path.string()), Reason::kDATA_UNREADABLE);
  return out;
}

Status WriteOutputs(std::span<const float> y, std::size_t outputs,
                    const std::filesystem::path& path) {
  return WriteMatrix("y", y, outputs, path);
}

StatusOr<std::vector<float>> ReadOutputs(const std::filesystem::path& path, std::size_t examples) {
  constexpr std::size_t kMostOutputs = 1024;
  StatusOr<Examples> out =
      ReadMatrix("y", path, examples * kMostOutputs * sizeof(float) + kHeaderRoom);
  if (!out.ok()) return TaskFailed("predictions: " + OneLine(MessageOf(out.status())));
  if (out->width != 1 || out->x.size() != examples)
    return TaskFailed(
        fmt::format("the model gives {} numbers an example, and one is served", out->width));
  return std::move(out->x);
}

}  // namespace muster::client
