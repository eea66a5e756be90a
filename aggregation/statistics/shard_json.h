#pragma once
// A shard's totals as JSON: {"devices", "group", "totals"}, each kind of totals one text of decimal
// numbers with a space between, since a fleet's windows may hold millions of them.
#include "aggregation/statistics/window.h"
#include "base/canonical_json.h"
#include "base/status.h"

namespace muster::aggregation::statistics {

Json ToJson(const ShardTotals& shard);
// INVALID_ARGUMENT when it is none. Other forms of the same numbers are taken too: who wants one
// form writes it again and compares.
StatusOr<ShardTotals> ShardTotalsFrom(const Json& json);

}  // namespace muster::aggregation::statistics
