#include <fmt/format.h>

#include <cmath>

#include "base/canonical_json.h"
#include "registry/formats/protobuf/limits.h"
#include "registry/formats/protobuf/print.h"

namespace muster::registry::formats {
namespace {
namespace pb = google::protobuf;

// As the parser takes it back: it has no name for what is no number, and it reads digits alone as
// an integer, for which they may be too many.
std::string NumberText(double value) {
  if (std::isinf(value)) return value < 0 ? "-1e999" : "1e999";
  std::string text = DecimalText(value);
  return text.find_first_of(".e") == text.npos ? text + ".0" : text;
}

std::string ValueText(const pb::UninterpretedOption& option) {
  if (option.has_identifier_value()) return option.identifier_value();
  if (option.has_positive_int_value()) return std::to_string(option.positive_int_value());
  if (option.has_negative_int_value()) return std::to_string(option.negative_int_value());
  if (option.has_double_value()) return NumberText(option.double_value());
  if (option.has_string_value()) return Quoted(option.string_value());
  return "{ " + option.aggregate_value() + " }";
}
}  // namespace

std::string OptionName(const pb::UninterpretedOption& option) {
  std::string out;
  for (const auto& part : option.name()) {
    if (!out.empty()) out += '.';
    out += part.is_extension() ? "(" + part.name_part() + ")" : part.name_part();
  }
  return out;
}

std::string OptionText(const pb::UninterpretedOption& option) {
  return OptionName(option) + " = " + ValueText(option);
}

std::string Quoted(const std::string& value) {
  const bool utf8 = IsUtf8(value);
  std::string out = "\"";
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\')
      out += {'\\', c};
    else if (byte < 0x20 || byte == 0x7f || (byte > 0x7f && !utf8))
      out += fmt::format("\\{:03o}", byte);
    else
      out += c;
  }
  return out += '"';
}

}  // namespace muster::registry::formats
