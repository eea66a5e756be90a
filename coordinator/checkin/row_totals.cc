#include <algorithm>
#include <array>
#include <charconv>

#include "coordinator/checkin/types.h"

namespace muster::coordinator {
namespace {
constexpr std::size_t kLongest = 512;
constexpr std::uint64_t kMostRows = 1ULL << 40;
constexpr std::array<std::string_view, 6> kRules = {"shape",      "type",  "null",
                                                    "not_finite", "range", "future"};

Status Bad(std::string_view why) { return InvalidField("muster-rows", "{}", why); }
}  // namespace

StatusOr<RowTotals> ParseRowTotals(std::string_view text) {
  if (text.size() > kLongest) return Bad("is too long");
  RowTotals out;
  out.devices = 1;
  while (!text.empty()) {
    const std::string_view item = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(item.size() + 1, text.size()));
    const std::size_t sign = item.find('=');
    if (sign == std::string_view::npos || sign == 0) return Bad("is no list of name=number");
    const std::string_view name = item.substr(0, sign), number = item.substr(sign + 1);
    std::uint64_t count = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), count);
    if (error != std::errc{} || end != number.data() + number.size() || count > kMostRows)
      return Bad("has a number that is none, or is more than 2^40");
    const bool known = std::find(kRules.begin(), kRules.end(), name) != kRules.end();
    if (name == "rows")
      out.rows = count;
    else if (name == "bad")
      out.bad = count;
    else
      out.by_rule[known ? std::string(name) : "other"] += count;
  }
  if (out.bad > out.rows) return Bad("has more bad rows than rows");
  return out;
}

}  // namespace muster::coordinator
