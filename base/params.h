#pragma once
// Model parameters in memory: one flat span of f32 with a layout that names its slices.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"

namespace muster {

enum class DType { kF32, kF16, kBF16, kI64, kI32, kU8, kBool };
std::string_view NameOf(DType dtype);  // "F32", as safetensors spells it.
std::size_t SizeOf(DType dtype);       // In bytes.

struct TensorSpec {
  std::string name;
  DType dtype = DType::kF32;
  std::vector<std::int64_t> shape;  // Empty: a scalar.
  friend bool operator==(const TensorSpec&, const TensorSpec&) = default;
};

// Tensors sorted by name, without duplicates; all of them f32 and trainable together.
class Layout {
 public:
  Layout() = default;
  // INVALID_ARGUMENT on a duplicate name, a negative or overflowing shape, or another dtype
  // than f32. Sorts by name. At most 65,536 tensors and 2^40 values.
  static StatusOr<Layout> Make(std::vector<TensorSpec> tensors);

  const std::vector<TensorSpec>& tensors() const { return tensors_; }
  std::size_t size() const { return size_; }  // Values in all.
  std::size_t offset(std::size_t tensor) const { return offsets_[tensor]; }
  std::size_t count(std::size_t tensor) const;  // Values in one tensor.
  // OK, or INVALID_ARGUMENT that names the first tensor that differs and how.
  Status CheckSame(const Layout& other) const;
  friend bool operator==(const Layout&, const Layout&) = default;

 private:
  std::vector<TensorSpec> tensors_;
  std::vector<std::size_t> offsets_;
  std::size_t size_ = 0;
};

struct ParamView {
  const Layout& layout;
  std::span<const float> values;  // layout.size() of them.
};
struct Params {
  Layout layout;
  std::vector<float> values;
  ParamView View() const { return {layout, values}; }
};

// "[420, 64]"; "[]" for a scalar.
std::string ShapeText(std::span<const std::int64_t> shape);

}  // namespace muster
