#include "platform/log.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/time_text.h"

namespace muster::platform {
namespace {
constexpr std::size_t kMaxValue = 2048;

std::string_view NameOf(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug: return "debug";
    case LogLevel::kInfo: return "info";
    case LogLevel::kWarn: return "warn";
    case LogLevel::kError: break;
  }
  return "error";
}

bool IsPlain(char c) { return c > ' ' && c < 0x7f && c != '"' && c != '=' && c != '\\'; }

// Other than printable ASCII goes out as \xNN: terminals act on more than ASCII's controls.
void AppendEscaped(std::string& out, char c) {
  switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: break;
  }
  if (c >= ' ' && c < 0x7f)
    out += c;
  else
    fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(c));
}

void AppendTextValue(std::string& out, std::string_view value) {
  if (!value.empty() && std::ranges::all_of(value, IsPlain)) {
    out += value;
    return;
  }
  out += '"';
  for (const char c : value) AppendEscaped(out, c);
  out += '"';
}

// Quoted; bytes that are not UTF-8 become U+FFFD.
std::string JsonText(std::string_view value) {
  return nlohmann::json(std::string(value))
      .dump(-1, ' ', /*ensure_ascii=*/true, nlohmann::json::error_handler_t::replace);
}

std::string Cut(const std::string& value) {
  return value.size() <= kMaxValue ? value : value.substr(0, kMaxValue) + "...";
}

class SpdLogger final : public Logger {
 public:
  SpdLogger(const LogOptions& options, const Clock& clock, spdlog::sink_ptr sink)
      : options_(options), clock_(clock), out_("muster", std::move(sink)) {
    out_.set_level(spdlog::level::trace);  // We filter, before formatting.
    out_.set_pattern("%v");
    out_.flush_on(spdlog::level::trace);
  }

  void Write(LogLevel level, std::string_view event,
             std::initializer_list<LogField> fields) override {
    if (level < options_.level) return;
    const std::string line = FormatLogLine(options_.format, clock_.Now(), level, event, fields);
    out_.log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
  }

 private:
  const LogOptions options_;
  const Clock& clock_;
  spdlog::logger out_;
};
}  // namespace

StatusOr<LogLevel> ParseLogLevel(std::string_view text) {
  for (const LogLevel level :
       {LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarn, LogLevel::kError})
    if (text == NameOf(level)) return level;
  return WithReason(InvalidArgument("log level: debug, info, warn and error are allowed"),
                    Reason::kFIELD_INVALID);
}

StatusOr<LogFormat> ParseLogFormat(std::string_view text) {
  if (text == "text") return LogFormat::kText;
  if (text == "json") return LogFormat::kJson;
  return WithReason(InvalidArgument("log format: text and json are allowed"),
                    Reason::kFIELD_INVALID);
}

std::string FormatLogLine(LogFormat format, Timestamp at, LogLevel level, std::string_view event,
                          std::initializer_list<LogField> fields) {
  if (format == LogFormat::kText) {
    std::string line = fmt::format("{} {} {}", FormatTime(at), NameOf(level), event);
    for (const LogField& field : fields) {
      line.append(" ").append(field.key).append("=");
      AppendTextValue(line, Cut(field.value));
    }
    return line;
  }
  std::string line = fmt::format(R"({{"time":"{}","level":"{}","event":{})", FormatTime(at),
                                 NameOf(level), JsonText(event));
  for (const LogField& field : fields)
    line += fmt::format(",{}:{}", JsonText(field.key), JsonText(Cut(field.value)));
  return line + "}";
}

StatusOr<std::unique_ptr<Logger>> MakeLogger(const LogOptions& options, const Clock& clock) {
  if (options.file.empty())
    return std::make_unique<SpdLogger>(options, clock,
                                       std::make_shared<spdlog::sinks::stderr_sink_mt>());
  try {
    return std::make_unique<SpdLogger>(
        options, clock, std::make_shared<spdlog::sinks::basic_file_sink_mt>(options.file));
  } catch (const spdlog::spdlog_ex& e) {
    return FailedPrecondition("log file: {}", e.what());
  }
}

}  // namespace muster::platform
