#pragma once
// What a node gives to one window of a monitor: its rows to bounded integers. Pure.
#include "aggregation/secagg/named_sums.h"
#include "aggregation/statistics/window.h"
#include "base/status.h"
#include "client/serving/served_log.h"

namespace muster::client {

// The integers of FieldsOf(query) over the newest `query.rows` rows of the window. Of each field
// they sum to the number of these rows, whatever those hold: nobody counts for more
// (drift/fleet/contribution.h). A null, or a row without a prediction, is in the field's last cell.
// A measure is of the rows whose prediction is known, and of errors the label too; each value is
// clamped to the measure's range. Without a row all are 0, "given" too.
//
//   window  its fields are those of the query, in its order, but for kPredictionField.
//   errors  FIELD_INVALID (query); INVALID_ARGUMENT when the window is not as above.
//   cost    O(rows fields).
StatusOr<aggregation::secagg::SumValues> CountWindow(
    const aggregation::statistics::WindowQuery& query, const ServedWindow& window);

}  // namespace muster::client
