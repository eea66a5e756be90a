#pragma once
// The files that every schema may import without giving them: protobuf's well-known types and
// Confluent's two.
#include <google/protobuf/descriptor.h>

namespace muster::registry::formats {

// Built at the first call; safe from any thread.
const google::protobuf::DescriptorPool& KnownFiles();

}  // namespace muster::registry::formats
