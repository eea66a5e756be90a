#include "drift/sketches/categories.h"

#include <algorithm>

#include "base/canonical_json.h"
#include "drift/sketches/counts_json.h"
#include "drift/sketches/histogram.h"

namespace muster::drift {
namespace {
constexpr int kDepth = 2;

bool IsCategory(std::string_view name) {
  return !name.empty() && name.size() <= kMostCategoryBytes &&
         std::ranges::all_of(name, [](char c) { return c >= ' ' && c <= '~'; });
}
}  // namespace

StatusOr<CategoryCounts> CategoryCounts::Over(std::vector<std::string> categories) {
  if (categories.empty() || categories.size() > kMostCategories)
    return InvalidField("categories", "{} of them, 1 to {} are allowed", categories.size(),
                        kMostCategories);
  std::ranges::sort(categories);
  if (std::ranges::adjacent_find(categories) != categories.end())
    return InvalidField("categories", "one comes twice");
  if (!std::ranges::all_of(categories, IsCategory))
    return InvalidField("categories", "are 1 to {} printable characters", kMostCategoryBytes);
  return CategoryCounts(std::move(categories));
}

Status CategoryCounts::Count(std::size_t cell) {
  if (rows_ == kMostCount) return RefuseBeyond("rows");
  ++counts_[cell];
  ++rows_;
  return Ok();
}

Status CategoryCounts::Add(std::string_view category) {
  const auto at = std::ranges::lower_bound(categories_, category);
  const bool seen = at != categories_.end() && *at == category;
  return Count(seen ? static_cast<std::size_t>(at - categories_.begin()) : categories_.size());
}

Status CategoryCounts::AddNull() { return Count(categories_.size() + 1); }

Status CategoryCounts::Merge(const CategoryCounts& more) {
  if (categories_ != more.categories_) return RefuseOtherBins("categories");
  if (more.rows_ > kMostCount - rows_) return RefuseBeyond("rows");
  for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += more.counts_[i];
  rows_ += more.rows_;
  return Ok();
}

std::string CategoryCounts::Encode() const {
  // Integers below 2^53 and ASCII always have a text.
  return CanonicalJson({{"categories", categories_}, {"counts", counts_}}).value();
}

StatusOr<CategoryCounts> CategoryCounts::Parse(std::string_view text) {
  if (text.size() > kMostCategoriesBytes) return RefuseText("categories", "too long");
  const auto read = [text]() -> StatusOr<CategoryCounts> {
    MUSTER_ASSIGN(const Json json, ParseJson(text, kDepth));
    JsonReader r(json);
    MUSTER_ASSIGN(auto counts, CountsAt(r.At("counts"), kMostCategories + 2));
    MUSTER_ASSIGN(CategoryCounts out, Over(r.Texts("categories")));
    MUSTER_TRY(r.status());
    if (counts.size() != out.counts_.size()) return InvalidArgument("not one count a category");
    MUSTER_ASSIGN(out.rows_, TotalOf(counts));
    out.counts_ = std::move(counts);
    return out;
  };
  StatusOr<CategoryCounts> out = read();
  if (!out.ok()) return RefuseText("categories", MessageOf(out.status()));
  if (out->Encode() != text) return RefuseText("categories", "not in their canonical form");
  return out;
}

}  // namespace muster::drift
