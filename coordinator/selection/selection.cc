#include "coordinator/selection/selection.h"

#include <algorithm>
#include <numeric>

#include "base/seeded.h"

namespace muster::coordinator {
namespace {
void SortByName(std::vector<Candidate>& candidates) {
  std::sort(candidates.begin(), candidates.end(),
            [](const Candidate& a, const Candidate& b) { return a.name < b.name; });
}
}  // namespace

bool Matches(const LabelMap& labels, const LabelMap& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const auto& want) {
    const auto it = labels.find(want.first);
    return it != labels.end() && it->second == want.second;
  });
}

std::vector<DeviceId> DrawCohort(std::vector<Candidate> candidates, std::size_t count,
                                 std::uint64_t seed, const CampaignName& campaign,
                                 RoundNumber round) {
  SortByName(candidates);
  SeededRng rng(
      SeedOf({"cohort", std::to_string(seed), campaign.value(), std::to_string(round.value())}));
  count = std::min(count, candidates.size());
  std::vector<DeviceId> drawn;
  for (std::size_t i = 0; i < count; ++i) {  // The first `count` steps of Fisher and Yates.
    const std::size_t pick = i + static_cast<std::size_t>(rng.Below(candidates.size() - i));
    std::swap(candidates[i], candidates[pick]);
    drawn.push_back(candidates[i].id);
  }
  return drawn;
}

std::vector<std::vector<DeviceId>> DrawBlocks(std::vector<Candidate> candidates, std::size_t size,
                                              std::uint64_t seed, const CampaignName& campaign) {
  if (candidates.empty()) return {};
  SortByName(candidates);
  SeededRng rng(SeedOf({"blocks", std::to_string(seed), campaign.value()}));
  for (std::size_t i = 0; i + 1 < candidates.size(); ++i)
    std::swap(candidates[i], candidates[i + rng.Below(candidates.size() - i)]);
  std::vector<std::vector<DeviceId>> blocks(std::max<std::size_t>(1, candidates.size() / size));
  for (std::size_t i = 0; i < candidates.size(); ++i)
    blocks[i * blocks.size() / candidates.size()].push_back(candidates[i].id);
  return blocks;
}

std::size_t PickBlock(std::size_t blocks, std::uint64_t seed, const CampaignName& campaign,
                      RoundNumber round, std::uint32_t attempt) {
  const std::uint64_t turn = round.value() - 1;
  SeededRng rng(
      SeedOf({"turn", std::to_string(seed), campaign.value(), std::to_string(turn / blocks)}));
  std::vector<std::size_t> order(blocks);
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (std::size_t i = 0; i + 1 < blocks; ++i)
    std::swap(order[i], order[i + rng.Below(blocks - i)]);
  return order[(turn + attempt - 1) % blocks];
}

}  // namespace muster::coordinator
