#pragma once
// A detector's declaration as JSON: {"config":{...},"detector":"adwin"}, every field present.
#include "base/canonical_json.h"
#include "drift/detectors/configs.h"

namespace muster::drift {

Json ConfigJson(const DetectorSpec& spec);  // The inner object, without the name.

// FIELD_INVALID at the field, under `path`: unknown names, missing, unknown and impossible fields.
StatusOr<DetectorSpec> ReadSpec(std::string_view name, const Json& config, std::string_view path);

}  // namespace muster::drift
