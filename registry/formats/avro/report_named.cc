// Differences of records, enums and fixed.
#include "registry/formats/avro/error.h"
#include "registry/formats/avro/match.h"
#include "registry/formats/avro/report.h"

namespace muster::registry::formats::avro {
namespace {
constexpr std::size_t kShownSymbols = 10;

std::string Listed(const std::vector<std::string>& symbols) {
  std::string out;
  for (std::size_t i = 0; i < symbols.size() && i < kShownSymbols; ++i)
    out += (i == 0 ? "" : ", ") + Shown(symbols[i]);
  if (symbols.size() > kShownSymbols)
    out += fmt::format(" and {} more", symbols.size() - kShownSymbols);
  return out;
}

std::string DefaultOf(const Field& field) {
  if (!field.default_value) return "";
  std::string out;
  WriteValue(*field.default_value, MemberOrder::kSorted, out);
  return out;
}
}  // namespace

void Report::WalkNamed(const Node& reader, const Node& writer) {
  if (!told_.insert({&reader, &writer}).second) return;
  Names(reader, writer);
  if (reader.kind == Kind::kRecord) return Records(reader, writer);
  if (reader.kind == Kind::kEnum) return Enums(reader, writer);
  if (reader.size == writer.size) return;
  const Into into(path_, "size");
  Breaks("FIXED_SIZE_MISMATCH",
         fmt::format("fixed {} was {} bytes, is {}", Shown(reader.full), writer.size, reader.size));
}

void Report::Names(const Node& reader, const Node& writer) {
  if (reader.full == writer.full) return;
  const Into into(path_, "name");
  if (NamesMatch(reader, writer))
    return Holds("TYPE_RENAMED", fmt::format("was {}, is {}, as which it is read", Describe(writer),
                                             Describe(reader)));
  Breaks("NAME_MISMATCH", fmt::format("was {}, is {}, which does not have the old name for an "
                                      "alias",
                                      Describe(writer), Describe(reader)));
}

void Report::Enums(const Node& reader, const Node& writer) {
  if (!meter_.Spend(reader.symbols.size() + writer.symbols.size())) return;
  const std::vector<std::string> gone = SymbolsOnlyIn(writer, reader);
  const std::vector<std::string> added = SymbolsOnlyIn(reader, writer);
  const Into into(path_, "symbols");
  if (!gone.empty() && reader.enum_default)
    Holds("ENUM_SYMBOLS_REMOVED",
          fmt::format("enum {} lost {}, now read as the default {}", Shown(reader.full),
                      Listed(gone), Shown(*reader.enum_default)));
  if (!gone.empty() && !reader.enum_default)
    Breaks("MISSING_ENUM_SYMBOLS",
           fmt::format("enum {} lost {}, and has no default to read them as", Shown(reader.full),
                       Listed(gone)));
  if (!added.empty())
    Holds("ENUM_SYMBOLS_ADDED",
          fmt::format("enum {} gained {}", Shown(reader.full), Listed(added)));
}

void Report::Records(const Node& reader, const Node& writer) {
  const Into into(path_, "fields");
  std::unordered_set<const Field*> read;
  for (std::size_t i = 0; i < reader.fields.size(); ++i) {
    const Into at(path_, i);
    OneField(reader.fields[i], writer, read);
  }
  for (std::size_t i = 0; i < writer.fields.size(); ++i) {
    const Field& field = writer.fields[i];
    if (!meter_.Spend(1) || read.contains(&field)) continue;
    const Into at(path_, i);
    Holds("FIELD_REMOVED", fmt::format("field '{}', which was {}, is gone and not read any more",
                                       Shown(field.name), Describe(*field.type)));
  }
}

void Report::OneField(const Field& field, const Node& writer,
                      std::unordered_set<const Field*>& read) {
  if (!meter_.Spend(1 + field.aliases.size())) return;
  const FieldMatch match = MatchField(field, writer);
  const std::string name = Shown(field.name);
  if (match.field != nullptr) read.insert(match.field);
  if (match.another != nullptr) {
    read.insert(match.another);
    return Breaks("READER_FIELD_AMBIGUOUS",
                  fmt::format("field '{}' is by its name and aliases both '{}' and '{}' of the "
                              "original",
                              name, Shown(match.field->name), Shown(match.another->name)));
  }
  if (match.field == nullptr && field.default_value)
    return Holds("FIELD_ADDED", fmt::format("field '{}', {}, is new and reads as its default {}",
                                            name, Describe(*field.type), Shown(DefaultOf(field))));
  if (match.field == nullptr)
    return Breaks("READER_FIELD_MISSING_DEFAULT_VALUE",
                  fmt::format("field '{}', {}, is new and has no default to read the original's "
                              "data with",
                              name, Describe(*field.type)));
  if (match.field->name != field.name)
    Holds("FIELD_RENAMED", fmt::format("field '{}' was '{}', which is an alias of it", name,
                                       Shown(match.field->name)));
  Defaults(field, *match.field);
  const Into into(path_, "type");
  Walk(*field.type, *match.field->type);
}

void Report::Defaults(const Field& reader, const Field& writer) {
  const std::string before = DefaultOf(writer), now = DefaultOf(reader);
  if (before == now) return;
  const Into into(path_, "default");
  Holds("FIELD_DEFAULT_CHANGED",
        fmt::format("the default of field '{}' was {}, is {}", Shown(reader.name),
                    before.empty() ? "none" : Shown(before), now.empty() ? "none" : Shown(now)));
}

}  // namespace muster::registry::formats::avro
