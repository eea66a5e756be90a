#pragma once
// One YAML scalar as one value of a protobuf field. Strict: text that YAML reads as a number or a
// truth value is no string, and no number is rounded or clamped.
#include <google/protobuf/message.h>

#include <optional>
#include <string>

#include "config/yaml_tree.h"

namespace muster::config {

// Sets the singular `field`, or adds to the repeated one. Returns what is wrong with the value (a
// sentence for the user), or nullopt when it was taken. Enums go by name, in any case.
std::optional<std::string> TakeScalar(const YamlNode& node,
                                      const google::protobuf::FieldDescriptor& field,
                                      google::protobuf::Message& message);

// What the field wants, for messages: "a whole number from 0 to 4294967295", "text", "one of …".
std::string Expected(const google::protobuf::FieldDescriptor& field);

}  // namespace muster::config
