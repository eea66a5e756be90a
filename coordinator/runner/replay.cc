#include "coordinator/runner/replay.h"

#include <algorithm>

namespace muster::coordinator {

StatusOr<std::vector<RoundFact>> PublishedFacts(Journal& journal, const CampaignName& campaign,
                                                RoundNumber round) {
  for (std::uint32_t attempt = 1;; ++attempt) {
    std::vector<RoundFact> facts;
    MUSTER_TRY(journal.Read(RoundStream({campaign, round, attempt}), 0,
                            [&](const JournalRow& row) -> Status {
                              MUSTER_ASSIGN(facts.emplace_back(), DecodeRoundFact(row.fact));
                              return Ok();
                            }));
    const bool published = std::any_of(facts.begin(), facts.end(), [](const RoundFact& fact) {
      return std::holds_alternative<ModelPublished>(fact);
    });
    if (published) return facts;
    if (facts.empty())
      return Unavailable("campaign {} has not published round {} yet", campaign.value(),
                         round.value());
  }
}

StatusOr<std::vector<DeviceId>> CountedIn(Journal& journal, const CampaignName& campaign,
                                          RoundNumber round) {
  MUSTER_ASSIGN(const std::vector<RoundFact> facts, PublishedFacts(journal, campaign, round));
  std::vector<DeviceId> counted;
  for (const RoundFact& fact : facts)
    if (const auto* f = std::get_if<UpdatesCounted>(&fact))
      counted.insert(counted.end(), f->devices.begin(), f->devices.end());
  return counted;
}

std::map<DeviceId, EvaluationSums> ReportsIn(const std::vector<RoundFact>& facts) {
  std::map<DeviceId, EvaluationSums> out;
  for (const RoundFact& fact : facts)
    if (const auto* f = std::get_if<EvaluationCounted>(&fact)) out[f->device] = f->sums;
  return out;
}

DeviceSet EvaluatorsIn(const std::vector<RoundFact>& facts) {
  DeviceSet out;
  for (const RoundFact& fact : facts) {
    if (const auto* f = std::get_if<EvaluationCounted>(&fact)) out.insert(f->device);
    if (const auto* f = std::get_if<EvaluationsSummed>(&fact))
      out.insert(f->devices.begin(), f->devices.end());
  }
  return out;
}

}  // namespace muster::coordinator
