#pragma once
// What a campaign of statistics may ask, and of which fields of its contract. Pure.
#include <string>
#include <vector>

#include "base/status.h"
#include "coordinator/campaign/spec.h"
#include "registry/contract.h"

namespace muster::coordinator {

// The part of Validate(spec) that is about spec.statistics, which is set: INVALID_ARGUMENT
// (FIELD_INVALID) with the path. The plan and secure sums are judged already.
Status CheckStatistics(const CampaignSpec& spec);

// The fields that are counted, in the order asked for, or, when none is named, in the contract's.
//   errors  FIELD_INVALID at "statistics.fields[i]" when the contract has no such field (with the
//           nearest name), or it is no number, or declares no range to count over;
//           at "statistics.fields" when the contract has none to count, or too many.
StatusOr<std::vector<registry::FieldSpec>> CountedFields(const StatisticsSpec& asked,
                                                         const registry::ContractSpec& contract);

}  // namespace muster::coordinator
