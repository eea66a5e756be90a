#include "cli/output.h"

#include <google/protobuf/util/json_util.h>
#include <algorithm>

#include "cli/text.h"

namespace muster::cli {
namespace {
using OrderedJson = nlohmann::ordered_json;

OrderedJson JsonOf(const google::protobuf::Message& message, bool defaults) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = defaults;
  std::string text;
  // Only fails on messages of unknown type or with text that is not UTF-8.
  if (!google::protobuf::util::MessageToJsonString(message, &text, options).ok()) return {};
  return OrderedJson::parse(text, nullptr, false);
}

// Text that YAML reads as that text without quotes.
bool IsPlain(const std::string& text) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  if (text.empty() || !(letter(text[0]) || text[0] == '/')) return false;
  for (const char c : text)
    if (!letter(c) && !(c >= '0' && c <= '9') &&
        std::string_view("-_./").find(c) == std::string::npos)
      return false;
  // Words that some reader takes for a truth value, nothing or a number.
  static constexpr std::string_view kTaken[] = {"true", "false", "yes", "no", "on", "off",
                                                "null", "nan",   "inf", "y",  "n",  "infinity"};
  std::string lower = text;
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::find(std::begin(kTaken), std::end(kTaken), lower) == std::end(kTaken);
}

std::string YamlScalar(const OrderedJson& value) {
  if (value.is_string() && IsPlain(value.get_ref<const std::string&>()))
    return value.get<std::string>();
  return value.dump();  // JSON's scalars are YAML's.
}

std::string YamlKey(const std::string& key) { return IsPlain(key) ? key : OrderedJson(key).dump(); }

void WriteYaml(const OrderedJson& value, int indent, bool after_dash, std::string& out) {
  const std::string margin(static_cast<std::size_t>(indent), ' ');
  bool first = after_dash;  // The first line of a list's item stands beside its dash.
  if (value.is_object()) {
    for (const auto& [key, member] : value.items()) {
      if (!first) out += margin;
      first = false;
      out += YamlKey(key) + ":";
      if (member.is_structured() && !member.empty()) {
        out += "\n";
        WriteYaml(member, member.is_array() ? indent : indent + 2, false, out);
      } else {
        out += " " + YamlScalar(member) + "\n";
      }
    }
  } else {
    for (const OrderedJson& item : value) {
      if (!first) out += margin;
      first = false;
      out += "- ";
      if (item.is_structured() && !item.empty()) {
        WriteYaml(item, indent + 2, true, out);
      } else {
        out += YamlScalar(item) + "\n";
      }
    }
  }
}

std::string ReasonText(const Status& status) {
  const auto reason = ReasonOf(status);
  return std::string(reason ? NameOf(*reason) : "");
}

}  // namespace

std::optional<Format> ParseFormat(std::string_view text) {
  if (text == "table") return Format::kTable;
  if (text == "json") return Format::kJson;
  if (text == "yaml") return Format::kYaml;
  return std::nullopt;
}

std::string ToJson(const google::protobuf::Message& message) {
  return JsonOf(message, true).dump(2) + "\n";
}
std::string ToJsonLine(const google::protobuf::Message& message) {
  return JsonOf(message, true).dump() + "\n";
}
std::string ToYaml(const google::protobuf::Message& message) {
  return ToYaml(JsonOf(message, true));
}
std::string ToYaml(const OrderedJson& value) {
  if (value.empty()) return value.dump() + "\n";
  std::string out;
  WriteYaml(value, 0, false, out);
  return out;
}
std::string ToSparseYaml(const google::protobuf::Message& message) {
  return ToYaml(JsonOf(message, false));
}

std::string ErrorText(const Status& status, Format format) {
  const std::string reason = ReasonText(status);
  if (format == Format::kJson) {
    OrderedJson error = {{"code", absl::StatusCodeToString(status.code())}};
    if (!reason.empty()) error["reason"] = reason;
    if (const std::string field = FieldOf(status); !field.empty()) error["field"] = field;
    error["message"] = std::string(MessageOf(status));
    return OrderedJson{{"error", error}}.dump(-1, ' ', false,
                                              OrderedJson::error_handler_t::replace) +
           "\n";
  }
  std::string out;
  std::string_view rest = MessageOf(status);
  while (true) {
    const std::size_t end = rest.find('\n');
    out += "error: " + Clean(rest.substr(0, end));
    if (end == std::string_view::npos) break;
    out += "\n";
    rest.remove_prefix(end + 1);
  }
  return out + (reason.empty() ? "" : fmt::format(" ({})", reason)) + "\n";
}

int ExitCodeOf(const Status& status) {
  if (status.ok()) return 0;
  const bool unreachable = status.code() == absl::StatusCode::kUnavailable ||
                           status.code() == absl::StatusCode::kDeadlineExceeded;
  return unreachable ? 3 : 1;
}

}  // namespace muster::cli
