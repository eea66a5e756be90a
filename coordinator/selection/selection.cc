#include "coordinator/selection/selection.h"

#include <algorithm>

#include "base/seeded.h"

namespace muster::coordinator {

bool Matches(const LabelMap& labels, const LabelMap& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const auto& want) {
    const auto it = labels.find(want.first);
    return it != labels.end() && it->second == want.second;
  });
}

std::vector<DeviceId> DrawCohort(std::vector<Candidate> candidates, std::size_t count,
                                 std::uint64_t seed, const CampaignName& campaign,
                                 RoundNumber round) {
  std::sort(candidates.begin(), candidates.end(),
            [](const Candidate& a, const Candidate& b) { return a.name < b.name; });
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

}  // namespace muster::coordinator
