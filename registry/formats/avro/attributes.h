#pragma once
// Which attributes Avro knows; the others are kept as they are.
#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "registry/formats/avro/value.h"

namespace muster::registry::formats::avro {

inline constexpr std::array<std::string_view, 11> kEnumAttributes = {
    "doc",     "fields", "items", "name",    "namespace", "size",
    "symbols", "values", "type",  "aliases", "default"};
// Of every schema but an enum, where "default" is nothing that Avro knows.
inline constexpr std::span<const std::string_view> kSchemaAttributes(kEnumAttributes.data(), 10);
inline constexpr std::array<std::string_view, 6> kFieldAttributes = {"default", "doc",  "name",
                                                                     "order",   "type", "aliases"};

inline Value::Object UnknownTo(const Value& object, std::span<const std::string_view> known) {
  Value::Object out;
  for (const Member& member : *object.As<Value::Object>())
    if (std::find(known.begin(), known.end(), member.name) == known.end()) out.push_back(member);
  return out;
}

// Text under `key`; anything else counts as not given, as it does in Java.
inline std::optional<std::string> TextOf(const Value& object, std::string_view key) {
  const Value* value = object.Find(key);
  const auto* text = value == nullptr ? nullptr : value->As<std::string>();
  if (text == nullptr) return std::nullopt;
  return *text;
}

}  // namespace muster::registry::formats::avro
