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

// Takes numbers of a fixed width and signs off the front of a text.
class TimeReader {
 public:
  explicit TimeReader(std::string_view text) : rest_(text) {}
  bool Sign(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  // -1 when there are not `width` digits.
  int Number(std::size_t width) {
    int value = 0;
    if (rest_.size() < width) return -1;
    for (const char c : rest_.substr(0, width)) {
      if (c < '0' || c > '9') return -1;
      value = value * 10 + (c - '0');
    }
    rest_.remove_prefix(width);
    return value;
  }
  bool AtEnd() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

// "12:00[:00[.000]]Z" as milliseconds since midnight; -1 when it is none.
int TimeOfDay(TimeReader& reader) {
  const int hours = reader.Number(2);
  const int minutes = reader.Sign(':') ? reader.Number(2) : -1;
  const int seconds = reader.Sign(':') ? reader.Number(2) : 0;
  const int millis = reader.Sign('.') ? reader.Number(3) : 0;
  const bool ended = reader.Sign('Z') && reader.AtEnd();
  if (!ended || hours < 0 || hours > 23 || minutes < 0 || minutes > 59 || seconds < 0 ||
      seconds > 59 || millis < 0)
    return -1;
  return ((hours * 60 + minutes) * 60 + seconds) * 1000 + millis;
}
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

StatusOr<Timestamp> ParseTime(std::string_view text) {
  namespace chrono = std::chrono;
  TimeReader reader(text);
  const int year = reader.Number(4);
  const int month = reader.Sign('-') ? reader.Number(2) : -1;
  const int day = reader.Sign('-') ? reader.Number(2) : -1;
  const int of_day = reader.Sign('T') ? TimeOfDay(reader) : reader.AtEnd() ? 0 : -1;
  if (year >= 1970 && month > 0 && day > 0 && of_day >= 0) {
    const chrono::year_month_day date{chrono::year(year),
                                      chrono::month(static_cast<unsigned>(month)),
                                      chrono::day(static_cast<unsigned>(day))};
    if (date.ok()) return Timestamp(chrono::sys_days(date)) + Duration(of_day);
  }
  return InvalidArgument("'{}' is not a time such as 2026-05-03T12:00Z or 2026-05-03 (UTC)",
                         text.substr(0, 40));
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
