#include "client/pipeline/row_time.h"

#include <cmath>
#include <string>

#include "base/time_text.h"

namespace muster::client {
namespace {
constexpr double kFirstMillis = 1e11;
constexpr double kLastMillis = 253402300799999;  // The end of the year 9999.
constexpr std::size_t kDate = 10;                // "2026-05-03"
constexpr std::size_t kLongest = 40;

std::optional<Timestamp> FromUnix(double number) {
  const double ms = number < kFirstMillis ? number * 1000 : number;
  if (!(ms >= 0 && ms <= kLastMillis)) return std::nullopt;
  return FromUnixMillis(std::llround(ms));
}

// Takes "Z", "+02:00" or "-0330" off the end of a time of day; nullopt when it is none.
std::optional<Duration> TakeOffset(std::string& time) {
  if (time.ends_with('Z')) time.pop_back();
  const std::size_t sign = time.find_first_of("+-");
  if (sign == std::string::npos) return Duration(0);
  std::string digits = time.substr(sign + 1);
  if (digits.size() == 5 && digits[2] == ':') digits.erase(2, 1);
  if (digits.size() != 4 || digits.find_first_not_of("0123456789") != std::string::npos)
    return std::nullopt;
  const Duration offset = std::chrono::hours(std::stoi(digits.substr(0, 2))) +
                          std::chrono::minutes(std::stoi(digits.substr(2)));
  const bool east = time[sign] == '+';
  time.resize(sign);
  return east ? offset : -offset;
}

// Milliseconds, whatever digits the second had; false when they are none.
bool CutFraction(std::string& time) {
  const std::size_t point = time.find('.');
  if (point == std::string::npos) return true;
  if (point + 1 == time.size() ||
      time.find_first_not_of("0123456789", point + 1) != std::string::npos)
    return false;
  time.resize(point + 4, '0');
  return true;
}
}  // namespace

std::optional<Timestamp> TimeOf(const Cell& cell) {
  if (cell.kind == CellKind::kNumber) return FromUnix(cell.number);
  if (cell.kind != CellKind::kText || cell.text.size() < kDate || cell.text.size() > kLongest)
    return std::nullopt;
  const std::string date(cell.text.substr(0, kDate));
  std::string time(cell.text.substr(kDate));
  Duration offset{};
  if (!time.empty()) {
    if (time[0] != ' ' && time[0] != 'T') return std::nullopt;
    time[0] = 'T';
    const std::optional<Duration> taken = TakeOffset(time);
    if (!taken || !CutFraction(time)) return std::nullopt;
    offset = *taken;
    time += 'Z';
  }
  const StatusOr<Timestamp> utc = ParseTime(date + time);
  if (!utc.ok() || *utc - offset < Timestamp()) return std::nullopt;
  return *utc - offset;
}

}  // namespace muster::client
