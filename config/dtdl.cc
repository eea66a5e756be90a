#include "config/dtdl.h"

#include <algorithm>
#include <map>
#include <optional>

#include "base/canonical_json.h"
#include "config/text.h"

namespace muster::config {
namespace {
constexpr int kMaxDepth = 32;
constexpr std::size_t kLongestName = 63;    // Of a field or a contract.
constexpr std::size_t kLongestText = 4096;  // Of a description.
constexpr std::string_view kContext = "dtmi:dtdl:context;3";
constexpr std::string_view kQuantities = "dtmi:dtdl:extension:quantitativeTypes;1";
constexpr std::string_view kClasses = "dtmi:dtdl:extension:quantitativeTypes:v1:class:";

using Texts = std::vector<std::string>;

template <typename... Args>
Status Refuse(std::string_view path, fmt::format_string<Args...> f, Args&&... args) {
  return path.empty()
             ? WithReason(InvalidArgument(f, std::forward<Args>(args)...), Reason::kSCHEMA_INVALID)
             : InvalidField(path, f, std::forward<Args>(args)...);
}

const Json* Find(const Json& object, const char* key) {
  const auto it = object.find(key);
  return it == object.end() ? nullptr : &*it;
}

// One text, or a list of texts: how JSON-LD writes sets.
StatusOr<Texts> TextsAt(const Json& object, const char* key, const std::string& path) {
  Texts out;
  const Json* value = Find(object, key);
  if (value == nullptr) return out;
  if (value->is_string()) return Texts{value->get<std::string>()};
  if (!value->is_array()) return Refuse(path, "is no text, and no list of texts");
  for (const Json& item : *value) {
    if (!item.is_string()) return Refuse(path, "holds what is no text");
    out.push_back(item.get<std::string>());
  }
  return out;
}

bool Holds(const Texts& texts, std::string_view wanted) {
  return std::find(texts.begin(), texts.end(), wanted) != texts.end();
}

std::optional<v1::Contract::Type> TypeOf(std::string_view schema) {
  constexpr std::string_view kInstances = "dtmi:dtdl:instance:Schema:";
  if (schema.starts_with(kInstances)) {  // The long form of the same words.
    schema.remove_prefix(kInstances.size());
    schema = schema.substr(0, schema.find(';'));
  }
  if (schema == "double" || schema == "float") return v1::Contract::FLOAT;
  if (schema == "integer" || schema == "long") return v1::Contract::INTEGER;
  if (schema == "boolean") return v1::Contract::BOOLEAN;
  if (schema == "string") return v1::Contract::TEXT;
  if (schema == "dateTime") return v1::Contract::TIMESTAMP;
  return std::nullopt;
}

// What a schema is, in the words of a message.
std::string SchemaText(const Json& schema) {
  if (schema.is_string()) return "'" + Shortened(schema.get_ref<const std::string&>()) + "'";
  const Json* type = schema.is_object() ? Find(schema, "@type") : nullptr;
  if (type != nullptr && type->is_string())
    return "an " + Shortened(type->get_ref<const std::string&>());
  return "no word that DTDL has for a schema";
}

class Importer {
 public:
  explicit Importer(const DtdlOptions& options) : options_(options) {}

  StatusOr<DtdlImport> Import(const Json& interface) {
    MUSTER_TRY(Header(interface));
    MUSTER_TRY(Contents(interface));
    SkipOthers(interface, "",
               {"@context", "@id", "@type", "contents", "displayName", "description"});
    if (out_.contract.fields().empty())
      return Refuse("contents",
                    "holds no Telemetry and no Property of a primitive schema, so the "
                    "contract would have no field");
    return std::move(out_);
  }

 private:
  Status Header(const Json& interface) {
    MUSTER_ASSIGN(const Texts context, TextsAt(interface, "@context", "@context"));
    if (context.empty() || context.front() != kContext)
      return Refuse("@context", "{}; only DTDL version 3 is read, whose context is '{}'",
                    context.empty() ? "is missing" : "begins with '" + Shortened(context[0]) + "'",
                    kContext);
    quantities_ = Holds(context, kQuantities);
    for (std::size_t i = 1; i < context.size(); ++i)
      if (context[i] != kQuantities)
        Skip(fmt::format("@context[{}]", i), "the extension '{}' says nothing that a contract has",
             Shortened(context[i]));
    MUSTER_ASSIGN(const Texts types, TextsAt(interface, "@type", "@type"));
    if (!Holds(types, "Interface")) return Refuse("@type", "is not Interface");
    const Json* id = Find(interface, "@id");
    if (id == nullptr || !id->is_string()) return Refuse("@id", "is missing, or no text");
    MUSTER_ASSIGN(const std::string text, TextOf(interface, ""));
    const std::string& dtmi = id->get_ref<const std::string&>();
    out_.contract.set_name(options_.name.empty() ? NameIn(dtmi) : options_.name);
    if (out_.contract.name().empty() || out_.contract.name().size() > kLongestName)
      return Refuse("@id", "'{}' ends in no name that a contract may have: give one with --name",
                    Shortened(dtmi));
    out_.contract.set_description(text.empty() ? dtmi : fmt::format("{} ({})", text, dtmi));
    return Ok();
  }

  // "Engine" of "dtmi:com:example:Engine;1".
  static std::string NameIn(std::string_view dtmi) {
    dtmi = dtmi.substr(0, dtmi.find(';'));
    return std::string(dtmi.substr(dtmi.rfind(':') + 1));
  }

  Status Contents(const Json& interface) {
    const Json* contents = Find(interface, "contents");
    if (contents == nullptr) return Ok();
    const bool one = contents->is_object();  // JSON-LD writes a set of one so.
    if (!one && !contents->is_array()) return Refuse("contents", "is no list");
    std::size_t index = 0;
    for (const Json& item : one ? Json::array({*contents}) : *contents)
      MUSTER_TRY(Content(item, index++));
    return Ok();
  }

  Status Content(const Json& item, std::size_t index) {
    std::string path = fmt::format("contents[{}]", index);
    if (!item.is_object()) return Refuse(path, "is no object");
    const Json* name = Find(item, "name");
    if (name == nullptr || !name->is_string()) return Refuse(path + ".name", "is missing");
    const std::string& text = name->get_ref<const std::string&>();
    MUSTER_TRY(CheckName(text, path + ".name"));
    if (const auto [first, fresh] = names_.emplace(text, index); !fresh)
      return WithReason(
          Refuse(path + ".name", "'{}' is the name of contents[{}] already", text, first->second),
          Reason::kFIELD_DUPLICATE);
    path = fmt::format("contents[{}]", text);
    MUSTER_ASSIGN(const Texts types, TextsAt(item, "@type", path + ".@type"));
    if (Holds(types, "Telemetry") || Holds(types, "Property"))
      return Field(item, text, types, path);
    for (const char* kind : {"Command", "Component", "Relationship"}) {
      if (!Holds(types, kind)) continue;
      Skip(path, "a {} is no value of a row", kind);
      return Ok();
    }
    return Refuse(path + ".@type",
                  "is none of Telemetry, Property, Command, Component and "
                  "Relationship");
  }

  // What DTDL allows as a name, as far as a field may have it.
  static Status CheckName(std::string_view name, const std::string& path) {
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    const bool legal =
        !name.empty() && letter(name[0]) && std::all_of(name.begin(), name.end(), [&](char c) {
          return letter(c) || (c >= '0' && c <= '9') || c == '_';
        });
    if (!legal)
      return Refuse(path, "'{}' is not a letter followed by letters, digits and '_'",
                    Shortened(name));
    if (name.size() > kLongestName)
      return Refuse(path, "{} bytes are more than the {} of a field's name", name.size(),
                    kLongestName);
    return Ok();
  }

  Status Field(const Json& item, const std::string& name, const Texts& types,
               const std::string& path) {
    const Json* schema = Find(item, "schema");
    if (schema == nullptr) return Refuse(path + ".schema", "is missing");
    const auto type =
        schema->is_string() ? TypeOf(schema->get_ref<const std::string&>()) : std::nullopt;
    if (!type) {
      Skip(path,
           "its schema is {}; only double, float, integer, long, boolean, string and "
           "dateTime are fields",
           SchemaText(*schema));
      return Ok();
    }
    if (static_cast<std::size_t>(out_.contract.fields_size()) == kMostDtdlFields)
      return Refuse("contents", "has more than the {} fields of a contract", kMostDtdlFields);
    v1::Contract::Field& field = *out_.contract.add_fields();
    field.set_name(name);
    field.set_type(*type);
    MUSTER_ASSIGN(*field.mutable_description(), TextOf(item, path + "."));
    MUSTER_TRY(Meaning(item, types, path, field));
    MUSTER_TRY(Unit(item, path, field));
    SkipOthers(item, path + ".",
               {"@id", "@type", "name", "schema", "displayName", "description", "unit"});
    return Ok();
  }

  Status Meaning(const Json& item, const Texts& types, const std::string& path,
                 v1::Contract::Field& field) {
    for (const std::string& type : types) {
      if (type == "Telemetry" || type == "Property") continue;
      if (quantities_ && IsSemanticType(type))
        field.set_meaning(std::string(kClasses) + type);
      else
        Skip(path + ".@type", "'{}' says nothing that a contract has{}", Shortened(type),
             IsSemanticType(type) ? fmt::format(" without '{}' in @context", kQuantities) : "");
    }
    const Json* id = Find(item, "@id");
    if (id == nullptr) return Ok();
    if (!id->is_string() || !id->get_ref<const std::string&>().starts_with("dtmi:"))
      return Refuse(path + ".@id", "is no DTMI");
    field.set_meaning(id->get<std::string>());
    return Ok();
  }

  Status Unit(const Json& item, const std::string& path, v1::Contract::Field& field) {
    const Json* unit = Find(item, "unit");
    if (unit == nullptr) return Ok();
    if (!unit->is_string()) return Refuse(path + ".unit", "is no text");
    const std::string& text = unit->get_ref<const std::string&>();
    const std::string_view ucum = quantities_ ? UcumOf(text) : std::string_view();
    field.set_unit(std::string(ucum));
    if (!quantities_)
      Skip(path + ".unit", "'{}' has no meaning without '{}' in @context", Shortened(text),
           kQuantities);
    else if (ucum.empty())
      Skip(path + ".unit", "UCUM has no unit that is surely '{}': write the field's unit by hand",
           Shortened(text));
    return Ok();
  }

  // displayName and description as one text.
  StatusOr<std::string> TextOf(const Json& object, const std::string& prefix) {
    MUSTER_ASSIGN(const std::string title, Localised(object, "displayName", prefix));
    MUSTER_ASSIGN(const std::string text, Localised(object, "description", prefix));
    if (title.size() + text.size() > kLongestText - 200)
      return Refuse(prefix + "description", "{} bytes are more than a description may have",
                    title.size() + text.size());
    if (title.empty() || text.empty()) return title.empty() ? text : title;
    return fmt::format("{}: {}", title, text);
  }

  StatusOr<std::string> Localised(const Json& object, const char* key, const std::string& prefix) {
    const Json* value = Find(object, key);
    if (value == nullptr) return std::string();
    if (value->is_string()) return value->get<std::string>();
    const std::string path = prefix + key;
    if (!value->is_object() || value->empty())
      return Refuse(path, "is no text, and no map from languages to texts");
    std::string chosen = value->contains("en") ? "en" : value->begin().key();
    for (const auto& [language, text] : value->items()) {
      if (!text.is_string()) return Refuse(path, "is no text in '{}'", Shortened(language));
      if (language != chosen)
        Skip(path, "the text in '{}' is left out: a contract has one language",
             Shortened(language));
    }
    return (*value)[chosen].get<std::string>();
  }

  void SkipOthers(const Json& object, const std::string& prefix,
                  std::initializer_list<std::string_view> known) {
    for (const auto& [key, value] : object.items()) {
      if (std::find(known.begin(), known.end(), key) != known.end()) continue;
      const std::string path = prefix + Shortened(key);
      if (prefix.empty() && key == "extends")
        Skip(path, "what is inherited is not read: import {} and merge the fields",
             value.is_string() ? "'" + Shortened(value.get_ref<const std::string&>()) + "'"
                               : "those interfaces");
      else
        Skip(path, "a contract does not say it");
    }
  }

  template <typename... Args>
  void Skip(std::string path, fmt::format_string<Args...> f, Args&&... args) {
    out_.skipped.push_back({std::move(path), fmt::format(f, std::forward<Args>(args)...)});
  }

  const DtdlOptions& options_;
  bool quantities_ = false;
  std::map<std::string, std::size_t> names_;
  DtdlImport out_;
};

std::string IdOf(const Json& interface) {
  const Json* id = interface.is_object() ? Find(interface, "@id") : nullptr;
  return id != nullptr && id->is_string() ? id->get<std::string>() : "";
}

// The interface that is meant, of a file that holds one or a list of them.
StatusOr<Json> Chosen(Json document, const std::string& wanted) {
  if (document.is_object()) document = Json::array({std::move(document)});
  if (!document.is_array()) return Refuse("", "the file holds no interface");
  Texts ids;
  for (Json& item : document) {
    if (!item.is_object()) return Refuse("", "the file holds what is no interface");
    ids.push_back(IdOf(item));
    if (wanted.empty() ? document.size() == 1 : ids.back() == wanted) return std::move(item);
  }
  for (std::string& id : ids) id = Shortened(id);
  if (ids.size() > 5) ids.resize(5);
  return Refuse("", "the file holds {} interfaces{}: say which with --interface; it has {}",
                document.size(), wanted.empty() ? "" : ", and not '" + Shortened(wanted) + "'",
                fmt::join(ids, ", "));
}
}  // namespace

StatusOr<DtdlImport> ImportDtdl(std::string_view text, const DtdlOptions& options) {
  if (text.size() > kMaxDtdlBytes)
    return Refuse("", "more than the {} bytes that DTDL allows", kMaxDtdlBytes);
  auto document = ParseJson(text, kMaxDepth);
  if (!document.ok()) return WithReason(document.status(), Reason::kSCHEMA_INVALID);
  MUSTER_ASSIGN(const Json interface, Chosen(*std::move(document), options.interface));
  return Importer(options).Import(interface);
}

}  // namespace muster::config
