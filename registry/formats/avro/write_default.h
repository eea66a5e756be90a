#pragma once
// A default in the normal form, in which 1, 1.0 and 1e0 are one double.
#include <string>

#include "registry/formats/avro/node.h"

namespace muster::registry::formats::avro {

// Appends `value`, a valid default of `type`: objects sorted, numbers of float and double written
// as such. Lists and objects in a union are taken as they are.
void WriteNormalDefault(const Value& value, const Node& type, std::string& out);

}  // namespace muster::registry::formats::avro
