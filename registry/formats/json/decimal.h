#pragma once
// Numbers of a schema, exactly: 0.1 is a tenth, and integers have any length. Bounded by the text
// they were read from: an exponent is kept as one, never written out.
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace muster::registry::formats::json {

class Decimal {
 public:
  Decimal() = default;                              // Zero.
  static Decimal Of(std::string_view json_number);  // Of a number as JSON spells it.

  bool negative() const { return negative_; }  // Zero never is.
  bool zero() const { return digits_.empty(); }
  bool integer() const {
    return digits_.empty() || point_ >= static_cast<std::int64_t>(digits_.size());
  }
  std::string Text() const;  // One spelling for each number: "-1205e-2", "3".

  // Whether `whole` is a multiple of this; nothing when either has too many digits to tell
  // (beyond 19 over their common exponent). Of two numbers above zero.
  std::optional<bool> Divides(const Decimal& whole) const;

  friend bool operator==(const Decimal&, const Decimal&) = default;
  friend std::strong_ordering operator<=>(const Decimal& a, const Decimal& b);

 private:
  bool negative_ = false;
  std::string digits_;      // Without zeros at either end.
  std::int64_t point_ = 0;  // The value is 0.DIGITS * 10^point; 0 of zero.
};

}  // namespace muster::registry::formats::json
