#pragma once
// What a version's campaign measured of the version that it was trained from, out of the campaign's
// state and the journal. Decides nothing.
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/journal.h"
#include "coordinator/campaign/campaign.h"
#include "registry/version.h"

namespace muster::coordinator {

// Empty: the campaign evaluated none, or nothing came of it. UNAVAILABLE and DATA_LOSS of the
// journal. Cost: the facts of two rounds.
StatusOr<std::optional<registry::Baseline>> BaselineOf(Journal& journal, const CampaignState& state,
                                                       const EvaluatedRound& evaluated);

// By how much each metric of `after` differs from that of `before`, over the devices that are in
// both, and the standard error of that. Reports of one device go together: what makes its rows hard
// is in both and goes out of the difference. Linearised as in SpreadsOf: a device's residual is
// that of `after` less that of `before`. Two devices are the least; a root of 0 has no error.
std::map<std::string, registry::PairedDifference> DifferencesOf(
    const std::map<DeviceId, EvaluationSums>& before,
    const std::map<DeviceId, EvaluationSums>& after);

// Why nobody evaluated, by the facts of a round that only evaluates: "none of 12 devices did:
// TOO_FEW_DEVICES".
std::string WhyNobody(const std::vector<RoundFact>& facts);

}  // namespace muster::coordinator
