#include "registry/gate.h"

#include <algorithm>
#include <array>

#include "base/time_text.h"

namespace muster::registry {
namespace {
constexpr std::array<std::string_view, 7> kDays{"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
constexpr std::uint32_t kMinutesADay = 24 * 60;
constexpr Duration kDay{86'400'000};

// Bit of the weekday of `t`, UTC.
std::uint8_t DayOf(Timestamp t) {
  const std::chrono::weekday day(std::chrono::floor<std::chrono::days>(t));
  return static_cast<std::uint8_t>(1U << (day.iso_encoding() - 1));
}

std::uint32_t MinuteOf(Timestamp t) {
  const auto since = t - std::chrono::floor<std::chrono::days>(t);
  return static_cast<std::uint32_t>(std::chrono::floor<std::chrono::minutes>(since).count());
}

// Minutes of "08:00"; nullopt when it is no time of day.
std::optional<std::uint32_t> MinutesFrom(std::string_view text) {
  const auto digit = [&](std::size_t i) { return text[i] >= '0' && text[i] <= '9'; };
  if (text.size() != 5 || text[2] != ':' || !digit(0) || !digit(1) || !digit(3) || !digit(4))
    return std::nullopt;
  const auto two = [&](std::size_t i) {
    return static_cast<std::uint32_t>((text[i] - '0') * 10 + (text[i + 1] - '0'));
  };
  const std::uint32_t hour = two(0), minute = two(3);
  if (minute > 59 || hour * 60 + minute > kMinutesADay) return std::nullopt;
  return hour * 60 + minute;
}

std::string MinutesText(std::uint32_t minutes) {
  return fmt::format("{:02}:{:02}", minutes / 60, minutes % 60);
}
}  // namespace

std::string_view NameOf(Better better) { return better == Better::kLower ? "lower" : "higher"; }

std::optional<Better> ParseBetter(std::string_view name) {
  if (name == "lower") return Better::kLower;
  if (name == "higher") return Better::kHigher;
  return std::nullopt;
}

std::optional<Better> UsualDirection(std::string_view metric) {
  if (metric == "accuracy") return Better::kHigher;
  if (metric == "rmse" || metric == "mae" || metric == "loss") return Better::kLower;
  return std::nullopt;
}

bool Gates::Guards(std::string_view alias) const {
  return std::find(aliases.begin(), aliases.end(), alias) != aliases.end();
}

bool Holds(const FreezeWindow& window, Timestamp now) {
  if (window.from && now < *window.from) return false;
  if (window.until && now >= *window.until) return false;
  Timestamp day = now;  // Any instant of the day that counts.
  if (window.hours) {
    const auto [from, until] = *window.hours;
    const std::uint32_t minute = MinuteOf(now);
    const bool over_midnight = until < from;
    const bool begun = minute >= from && (over_midnight || minute < until);
    const bool from_yesterday = over_midnight && minute < until;
    if (!begun && !from_yesterday) return false;
    if (from_yesterday) day -= kDay;
  }
  return window.days == 0 || (window.days & DayOf(day)) != 0;
}

std::vector<std::string> DaysOf(std::uint8_t days) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < kDays.size(); ++i)
    if ((days >> i & 1) != 0) out.emplace_back(kDays[i]);
  return out;
}

std::string TextOf(const DayHours& hours) {
  return MinutesText(hours.from) + "-" + MinutesText(hours.until);
}

std::string TextOf(const FreezeWindow& window) {
  std::vector<std::string> parts;
  if (window.days != 0) parts.push_back(fmt::format("{}", fmt::join(DaysOf(window.days), ", ")));
  if (window.hours) parts.push_back(TextOf(*window.hours) + " UTC");
  if (window.from) parts.push_back("from " + FormatTime(*window.from));
  if (window.until) parts.push_back("until " + FormatTime(*window.until));
  return fmt::format("{}", fmt::join(parts, " "));
}

StatusOr<std::uint8_t> ParseDays(const std::vector<std::string>& days) {
  std::uint8_t out = 0;
  for (const std::string& day : days) {
    const auto it = std::find(kDays.begin(), kDays.end(), day);
    if (it == kDays.end())
      return InvalidArgument("'{}' is none of {}", day.substr(0, 20), fmt::join(kDays, ", "));
    out = static_cast<std::uint8_t>(out | 1U << (it - kDays.begin()));
  }
  return out;
}

StatusOr<DayHours> ParseHours(std::string_view text) {
  const std::size_t dash = text.find('-');
  const auto from = MinutesFrom(text.substr(0, dash));
  const auto until = dash == text.npos ? std::nullopt : MinutesFrom(text.substr(dash + 1));
  if (!from || !until || *from == *until || *from == kMinutesADay)
    return InvalidArgument("'{}' is not a part of the day such as 18:00-08:00", text.substr(0, 20));
  return DayHours{*from, *until};
}

}  // namespace muster::registry
