#pragma once
// Which parts of two schemas belong together, and which types are read as which. Specification
// 1.11, "Schema Resolution", as SchemaCompatibility of Avro for Java has it.
#include <string>
#include <vector>

#include "registry/formats/avro/node.h"

namespace muster::registry::formats::avro {

// The same simple name, whatever the namespaces, or an alias of the reader that is the writer's.
bool NamesMatch(const Node& reader, const Node& writer);

// int to long, float, double; long to float, double; float to double; string and bytes.
bool Promotes(Kind writer, Kind reader);

struct FieldMatch {
  const Field* field = nullptr;    // The writer's, by the name or an alias of the reader's.
  const Field* another = nullptr;  // A second one: no reader can tell which is meant.
};
FieldMatch MatchField(const Field& reader, const Node& writer_record);

// Symbols of `from` that `to` does not have, in the order of `from`.
std::vector<std::string> SymbolsOnlyIn(const Node& from, const Node& to);

}  // namespace muster::registry::formats::avro
