#include "aggregation/statistics/ranges.h"

#include <algorithm>
#include <cmath>

namespace muster::aggregation::statistics {
namespace {
constexpr std::size_t kLongestName = 63;
}  // namespace

bool IsName(std::string_view name) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  const auto inner = [&](char c) {
    return letter(c) || (c >= '0' && c <= '9') || c == '.' || c == '-';
  };
  return !name.empty() && name.size() <= kLongestName && letter(name.front()) &&
         std::ranges::all_of(name, inner);
}

Status CheckRange(const std::string& path, const FieldRange& field) {
  if (!std::isfinite(field.lo) || !std::isfinite(field.hi) || !(field.lo < field.hi) ||
      !std::isfinite(field.hi - field.lo))
    return InvalidField(path + ".lo", "the range {} to {} is empty or too wide", field.lo,
                        field.hi);
  if (field.bins == 0 || field.bins > kMostBins)
    return InvalidField(path + ".bins", "{} is not in 1..{}", field.bins, kMostBins);
  return Ok();
}

void AddField(std::vector<secagg::SumField>& out, std::string_view name, std::uint64_t count,
              std::uint64_t most) {
  if (count > 0) out.push_back({std::string(name), count, most});
}

Json RangesJson(std::span<const FieldRange> fields) {
  Json out = Json::array();
  for (const FieldRange& field : fields)
    out.push_back({{"name", field.name},
                   {"lo", DecimalText(field.lo)},
                   {"hi", DecimalText(field.hi)},
                   {"bins", field.bins}});
  return out;
}

std::uint32_t Narrow(std::uint64_t value) {
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(value, UINT32_MAX));
}

StatusOr<std::vector<FieldRange>> RangesAt(const Json& list) {
  std::vector<FieldRange> out;
  for (const Json& item : list) {
    if (out.size() == kMostFields) return InvalidArgument("more than {} fields", kMostFields);
    JsonReader r(item);
    out.push_back({.name = r.Text("name"),
                   .lo = r.Decimal("lo"),
                   .hi = r.Decimal("hi"),
                   .bins = Narrow(r.Unsigned("bins"))});
    MUSTER_TRY(r.status());
  }
  return out;
}

}  // namespace muster::aggregation::statistics
