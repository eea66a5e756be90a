#pragma once
// The machine forms of answers: protobuf's JSON with the .proto files' field names and all
// defaults written out, and the same as YAML. Stable: programs read them. Pure.
#include <google/protobuf/message.h>

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"

namespace muster::cli {

enum class Format { kTable, kJson, kYaml };
std::optional<Format> ParseFormat(std::string_view text);

// Both end in a newline. 64-bit integers are strings, as protobuf's JSON has them.
std::string ToJson(const google::protobuf::Message& message);
std::string ToYaml(const google::protobuf::Message& message);
std::string ToYaml(const nlohmann::ordered_json& value);
// One line, for streams of messages.
std::string ToJsonLine(const google::protobuf::Message& message);
// YAML without the defaults: how contexts are kept.
std::string ToSparseYaml(const google::protobuf::Message& message);

// "error: plan.rounds: must be positive (FIELD_INVALID)", a line for each problem; or, for
// programs, {"error":{"code":…,"field":…,"message":…,"reason":…}}.
std::string ErrorText(const Status& status, Format format);
// 0 ok, 1 refused or failed, 3 unreachable. (2, usage, is told where arguments are parsed.)
int ExitCodeOf(const Status& status);

}  // namespace muster::cli
