#pragma once
// Who takes part: matching devices by label, and cohorts drawn by seed. Pure.
#include <map>
#include <string>
#include <vector>

#include "base/ids.h"

namespace muster::coordinator {

using LabelMap = std::map<std::string, std::string>;

struct Candidate {
  DeviceId id;
  DeviceName name;
  LabelMap labels;
};

// Whether `labels` carries all of `wanted`. No wanted label matches everything.
bool Matches(const LabelMap& labels, const LabelMap& wanted);

// Draws `count` of `candidates` without replacement, by (seed, campaign, round) and the sorted
// operator-given names alone: ids, keys and the order of enrolment do not matter, and neither does
// the attempt, so a round that is run again asks the same devices.
//   returns  min(count, candidates) ids, in drawing order.
//   cost     O(n log n).
std::vector<DeviceId> DrawCohort(std::vector<Candidate> candidates, std::size_t count,
                                 std::uint64_t seed, const CampaignName& campaign,
                                 RoundNumber round);

// Cuts `candidates` into blocks that are always asked together: sums over cohorts that change from
// round to round would single devices out (So et al., arXiv 2106.03328, section 4).
//
//   returns  max(1, candidates / size) blocks of `size` or a little more, drawn by (seed, campaign)
//            and the sorted names alone; none of no candidates.
//   cost     O(n log n).
std::vector<std::vector<DeviceId>> DrawBlocks(std::vector<Candidate> candidates, std::size_t size,
                                              std::uint64_t seed, const CampaignName& campaign);

// Which of `blocks` blocks, at least one, a round asks: each once in so many rounds, in an order
// that is drawn anew each time. A later attempt asks the block after, since devices give to a round
// once.
std::size_t PickBlock(std::size_t blocks, std::uint64_t seed, const CampaignName& campaign,
                      RoundNumber round, std::uint32_t attempt);

}  // namespace muster::coordinator
