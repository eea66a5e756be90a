#pragma once
// From nodes to text, as Avro for Java writes a schema: attributes in a fixed order, a named type
// in full where it first stands and by its name from then on.
#include <string>

#include "registry/formats/avro/node.h"

namespace muster::registry::formats::avro {

enum class Form {
  kText,    // Keeps all that was given, and its order.
  kNormal,  // As Confluent normalises: aliases and attributes sorted, an empty doc of a type gone,
            // "error" written "record", numbers of float and double as such.
};

// `root` stands in text number `source`; types of other texts are named only. O(its size).
std::string WriteSchema(const Graph& graph, const Node& root, int source, Form form);

}  // namespace muster::registry::formats::avro
