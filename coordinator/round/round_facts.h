#pragma once
// Round facts as journal rows and back. docs/PROTOCOL.md lists the fields.
#include <string>

#include "base/fact.h"
#include "coordinator/round/round.h"

namespace muster::coordinator {

// "round/<campaign>/<round>/<attempt>"
std::string RoundStream(const RoundKey& key);

StatusOr<std::string> EncodeRoundFact(const RoundFact& fact, std::string_view by, Timestamp at);
// DATA_LOSS when a row of our own journal does not read.
StatusOr<RoundFact> DecodeRoundFact(std::string_view row);

// Sums as facts have them.
Json ToJson(const SliceSums& slices);
StatusOr<SliceSums> SliceSumsFrom(const Json& json);

}  // namespace muster::coordinator
