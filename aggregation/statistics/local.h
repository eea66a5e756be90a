#pragma once
// What one device gives to federated statistics: its rows to the bounded integers of one pass. It
// reads nothing and sends nothing.
#include <span>

#include "aggregation/secagg/named_sums.h"
#include "aggregation/statistics/descriptor.h"
#include "base/status.h"

namespace muster::aggregation::statistics {

// In which of a field's CellsOf a value counts; NaN: no value, the last.
std::uint64_t CellOf(const FieldRange& field, double value);

// The integers of FieldsOf(query).
//
//   columns  one for each field of the query, in its order, all of one length; NaN: no value. An
//            infinity counts as below or above. Of more than kMostRows rows the first count.
//   errors   those of CheckQuery; INVALID_ARGUMENT when the columns are not as above.
//   cost     one pass over each column, O(cells) memory.
StatusOr<secagg::SumValues> CountRows(const Query& query,
                                      std::span<const std::span<const double>> columns);

}  // namespace muster::aggregation::statistics
