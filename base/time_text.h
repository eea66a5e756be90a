#pragma once
// Times and durations as people write them.
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/status.h"

namespace muster {

// "2026-11-20T08:15:30.250Z" (RFC 3339, UTC, milliseconds).
std::string FormatTime(Timestamp t);
// The same without milliseconds, seconds or time of day ("2026-05-03T12:00Z", "2026-05-03" is its
// first instant), from year 1970 to 9999; INVALID_ARGUMENT otherwise.
StatusOr<Timestamp> ParseTime(std::string_view text);
// "250ms", "30s", "5m", "2h", "7d"; INVALID_ARGUMENT otherwise, when negative, or beyond 10 years.
StatusOr<Duration> ParseDuration(std::string_view text);
// The largest unit that is exact: 90000 ms is "90s".
std::string FormatDuration(Duration d);

}  // namespace muster
