#include "coordinator/runner/replay.h"

#include "coordinator/round/round_facts.h"

namespace muster::coordinator {

StatusOr<std::vector<DeviceId>> CountedIn(Journal& journal, const CampaignName& campaign,
                                          RoundNumber round) {
  for (std::uint32_t attempt = 1;; ++attempt) {
    std::vector<DeviceId> counted;
    bool any = false, published = false;
    MUSTER_TRY(journal.Read(RoundStream({campaign, round, attempt}), 0,
                            [&](const JournalRow& row) -> Status {
                              MUSTER_ASSIGN(const RoundFact fact, DecodeRoundFact(row.fact));
                              any = true;
                              if (const auto* f = std::get_if<UpdatesCounted>(&fact))
                                counted.insert(counted.end(), f->devices.begin(), f->devices.end());
                              published |= std::holds_alternative<ModelPublished>(fact);
                              return Ok();
                            }));
    if (published) return counted;
    if (!any)
      return Unavailable("campaign {} has not published round {} yet", campaign.value(),
                         round.value());
  }
}

}  // namespace muster::coordinator
