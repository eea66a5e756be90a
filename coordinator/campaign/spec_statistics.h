#pragma once
// What a campaign of statistics may ask, and of which fields of its contract. Pure.
#include "aggregation/statistics/descriptor.h"
#include "base/status.h"
#include "coordinator/campaign/spec.h"
#include "registry/contract.h"

namespace muster::coordinator {

// The part of Validate(spec) that is about spec.statistics, which is set: INVALID_ARGUMENT
// (FIELD_INVALID) with the path. The plan and secure sums are judged already.
Status CheckStatistics(const CampaignSpec& spec);

// The query of the first pass: over the fields asked for, in that order, or, when none is named,
// over all that can be counted, in the contract's.
//   errors  FIELD_INVALID at "statistics.fields[i]" when the contract has no such field (with the
//           nearest name), or it is no number, or declares no range to count over;
//           at "statistics.fields" when the contract has none to count, or too many.
StatusOr<aggregation::statistics::Query> FirstQuery(const StatisticsSpec& asked,
                                                    const registry::ContractVersion& contract);

}  // namespace muster::coordinator
