#pragma once
// What changed between two files, by the rules of Confluent's protobuf-provider.
#include <vector>

#include "base/status.h"
#include "registry/formats/protobuf/shape.h"
#include "registry/schema.h"

namespace muster::registry::formats {

// Every difference from `original` to `update`, in the order of names and numbers, none twice.
// RESOURCE_EXHAUSTED (SCHEMA_TOO_COMPLEX) beyond the budget, whose pairs are those of messages, of
// fields and of enum values.
StatusOr<std::vector<Difference>> CompareShapes(const FileShape& original, const FileShape& update,
                                                const CompareBudget& budget);

}  // namespace muster::registry::formats
