#pragma once
// Gates: wire to domain and back. Part of convert.h.
#include <muster/v1/model.pb.h>

#include "registry/gate.h"

namespace muster::registry {

// Defaults where something is left out. INVALID_ARGUMENT (FIELD_INVALID) at "gates.…" where a text
// does not read; what it means is judged by Validate.
StatusOr<Gates> FromProto(const v1::Gates& in);
v1::Gates ToProto(const Gates& in);

}  // namespace muster::registry
