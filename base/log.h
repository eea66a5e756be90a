#pragma once
// Structured logs: an event name and typed fields, one line per decision. Ids always, tensors and
// secrets never.
#include <fmt/format.h>

#include <initializer_list>
#include <string>
#include <string_view>

#include "base/ids.h"

namespace muster {

enum class LogLevel { kDebug, kInfo, kWarn, kError };

struct LogField {
  std::string_view key;
  std::string value;
  LogField(std::string_view k, std::string v) : key(k), value(std::move(v)) {}
  LogField(std::string_view k, std::string_view v) : key(k), value(v) {}
  LogField(std::string_view k, const char* v) : key(k), value(v) {}
  template <typename T>
  requires std::is_arithmetic_v<T> LogField(std::string_view k, T v)
      : key(k), value(fmt::format("{}", v)) {}
  template <typename T, typename Tag>
  LogField(std::string_view k, const Strong<T, Tag>& v)
      : key(k), value(fmt::format("{}", v.value())) {}
};

class Logger {
 public:
  virtual ~Logger() = default;
  virtual void Write(LogLevel level, std::string_view event,
                     std::initializer_list<LogField> fields) = 0;
  void Debug(std::string_view event, std::initializer_list<LogField> fields = {}) {
    Write(LogLevel::kDebug, event, fields);
  }
  void Info(std::string_view event, std::initializer_list<LogField> fields = {}) {
    Write(LogLevel::kInfo, event, fields);
  }
  void Warn(std::string_view event, std::initializer_list<LogField> fields = {}) {
    Write(LogLevel::kWarn, event, fields);
  }
  void Error(std::string_view event, std::initializer_list<LogField> fields = {}) {
    Write(LogLevel::kError, event, fields);
  }
};

class NullLogger final : public Logger {
 public:
  void Write(LogLevel, std::string_view, std::initializer_list<LogField>) override {}
};

}  // namespace muster
