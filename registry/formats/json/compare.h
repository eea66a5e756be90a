#pragma once
// The comparison of two compiled schemas.
#include <vector>

#include "base/status.h"
#include "registry/formats/json/node.h"
#include "registry/schema.h"

namespace muster::registry::formats::json {

// Every difference from `original` to `update`, in Confluent's order. A pair of definitions that is
// reached by several ways is reported at each, up to a bound; after that, and in circles, where it
// was met first. RESOURCE_EXHAUSTED (SCHEMA_TOO_COMPLEX) beyond the budget.
// Cost: pairs of schemas that meet, times the keywords of each.
StatusOr<std::vector<Difference>> CompareGraphs(const Graph& original, const Graph& update,
                                                const CompareBudget& budget);

}  // namespace muster::registry::formats::json
