#include "registry/formats/avro/match.h"

#include <algorithm>

namespace muster::registry::formats::avro {

bool NamesMatch(const Node& reader, const Node& writer) {
  return reader.name.simple == writer.name.simple ||
         std::find(reader.aliases.begin(), reader.aliases.end(), writer.name) !=
             reader.aliases.end();
}

bool Promotes(Kind writer, Kind reader) {
  switch (reader) {
    case Kind::kLong: return writer == Kind::kInt;
    case Kind::kFloat: return writer == Kind::kInt || writer == Kind::kLong;
    case Kind::kDouble:
      return writer == Kind::kInt || writer == Kind::kLong || writer == Kind::kFloat;
    case Kind::kBytes: return writer == Kind::kString;
    case Kind::kString: return writer == Kind::kBytes;
    default: return false;
  }
}

FieldMatch MatchField(const Field& reader, const Node& writer_record) {
  FieldMatch match;
  match.field = writer_record.FindField(reader.name);
  for (const std::string& alias : reader.aliases) {
    const Field* field = writer_record.FindField(alias);
    if (field == nullptr || field == match.field) continue;
    (match.field == nullptr ? match.field : match.another) = field;
  }
  return match;
}

std::vector<std::string> SymbolsOnlyIn(const Node& from, const Node& to) {
  std::vector<std::string> out;
  for (const std::string& symbol : from.symbols)
    if (!to.symbol_index.contains(symbol)) out.push_back(symbol);
  return out;
}

}  // namespace muster::registry::formats::avro
