#pragma once
// A server rule's state as bytes: a safetensors file with the moments as flat f32 tensors and the
// number of steps in its metadata. Carries no ids and no times.
#include "aggregation/server_rule.h"
#include "base/bytes.h"

namespace muster::aggregation {

// The same state always gives the same bytes.
Bytes SerializeState(const ServerState& state);

// Reads foreign bytes. INVALID_ARGUMENT with ARTEFACT_INVALID unless they are a safetensors file
// that holds just what SerializeState writes: finite moments of one length, the second neither
// negative nor without the first, none before the first step.
StatusOr<ServerState> ParseState(ByteView bytes);

}  // namespace muster::aggregation
