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

}  // namespace muster::coordinator
