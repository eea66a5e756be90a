#pragma once
// YAML without a schema, for parts whose values read JSON: the same tree, and where each part of it
// stands, so that whoever judges it can be shown by file, line and column (Located, load.h).
#include <string>
#include <string_view>

#include "base/canonical_json.h"
#include "base/status.h"
#include "config/source_map.h"

namespace muster::config {

struct Plain {
  Json json;  // A map.
  SourceMap source;
};

// One document that is a map. Unquoted whole numbers below 2^53, true, false and nothing are what
// they are in JSON; all else, decimals among it, is text as it was written.
//   errors  INVALID_ARGUMENT as ParseInto's (load.h): FIELD_DUPLICATE for a key that stands twice,
//           FIELD_INVALID for what is no YAML, no map, or beyond the limits of yaml_tree.h.
StatusOr<Plain> ParsePlain(std::string_view text, const std::string& file);

}  // namespace muster::config
