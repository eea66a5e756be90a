#include "registry/formats/json/decimal.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace muster::registry::formats::json {
namespace {
constexpr std::int64_t kFarthest = 1'000'000'000'000;  // Exponents beyond are taken for this.
constexpr std::int64_t kMostDigits = 19;               // What fits in 64 bits.

std::int64_t ExponentOf(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range)
    return text.starts_with('-') ? -kFarthest : kFarthest;
  return std::clamp(value, -kFarthest, kFarthest);
}

// DIGITS * 10^zeros as an integer, or nothing when that is beyond 19 digits.
std::optional<std::uint64_t> Scaled(const std::string& digits, std::int64_t zeros) {
  if (static_cast<std::int64_t>(digits.size()) + zeros > kMostDigits) return std::nullopt;
  const std::string text = digits + std::string(static_cast<std::size_t>(zeros), '0');
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}
}  // namespace

Decimal Decimal::Of(std::string_view json_number) {
  Decimal out;
  out.negative_ = json_number.starts_with('-');
  if (out.negative_) json_number.remove_prefix(1);
  const std::size_t e = json_number.find_first_of("eE");
  if (e != json_number.npos) out.point_ = ExponentOf(json_number.substr(e + 1));
  const std::string_view mantissa = json_number.substr(0, e);
  const std::size_t dot = std::min(mantissa.find('.'), mantissa.size());
  out.digits_ = mantissa.substr(0, dot);
  if (dot < mantissa.size()) out.digits_ += mantissa.substr(dot + 1);
  out.point_ += static_cast<std::int64_t>(dot);
  const std::size_t first = std::min(out.digits_.find_first_not_of('0'), out.digits_.size());
  out.digits_.erase(0, first);
  out.point_ -= static_cast<std::int64_t>(first);
  out.digits_.erase(out.digits_.find_last_not_of('0') + 1);
  if (out.digits_.empty()) return {};
  return out;
}

std::string Decimal::Text() const {
  if (zero()) return "0";
  const std::int64_t exponent = point_ - static_cast<std::int64_t>(digits_.size());
  const char* sign = negative_ ? "-" : "";
  if (exponent == 0) return fmt::format("{}{}", sign, digits_);
  if (exponent > 0 && point_ <= kMostDigits)
    return fmt::format("{}{}{:0>{}}", sign, digits_, "", exponent);
  return fmt::format("{}{}e{}", sign, digits_, exponent);
}

std::optional<bool> Decimal::Divides(const Decimal& whole) const {
  const std::int64_t mine = point_ - static_cast<std::int64_t>(digits_.size());
  const std::int64_t its = whole.point_ - static_cast<std::int64_t>(whole.digits_.size());
  const std::int64_t common = std::min(mine, its);
  const auto divisor = Scaled(digits_, mine - common);
  const auto dividend = Scaled(whole.digits_, its - common);
  if (!divisor || !dividend || *divisor == 0) return std::nullopt;
  return *dividend % *divisor == 0;
}

std::strong_ordering operator<=>(const Decimal& a, const Decimal& b) {
  const auto sign = [](const Decimal& d) { return d.zero() ? 0 : d.negative() ? -1 : 1; };
  if (sign(a) != sign(b)) return sign(a) <=> sign(b);
  const auto size =
      a.point_ != b.point_ ? a.point_ <=> b.point_ : a.digits_.compare(b.digits_) <=> 0;
  return a.negative() ? 0 <=> size : size;
}

}  // namespace muster::registry::formats::json
