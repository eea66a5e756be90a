#pragma once
// The JSON of an Avro schema, with the order of its members: that order is part of the text which
// a registry answers. Never deeper than SchemaParser::kMostDepth.
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/status.h"

namespace muster::registry::formats::avro {

struct Member;

struct Value {
  using List = std::vector<Value>;
  using Object = std::vector<Member>;
  struct Digits {  // An integer beyond 64 bits.
    std::string text;
  };
  std::variant<std::nullptr_t, bool, std::int64_t, double, Digits, std::string, List, Object> data;

  template <typename T>
  const T* As() const {
    return std::get_if<T>(&data);
  }
  bool IsNull() const { return As<std::nullptr_t>() != nullptr; }
  bool IsNumber() const { return As<std::int64_t>() || As<double>() || As<Digits>(); }
  double Number() const;                          // Of a number.
  const Value* Find(std::string_view key) const;  // Null: no such member, or not an object.
  std::string_view What() const;                  // "a number", for messages.
};

struct Member {
  std::string name;
  Value value;
};

// Reads one value; comments in the manner of C and C++ are space, as they are to Java's parser.
// INVALID_ARGUMENT (SCHEMA_INVALID) with line and column on bad syntax, and on a member that
// stands twice or nesting beyond SchemaParser::kMostDepth.
StatusOr<Value> ReadValue(std::string_view text);

// Appends `value` without insignificant space and with the escapes of Java's writer. Members keep
// their order, or are sorted by name in every object.
enum class MemberOrder { kKept, kSorted };
void WriteValue(const Value& value, MemberOrder order, std::string& out);
void WriteText(std::string_view text, std::string& out);  // A JSON string with its quotes.
void WriteNumber(double value, std::string& out);         // As Java's Double.toString.
void WriteNumber(float value, std::string& out);

}  // namespace muster::registry::formats::avro
