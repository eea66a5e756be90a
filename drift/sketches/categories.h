#pragma once
// Counts of the categories that a contract names. A category that it does not name is a cell of its
// own, so that what was never seen before is measured like any other drift. Pure.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "drift/sketches/refusal.h"

namespace muster::drift {

inline constexpr std::size_t kMostCategories = 256;
inline constexpr std::size_t kMostCategoryBytes = 64;
inline constexpr std::size_t kMostCategoriesBytes = std::size_t{64} << 10;

// Cells: each category in ascending order of its bytes, then the unseen ones, then null.
class CategoryCounts {
 public:
  // 1 to kMostCategories of 1 to kMostCategoryBytes printable ASCII characters, in any order.
  // FIELD_INVALID on others and on duplicates.
  static StatusOr<CategoryCounts> Over(std::vector<std::string> categories);

  // O(log n). DATA_OUT_OF_RANGE beyond kMostCount rows, and then nothing.
  Status Add(std::string_view category);
  Status AddNull();
  // CONTRACT_MISMATCH on other categories; DATA_OUT_OF_RANGE. Nothing is changed then.
  Status Merge(const CategoryCounts& more);

  std::span<const std::string> categories() const { return categories_; }
  std::span<const std::uint64_t> cells() const { return counts_; }
  std::span<const std::uint64_t> values() const { return cells().first(counts_.size() - 1); }
  std::uint64_t unseen() const { return counts_[categories_.size()]; }
  std::uint64_t nulls() const { return counts_.back(); }
  std::uint64_t rows() const { return rows_; }

  // Canonical JSON {"categories": ["a", ...], "counts": [..., unseen, null]}.
  std::string Encode() const;
  // The inverse, for foreign bytes: ARTEFACT_INVALID on what Encode would not have written.
  static StatusOr<CategoryCounts> Parse(std::string_view text);

  friend bool operator==(const CategoryCounts&, const CategoryCounts&) = default;

 private:
  explicit CategoryCounts(std::vector<std::string> categories)
      : categories_(std::move(categories)), counts_(categories_.size() + 2, 0) {}
  Status Count(std::size_t cell);

  std::vector<std::string> categories_;
  std::vector<std::uint64_t> counts_;
  std::uint64_t rows_ = 0;
};

}  // namespace muster::drift
