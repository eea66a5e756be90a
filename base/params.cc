#include "base/params.h"

#include <algorithm>

namespace muster {
namespace {
constexpr std::size_t kMaxTensors = 65'536;
constexpr std::uint64_t kMaxValues = 1ULL << 40;

StatusOr<std::uint64_t> CountOf(const TensorSpec& t) {
  std::uint64_t count = 1;
  for (const std::int64_t extent : t.shape) {
    if (extent < 0) return InvalidArgument("tensor '{}' has a negative extent", t.name);
    const auto wide = static_cast<unsigned __int128>(count) * static_cast<std::uint64_t>(extent);
    if (wide > kMaxValues)
      return InvalidArgument("tensor '{}' {} is too large", t.name, ShapeText(t.shape));
    count = static_cast<std::uint64_t>(wide);
  }
  return count;
}
}  // namespace

std::string_view NameOf(DType dtype) {
  switch (dtype) {
    case DType::kF32: return "F32";
    case DType::kF16: return "F16";
    case DType::kBF16: return "BF16";
    case DType::kI64: return "I64";
    case DType::kI32: return "I32";
    case DType::kU8: return "U8";
    case DType::kBool: return "BOOL";
  }
  return "?";
}

std::size_t SizeOf(DType dtype) {
  switch (dtype) {
    case DType::kI64: return 8;
    case DType::kF32:
    case DType::kI32: return 4;
    case DType::kF16:
    case DType::kBF16: return 2;
    case DType::kU8:
    case DType::kBool: return 1;
  }
  return 0;
}

std::string ShapeText(std::span<const std::int64_t> shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

StatusOr<Layout> Layout::Make(std::vector<TensorSpec> tensors) {
  if (tensors.size() > kMaxTensors)
    return InvalidArgument("{} tensors; at most {} are allowed", tensors.size(), kMaxTensors);
  std::sort(tensors.begin(), tensors.end(),
            [](const TensorSpec& a, const TensorSpec& b) { return a.name < b.name; });
  Layout out;
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const TensorSpec& t = tensors[i];
    if (i > 0 && tensors[i - 1].name == t.name)
      return InvalidArgument("tensor '{}' stands twice", t.name);
    if (t.dtype != DType::kF32)
      return InvalidArgument("tensor '{}' is {}; parameters are F32", t.name, NameOf(t.dtype));
    MUSTER_ASSIGN(const std::uint64_t count, CountOf(t));
    out.offsets_.push_back(static_cast<std::size_t>(total));
    total += count;
    if (total > kMaxValues) return InvalidArgument("more than 2^40 values in all");
  }
  out.tensors_ = std::move(tensors);
  out.size_ = static_cast<std::size_t>(total);
  return out;
}

std::size_t Layout::count(std::size_t tensor) const {
  const std::size_t end = tensor + 1 < offsets_.size() ? offsets_[tensor + 1] : size_;
  return end - offsets_[tensor];
}

Status Layout::CheckSame(const Layout& other) const {
  const std::size_t n = std::min(tensors_.size(), other.tensors_.size());
  for (std::size_t i = 0; i < n; ++i) {
    const TensorSpec &mine = tensors_[i], &theirs = other.tensors_[i];
    if (mine.name != theirs.name)
      return InvalidArgument("tensor '{}' stands where '{}' is expected", theirs.name, mine.name);
    if (mine.shape != theirs.shape)
      return InvalidArgument("tensor '{}' has shape {}; {} is expected", mine.name,
                             ShapeText(theirs.shape), ShapeText(mine.shape));
  }
  if (tensors_.size() != other.tensors_.size())
    return InvalidArgument("{} tensors; {} are expected", other.tensors_.size(), tensors_.size());
  return Ok();
}

}  // namespace muster
