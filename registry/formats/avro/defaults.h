#pragma once
// Whether the defaults of fields are values of their types. A union takes a value of any branch
// (Java's rule since 1.11; the specification says the first), a record may leave out fields that
// have a default themselves.
#include <span>

#include "registry/formats/avro/parse.h"

namespace muster::registry::formats::avro {

// OK, or INVALID_ARGUMENT (SCHEMA_INVALID) at the first that does not fit, that holds itself
// without an end, or when all together take more than a million steps.
Status CheckDefaults(std::span<const PendingDefault> defaults);

}  // namespace muster::registry::formats::avro
