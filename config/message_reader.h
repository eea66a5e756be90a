#pragma once
// A YAML tree read into a protobuf message, descriptor beside node. Finds every mistake, not only
// the first. Never fills defaults in and never judges what values mean.
#include <google/protobuf/message.h>

#include <optional>
#include <string>

#include "config/problems.h"
#include "config/source_map.h"
#include "config/yaml_tree.h"

namespace muster::config {

// Reads the map `root` into `message`, noting where each field stands. `ignored_key` (such as
// "kind") is passed over at the top. Unknown fields, fields or map keys that stand twice, two
// fields of one oneof, and values that do not fit go to `problems`. Fields go by their name in the
// .proto file or by protobuf's JSON name. A field of message type without a value is the empty
// message. Follows at most kMaxNodes nodes (aliases count each time) and kMaxDepth levels.
void ReadMessage(const YamlNode& root, std::string_view ignored_key,
                 google::protobuf::Message& message, SourceMap& source, Problems& problems);

}  // namespace muster::config
