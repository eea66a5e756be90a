#pragma once
// Parts of a version as facts hold them, and back. For registry/*_facts.cc alone.
#include <vector>

#include "base/canonical_json.h"
#include "registry/gate.h"
#include "registry/version.h"

namespace muster::registry {

// Adds the members "metrics", "spreads", "slices" and "energy" to `body`; of those that are empty
// only "metrics".
void PutMeasurements(const Measurements& measured, Json& body);
// From the same members; "metrics" has to be there.
StatusOr<Measurements> MeasurementsFrom(const Json& body);

Json ToJson(const Lineage& lineage);
StatusOr<Lineage> LineageFrom(const Json& json);

Json ToJson(const std::vector<Verdict>& verdicts);
StatusOr<std::vector<Verdict>> VerdictsFrom(const Json& json);

}  // namespace muster::registry
