#pragma once
// JSON as facts are written: RFC 8785 (JCS), with integers below 2^53 as the only numbers;
// anything else is a decimal string.
#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

#include "base/status.h"

namespace muster {

using Json = nlohmann::json;

// Keys sorted by UTF-16 code units, no whitespace, shortest escapes. INVALID_ARGUMENT on a
// floating-point number, an integer beyond 2^53 - 1, or text that is not UTF-8.
StatusOr<std::string> CanonicalJson(const Json& value);

// Parses foreign JSON: INVALID_ARGUMENT on syntax, duplicate keys, nesting beyond `max_depth`.
StatusOr<Json> ParseJson(std::string_view text, int max_depth = 32);

// Shortest decimal text that reads back as the same double ("0.05"), for numbers in facts.
std::string DecimalText(double value);
// The inverse; INVALID_ARGUMENT when `text` is not one finite number.
StatusOr<double> ParseDecimal(std::string_view text);

// Reads the members of one JSON object, checking presence and type; the first failure sticks and
// comes out of `status()`, so a decoder reads every field and checks once.
class JsonReader {
 public:
  explicit JsonReader(const Json& object);
  std::string Text(const char* key);
  std::uint64_t Unsigned(const char* key);
  std::int64_t Integer(const char* key);
  double Decimal(const char* key);  // Written with DecimalText.
  bool Bool(const char* key);
  bool Has(const char* key) const;
  // The member itself, or null when it is missing (and an error).
  const Json& At(const char* key);
  std::vector<std::string> Texts(const char* key);
  const Status& status() const { return status_; }

 private:
  const Json* Get(const char* key, bool (Json::*is)() const noexcept, const char* type);
  const Json& object_;
  Status status_;
};

}  // namespace muster
