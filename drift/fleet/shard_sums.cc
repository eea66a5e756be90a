#include "drift/fleet/shard_sums.h"

#include <numeric>

#include "drift/distances/binned.h"

namespace muster::drift {

ShardSums::ShardSums(ShardPlan plan, std::vector<std::size_t> bins, std::size_t cells,
                     std::uint64_t cap)
    : plan_(std::move(plan)),
      bins_(std::move(bins)),
      cells_(cells),
      cap_(cap),
      counted_(plan_.devices(), false),
      devices_(plan_.shards(), 0),
      sums_(plan_.shards() * cells, 0) {}

StatusOr<ShardSums> ShardSums::Make(ShardPlan plan, std::vector<std::size_t> bins,
                                    std::uint64_t cap) {
  if (bins.empty() || bins.size() > kMostFeatures)
    return InvalidField("bins", "{} features, 1 to {} are allowed", bins.size(), kMostFeatures);
  std::size_t cells = 0;
  for (const std::size_t count : bins) {
    if (count == 0 || count > kMostCells)
      return InvalidField("bins", "{} is not in 1..{}", count, kMostCells);
    cells += count;
  }
  if (cap == 0 || cap > kMostCap) return InvalidField("cap", "{} is not in 1..{}", cap, kMostCap);
  return ShardSums(std::move(plan), std::move(bins), cells, cap);
}

bool ShardSums::WithinCap(std::span<const std::uint32_t> counts) const {
  for (const std::size_t bins : bins_) {
    const auto feature = counts.first(bins);
    if (std::accumulate(feature.begin(), feature.end(), std::uint64_t{0}) > cap_) return false;
    counts = counts.subspan(bins);
  }
  return true;
}

Status ShardSums::Add(const DeviceId& device, std::span<const std::uint32_t> counts) {
  MUSTER_ASSIGN(const ShardPlan::Place place, plan_.PlaceOf(device));
  if (counted_[place.member])
    return WithReason(AlreadyExists("{} is counted in this window", device.value()),
                      Reason::kALREADY_COUNTED);
  if (counts.size() != cells_) return RefuseOtherBins("counts");
  if (!WithinCap(counts)) return RefuseBeyond("values of a device");
  counted_[place.member] = true;
  ++devices_[place.shard];
  const auto into = std::span(sums_).subspan(place.shard * cells_, cells_);
  for (std::size_t i = 0; i < cells_; ++i) into[i] += counts[i];
  return Ok();
}

Replicates ShardSums::Of(std::size_t feature) const {
  std::size_t first = 0;
  for (std::size_t i = 0; i < feature; ++i) first += bins_[i];
  Replicates out{.bins = bins_[feature], .devices = devices_, .counts = {}};
  out.counts.reserve(devices_.size() * out.bins);
  for (std::size_t shard = 0; shard < devices_.size(); ++shard) {
    const auto from = std::span(sums_).subspan(shard * cells_ + first, out.bins);
    out.counts.insert(out.counts.end(), from.begin(), from.end());
  }
  return out;
}

}  // namespace muster::drift
