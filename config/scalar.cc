#include "config/scalar.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <vector>

#include "base/nearest.h"
#include "config/text.h"

namespace muster::config {
namespace {
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using Problem = std::optional<std::string>;

bool IsBoolText(std::string_view text) {
  const std::string lower = LowerCase(text);
  return lower == "true" || lower == "false";
}

// std::from_chars over the whole text; a leading '+' is no part of a number here.
template <typename T>
std::errc ParseWhole(std::string_view text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return error;
  return end == text.data() + text.size() ? std::errc() : std::errc::invalid_argument;
}

bool IsNumberText(std::string_view text) {
  double value = 0;
  return ParseWhole(text, value) != std::errc::invalid_argument;
}

template <typename T>
std::string RangeText() {
  return fmt::format("a whole number from {} to {}", std::numeric_limits<T>::min(),
                     std::numeric_limits<T>::max());
}

std::string Mismatch(const YamlNode& node, const FieldDescriptor& field) {
  return fmt::format("expected {}, not '{}'", Expected(field), Shortened(node.text));
}

// Whole numbers. 64-bit ones may be quoted: protobuf's JSON writes them so.
template <typename T, typename Set>
Problem TakeInteger(const YamlNode& node, const FieldDescriptor& field, Set set) {
  T value = 0;
  if ((node.quoted && sizeof(T) < 8) || ParseWhole(node.text, value) != std::errc())
    return Mismatch(node, field);
  set(value);
  return std::nullopt;
}

template <typename T, typename Set>
Problem TakeReal(const YamlNode& node, const FieldDescriptor& field, Set set) {
  T value = 0;
  if (node.quoted || ParseWhole(node.text, value) != std::errc() || !std::isfinite(value))
    return Mismatch(node, field);
  set(value);
  return std::nullopt;
}

template <typename Set>
Problem TakeBool(const YamlNode& node, const FieldDescriptor& field, Set set) {
  if (node.quoted || !IsBoolText(node.text)) return Mismatch(node, field);
  set(LowerCase(node.text) == "true");
  return std::nullopt;
}

template <typename Set>
Problem TakeText(const YamlNode& node, Set set) {
  if (!node.quoted && (IsNumberText(node.text) || IsBoolText(node.text)))
    return fmt::format("expected text, not the {} {}; put it in quotes: \"{}\"",
                       IsBoolText(node.text) ? "truth value" : "number", Shortened(node.text),
                       Shortened(node.text));
  for (const char c : node.text)
    if (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t')
      return "text may not hold control characters";
  set(node.text);
  return std::nullopt;
}

std::vector<std::string> ValueNames(const FieldDescriptor& field) {
  std::vector<std::string> names;
  for (int i = 0; i < field.enum_type()->value_count(); ++i)
    names.push_back(field.enum_type()->value(i)->name());
  return names;
}

template <typename Set>
Problem TakeEnum(const YamlNode& node, const FieldDescriptor& field, Set set) {
  const std::vector<std::string> names = ValueNames(field);
  const auto it = std::find_if(names.begin(), names.end(), [&](const std::string& name) {
    return LowerCase(name) == LowerCase(node.text);
  });
  if (it == names.end()) return Mismatch(node, field) + DidYouMean(node.text, names);
  set(field.enum_type()->FindValueByName(*it)->number());
  return std::nullopt;
}

}  // namespace

std::string Expected(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32: return RangeText<std::int32_t>();
    case FieldDescriptor::CPPTYPE_INT64: return RangeText<std::int64_t>();
    case FieldDescriptor::CPPTYPE_UINT32: return RangeText<std::uint32_t>();
    case FieldDescriptor::CPPTYPE_UINT64: return RangeText<std::uint64_t>();
    case FieldDescriptor::CPPTYPE_FLOAT:
    case FieldDescriptor::CPPTYPE_DOUBLE: return "a finite number";
    case FieldDescriptor::CPPTYPE_BOOL: return "true or false";
    case FieldDescriptor::CPPTYPE_STRING: return "text";
    case FieldDescriptor::CPPTYPE_MESSAGE: return "a map of fields";
    case FieldDescriptor::CPPTYPE_ENUM: break;
  }
  return fmt::format("one of {}", fmt::join(ValueNames(field), ", "));
}

Problem TakeScalar(const YamlNode& node, const FieldDescriptor& field, Message& message) {
  const Reflection& reflection = *message.GetReflection();
  const bool add = field.is_repeated();
  const auto setter = [&](auto set_one, auto add_one) {
    return [&, set_one, add_one](const auto& value) {
      (reflection.*(add ? add_one : set_one))(&message, &field, value);
    };
  };
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return TakeInteger<std::int32_t>(node, field,
                                       setter(&Reflection::SetInt32, &Reflection::AddInt32));
    case FieldDescriptor::CPPTYPE_INT64:
      return TakeInteger<std::int64_t>(node, field,
                                       setter(&Reflection::SetInt64, &Reflection::AddInt64));
    case FieldDescriptor::CPPTYPE_UINT32:
      return TakeInteger<std::uint32_t>(node, field,
                                        setter(&Reflection::SetUInt32, &Reflection::AddUInt32));
    case FieldDescriptor::CPPTYPE_UINT64:
      return TakeInteger<std::uint64_t>(node, field,
                                        setter(&Reflection::SetUInt64, &Reflection::AddUInt64));
    case FieldDescriptor::CPPTYPE_FLOAT:
      return TakeReal<float>(node, field, setter(&Reflection::SetFloat, &Reflection::AddFloat));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return TakeReal<double>(node, field, setter(&Reflection::SetDouble, &Reflection::AddDouble));
    case FieldDescriptor::CPPTYPE_BOOL:
      return TakeBool(node, field, setter(&Reflection::SetBool, &Reflection::AddBool));
    case FieldDescriptor::CPPTYPE_ENUM:
      return TakeEnum(node, field, setter(&Reflection::SetEnumValue, &Reflection::AddEnumValue));
    case FieldDescriptor::CPPTYPE_STRING:
      if (field.type() == FieldDescriptor::TYPE_BYTES) return "bytes cannot stand in a file";
      return TakeText(node, setter(&Reflection::SetString, &Reflection::AddString));
    case FieldDescriptor::CPPTYPE_MESSAGE: break;
  }
  return Mismatch(node, field);
}

}  // namespace muster::config
