#include "tests/unit/registry_avro/random_schema.h"

#include <algorithm>
#include <array>
#include <set>

namespace muster::registry::formats {
namespace {
constexpr int kDepth = 4;
constexpr std::uint64_t kNames = 8;
}  // namespace

std::string RandomSchema::Text() {
  known_.clear();
  return Record("T", 0).type;
}

RandomSchema::Typed RandomSchema::Primitive() {
  static const std::array<Typed, 10> kAll = {
      {{"\"null\"", "null"},
       {"\"boolean\"", "true"},
       {"\"int\"", "7"},
       {"\"long\"", "-9"},
       {"\"float\"", "1.5"},
       {"\"double\"", "2"},
       {"\"bytes\"", "\"\\u00ff\""},
       {"\"string\"", "\"s\""},
       {R"({"type":"long","logicalType":"timestamp-millis"})", "0"},
       {R"({"type":"string","unit":"K"})", "\"\""}}};
  return kAll[rng_.Below(kAll.size())];
}

RandomSchema::Typed RandomSchema::Any(int depth) {
  if (depth >= kDepth) return Primitive();
  switch (rng_.Below(7)) {
    case 0: return {R"({"type":"array","items":)" + Any(depth + 1).type + "}", "[]"};
    case 1: return {R"({"type":"map","values":)" + Any(depth + 1).type + "}", "{}"};
    case 2: return Union(depth);
    case 3:
    case 4: return Named(depth);
    default: return Primitive();
  }
}

RandomSchema::Typed RandomSchema::Union(int depth) {
  std::string type = "[\"null\"";
  std::string value = "null";
  if (Chance(50)) type += Chance(50) ? ",\"int\"" : ",\"double\"";
  if (Chance(30)) type += ",\"string\"";
  if (Chance(30)) type += R"(,{"type":"array","items":)" + Any(depth + 1).type + "}";
  const auto open = [](const Known& k) { return k.open; };
  if (Chance(60)) {
    const Known& recursive = *std::find_if(known_.begin(), known_.end(), open);
    type += ",\"." + recursive.name + "\"";
  } else if (Chance(60)) {
    const Typed named = Named(depth);  // New, or known, or an array of an open one.
    if (!named.type.starts_with(R"({"type":"array")")) type += "," + named.type;
  }
  return {type + "]", value};
}

RandomSchema::Typed RandomSchema::Named(int depth) {
  const std::string name = "N" + std::to_string(rng_.Below(kNames));
  const auto it =
      std::find_if(known_.begin(), known_.end(), [&](const Known& k) { return k.name == name; });
  if (it != known_.end()) {
    if (it->open) return {R"({"type":"array","items":".)" + name + "\"}", "[]"};
    return {"\"." + name + "\"", it->value};
  }
  if (Chance(60)) return Record(name, depth + 1);
  const std::string head = R"(,"namespace":"","name":")" + name + "\"}";
  Typed typed;
  if (Chance(50)) {
    const std::string size = std::to_string(1 + rng_.Below(2));
    typed = {R"({"type":"fixed","size":)" + size + head, size == "1" ? "\"x\"" : "\"xy\""};
  } else {
    std::string symbols = "\"A\"";
    if (Chance(70)) symbols += ",\"B\"";
    if (Chance(70)) symbols += ",\"C\"";
    typed = {R"({"type":"enum","symbols":[)" + symbols + "]" +
                 (Chance(30) ? R"(,"default":"A")" : "") + head,
             "\"A\""};
  }
  known_.push_back({name, false, typed.value});
  return typed;
}

std::string RandomSchema::Field(int number, int depth) {
  const Typed typed = Any(depth);
  const std::string name = "f" + std::to_string(number);
  std::string out = R"({"name":")" + name + R"(","type":)" + typed.type;
  if (!typed.value.empty() && Chance(40)) out += ",\"default\":" + typed.value;
  if (docs_) out += R"(,"doc":"of )" + name + "\"";
  if (Chance(10)) out += R"(,"aliases":["g)" + std::to_string(number) + "\"]";
  return out + "}";
}

RandomSchema::Typed RandomSchema::Record(const std::string& name, int depth) {
  const std::size_t at = known_.size();
  known_.push_back({name, true, ""});
  std::string fields;
  const std::uint64_t count = rng_.Below(5);
  for (std::uint64_t i = 0; i < count; ++i) {
    const int number = static_cast<int>(2 * i + rng_.Below(2));
    fields += (i == 0 ? "" : ",") + Field(number, depth + 1);
  }
  if (optional_fields_)
    fields += std::string(fields.empty() ? "" : ",") +
              R"({"name":"extra","type":["null","string"],"default":null},
                 {"name":"more","type":{"type":"array","items":"int"},"default":[1,2]})";
  known_[at].open = false;
  const std::string space = Chance(30) ? R"(,"namespace":"")" : R"(, "namespace" : "" )";
  return {R"({"type":"record","name":")" + name + "\"" + space +
              (docs_ ? R"(,"doc":"of a record")" : "") + ",\"fields\":[" + fields + "]}",
          ""};
}

}  // namespace muster::registry::formats
