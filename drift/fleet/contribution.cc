#include "drift/fleet/contribution.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "drift/sketches/histogram.h"

namespace muster::drift {
namespace {
__extension__ using Wide = unsigned __int128;
}  // namespace

StatusOr<std::vector<std::uint32_t>> LimitContribution(std::span<const std::uint64_t> counts,
                                                       std::uint64_t cap) {
  if (cap == 0 || cap > kMostCap) return InvalidField("cap", "{} is not in 1..{}", cap, kMostCap);
  MUSTER_ASSIGN(const std::uint64_t total, TotalOf(counts));
  std::vector<std::uint32_t> out(counts.size());
  if (total <= cap) {
    std::ranges::transform(counts, out.begin(),
                           [](std::uint64_t c) { return static_cast<std::uint32_t>(c); });
    return out;
  }
  std::vector<std::pair<std::uint64_t, std::size_t>> remainders;
  std::uint64_t left = cap;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const Wide scaled = Wide{counts[i]} * cap;
    out[i] = static_cast<std::uint32_t>(scaled / total);
    left -= out[i];
    remainders.emplace_back(static_cast<std::uint64_t>(scaled % total), i);
  }
  // Stable: of equal remainders the earlier bin comes first.
  std::ranges::stable_sort(remainders, std::greater(), [](const auto& r) { return r.first; });
  for (std::size_t k = 0; k < left; ++k) ++out[remainders[k].second];
  return out;
}

}  // namespace muster::drift
