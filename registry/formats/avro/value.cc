#include "registry/formats/avro/value.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace muster::registry::formats::avro {
namespace {

template <typename Float>
void WriteFloat(Float value, std::string& out) {
  if (!std::isfinite(value)) {  // JSON has no such number; Java's writer takes its name.
    out += std::isnan(value) ? "\"NaN\"" : value > 0 ? "\"Infinity\"" : "\"-Infinity\"";
    return;
  }
  char buffer[64];
  const char* end =
      std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific).ptr;
  const std::string_view text(buffer, static_cast<std::size_t>(end - buffer));
  const std::size_t e = text.find('e');
  const bool negative = text.front() == '-';
  std::string digits;
  for (const char c : text.substr(0, e))
    if (c >= '0' && c <= '9') digits.push_back(c);
  int exponent = 0;
  const std::size_t sign = text[e + 1] == '+' ? 2 : 1;
  std::from_chars(text.data() + e + sign, end, exponent);
  if (negative) out.push_back('-');
  if (exponent < -3 || exponent > 6) {
    const std::string_view rest = std::string_view(digits).substr(1);
    out += fmt::format("{}.{}E{}", digits[0], rest.empty() ? "0" : rest, exponent);
    return;
  }
  if (exponent < 0) digits.insert(0, static_cast<std::size_t>(-exponent), '0');
  const std::size_t whole = exponent < 0 ? 1 : static_cast<std::size_t>(exponent) + 1;
  if (digits.size() <= whole) digits.append(whole + 1 - digits.size(), '0');
  out += digits.insert(whole, 1, '.');
}

void WriteObject(const Value::Object& object, MemberOrder order, std::string& out) {
  std::vector<const Member*> members;
  members.reserve(object.size());
  for (const Member& member : object) members.push_back(&member);
  if (order == MemberOrder::kSorted)
    std::sort(members.begin(), members.end(),
              [](const Member* a, const Member* b) { return a->name < b->name; });
  out.push_back('{');
  for (const Member* member : members) {
    if (member != members.front()) out.push_back(',');
    WriteText(member->name, out);
    out.push_back(':');
    WriteValue(member->value, order, out);
  }
  out.push_back('}');
}

struct Writer {
  MemberOrder order;
  std::string& out;
  void operator()(std::nullptr_t) const { out += "null"; }
  void operator()(bool value) const { out += value ? "true" : "false"; }
  void operator()(std::int64_t value) const { out += std::to_string(value); }
  void operator()(double value) const { WriteNumber(value, out); }
  void operator()(const Value::Digits& value) const { out += value.text; }
  void operator()(const std::string& value) const { WriteText(value, out); }
  void operator()(const Value::Object& value) const { WriteObject(value, order, out); }
  void operator()(const Value::List& value) const {
    out.push_back('[');
    for (std::size_t i = 0; i < value.size(); ++i) {
      if (i != 0) out.push_back(',');
      WriteValue(value[i], order, out);
    }
    out.push_back(']');
  }
};
}  // namespace

double Value::Number() const {
  if (const auto* integer = As<std::int64_t>()) return static_cast<double>(*integer);
  if (const auto* real = As<double>()) return *real;
  double value = 0;
  if (const auto* digits = As<Digits>())
    std::from_chars(digits->text.data(), digits->text.data() + digits->text.size(), value);
  return value;
}

const Value* Value::Find(std::string_view key) const {
  const Object* object = As<Object>();
  if (object == nullptr) return nullptr;
  const auto it = std::find_if(object->begin(), object->end(),
                               [&](const Member& member) { return member.name == key; });
  return it == object->end() ? nullptr : &it->value;
}

std::string_view Value::What() const {
  if (IsNull()) return "null";
  if (As<bool>()) return "true or false";
  if (IsNumber()) return "a number";
  if (As<std::string>()) return "text";
  return As<List>() ? "a list" : "an object";
}

void WriteNumber(double value, std::string& out) { WriteFloat(value, out); }
void WriteNumber(float value, std::string& out) { WriteFloat(value, out); }

void WriteText(std::string_view text, std::string& out) {
  out.push_back('"');
  for (const char c : text) {
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\b': out += "\\b"; break;
      case '\f': out += "\\f"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20)
          out += fmt::format("\\u{:04X}", static_cast<unsigned>(c));
        else
          out.push_back(c);
    }
  }
  out.push_back('"');
}

void WriteValue(const Value& value, MemberOrder order, std::string& out) {
  std::visit(Writer{order, out}, value.data);
}

}  // namespace muster::registry::formats::avro
