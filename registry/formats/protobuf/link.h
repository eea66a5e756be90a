#pragma once
// A schema's file with its imports: names resolved, rules of the language checked.
#include <google/protobuf/descriptor.h>

#include <memory>
#include <span>
#include <string_view>

#include "base/status.h"
#include "registry/formats/protobuf/source.h"
#include "registry/schema.h"

namespace muster::registry::formats {

struct Linked {
  Source source;                                           // The schema's own file.
  std::unique_ptr<google::protobuf::DescriptorPool> pool;  // Over KnownFiles(); with references.
  const google::protobuf::FileDescriptor* file = nullptr;  // In `pool`.
};

// INVALID_ARGUMENT (SCHEMA_INVALID) as ParseProtobuf's; of a reference, with its name.
StatusOr<Linked> Link(std::string_view text, std::span<const ReferencedSchema> references);

}  // namespace muster::registry::formats
