#include "base/time_text.h"

#include <array>
#include <charconv>
#include <ctime>

namespace muster {
namespace {
struct Unit {
  std::string_view suffix;
  std::int64_t ms;
};
constexpr std::array kUnits = {Unit{"d", 86'400'000}, Unit{"h", 3'600'000}, Unit{"m", 60'000},
                               Unit{"s", 1'000}, Unit{"ms", 1}};
constexpr std::int64_t kMaxMs = 3'650LL * 86'400'000;
}  // namespace

std::string FormatTime(Timestamp t) {
  const std::int64_t ms = UnixMillis(t);
  const std::int64_t millis = ((ms % 1000) + 1000) % 1000;
  const std::time_t seconds = static_cast<std::time_t>((ms - millis) / 1000);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", utc.tm_year + 1900,
                     utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, millis);
}

StatusOr<Duration> ParseDuration(std::string_view text) {
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const std::string_view suffix(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (error == std::errc{} && count >= 0)
    for (const Unit& unit : kUnits)
      if (suffix == unit.suffix && count <= kMaxMs / unit.ms) return Duration(count * unit.ms);
  return InvalidArgument("'{}' is not a duration such as 250ms, 30s, 5m, 2h or 7d", text);
}

std::string FormatDuration(Duration d) {
  if (d.count() == 0) return "0s";
  for (const Unit& unit : kUnits)
    if (d.count() % unit.ms == 0) return fmt::format("{}{}", d.count() / unit.ms, unit.suffix);
  return fmt::format("{}ms", d.count());
}

}  // namespace muster
