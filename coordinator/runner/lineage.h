#pragma once
// Where a campaign's version comes from and what was measured of it, out of the campaign's state
// and the journal. Decides nothing.
#include <map>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/journal.h"
#include "coordinator/campaign/campaign.h"
#include "registry/version.h"

namespace muster::coordinator {

// The commitment to the cohorts up to a round: SHA-256 of the commitment before it (32 bytes; all
// zeros before the first) and the canonical JSON {"devices":[…],"round":n} of the devices counted
// in it, sorted. Whoever has the journal can compute it again.
StatusOr<Digest> CommitTo(const Digest& before, RoundNumber round, std::vector<DeviceId> counted,
                          const Hasher& hasher);

StatusOr<registry::Lineage> LineageOf(const CampaignState& state, const EvaluatedRound& evaluated,
                                      const Hasher& hasher);

// The metrics, with their standard errors where devices reported one by one.
StatusOr<registry::Measurements> MeasurementsOf(Journal& journal, const CampaignName& campaign,
                                                const EvaluatedRound& evaluated);

// How far `metrics` may be off, by the facts of the round that evaluated: their standard errors
// where devices reported one by one, else how many examples there were.
std::map<std::string, registry::Spread> SpreadsIn(const std::vector<RoundFact>& facts,
                                                  const registry::Metrics& metrics,
                                                  std::uint64_t examples);

// The standard errors of MetricsOf the sum of `reports`, from how they differ between the devices
// that reported: the examples of one device are alike, so devices are what is independent. A
// metric is a ratio of sums, and its error the linearised one of cluster samples (Cochran,
// "Sampling Techniques", 1977, section 9A.1); that of a root is by the delta method. Two devices
// are the least.
std::map<std::string, registry::Spread> SpreadsOf(const std::vector<EvaluationSums>& reports);

}  // namespace muster::coordinator
