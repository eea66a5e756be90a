#pragma once
// Logs on stderr or in a file, one line per event. No value can forge a line: line breaks and
// control characters are escaped, and over-long values are cut.
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/log.h"
#include "base/status.h"

namespace muster::platform {

enum class LogFormat { kText, kJson };

struct LogOptions {
  LogLevel level = LogLevel::kInfo;  // Events below it are dropped.
  LogFormat format = LogFormat::kText;
  std::string file;  // Appended to; empty: stderr.
};

// "debug", "info", "warn", "error"; INVALID_ARGUMENT (FIELD_INVALID) otherwise.
StatusOr<LogLevel> ParseLogLevel(std::string_view text);
// "text", "json"; INVALID_ARGUMENT (FIELD_INVALID) otherwise.
StatusOr<LogFormat> ParseLogFormat(std::string_view text);

// One event without its line break.
//   text  2026-11-20T08:15:30.250Z info round_closed campaign=turbofan round=12
//         values with spaces, quotes, '=' or other than printable ASCII are "quoted\nescaped".
//   json  {"time":"…","level":"info","event":"round_closed","campaign":"turbofan","round":"12"}
// Values longer than 2,048 bytes are cut there and end in "...".
std::string FormatLogLine(LogFormat format, Timestamp at, LogLevel level, std::string_view event,
                          std::initializer_list<LogField> fields);

// The logger is safe from any thread; each line is flushed before Write returns.
// FAILED_PRECONDITION when the file cannot be opened. A line that cannot be written later (disk
// full) is lost, and stderr says so at most once a second. `clock` outlives the logger.
StatusOr<std::unique_ptr<Logger>> MakeLogger(const LogOptions& options, const Clock& clock);

}  // namespace muster::platform
