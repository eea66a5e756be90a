#pragma once
// What a campaign over a monitor's window may ask, and what its devices are asked for it. Pure.
#include "aggregation/statistics/window.h"
#include "base/status.h"
#include "coordinator/campaign/spec.h"
#include "registry/contract.h"
#include "registry/model.h"

namespace muster::coordinator {

// The part of Validate(spec) that is about spec.statistics->window, which is set, as spec.secure
// is: INVALID_ARGUMENT (FIELD_INVALID) with the path.
Status CheckWindow(const CampaignSpec& spec);

// The query of a window: over the fields asked for, or the model's features, each over its range in
// `contract`; the prediction over the label's, from its minimum (or 0) to the model's cap or its
// maximum, and of a binary label over [0, 1]. Errors are measured over the width of that range.
//   asked   its window is set.
//   errors  those of FirstQuery; FIELD_INVALID at "statistics.window…" when the label has no range
//           to count predictions over, or expected errors are asked of one that is not binary.
StatusOr<aggregation::statistics::WindowQuery> WindowQueryOf(
    const StatisticsSpec& asked, const registry::ContractVersion& contract,
    const registry::ModelSpec& model);

}  // namespace muster::coordinator
